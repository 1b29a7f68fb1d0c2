"""Random plain tables, written by Python's own csv, come back cell by cell whatever delimiter and quoting."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gdstudio.core.spec import FileSource
from gdstudio.data.describe import description, write_clean_csv
from gdstudio.data.load import load_table

_NAMES = ["age", "income", "Name", "city name", "x1", "y", "height (cm)", "date", "id", "Größe", "a.b", "rate %"]
_WORDS = ["alpha", "red", "two words", "Smith, John", "a; b", "5 km", "O'Neil", "50%", "N/A", "", "(x)", 'say "hi"',
          "http://a.b/c?d=1", "line\nbreak", "A & B"]  # fmt: skip
_COLUMNS = st.sampled_from(
    [
        st.integers(-1000, 1000).map(str),
        st.floats(-100, 100).map(lambda x: f"{x:.3f}"),
        st.sampled_from(_WORDS),
        st.sampled_from(["yes", "no"]),
        st.dates().map(str),
        st.integers(0, 99).map(lambda x: f"{x},5"),
        st.one_of(st.just(""), st.integers(0, 50).map(str)),
    ]
)


@st.composite
def _tables(draw: st.DrawFn) -> list[list[str]]:
    width, height = draw(st.integers(2, 7)), draw(st.integers(3, 25))
    names = draw(st.permutations(_NAMES))[:width]
    columns = [draw(st.lists(draw(_COLUMNS), min_size=height, max_size=height)) for _ in range(width)]
    rows = [list(row) for row in zip(*columns, strict=True)]
    # A row without any value is a blank line.
    return [list(names), *(row for row in rows if any(cell.strip() for cell in row[:1]))]


@given(
    _tables(),
    st.sampled_from(",;\t|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_plain_table_comes_back(
    tmp_path: Path, rows: list[list[str]], delimiter: str, quoting: int, end: str
) -> None:
    if len(rows) < 4:
        return
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    path = tmp_path / "table.csv"
    path.write_bytes(text.getvalue().encode())
    table = load_table(FileSource(path=str(path)))
    write_clean_csv(table, tmp_path / "clean.csv")
    with (tmp_path / "clean.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file, strict=True)) == rows
    assert description(table, path)["header"] == 1
