"""Text tables of every kind are cut as a person would cut them, and their cells' text is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_cases import Case, cases, parsed

from gdstudio.core.spec import FileSource
from gdstudio.data.describe import description, write_clean_csv
from gdstudio.data.load import load_table

CASES = cases()


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_table_is_cut_into_its_cells(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(case.content)
    table = load_table(FileSource(path=str(path)))
    found = description(table, path)
    write_clean_csv(table, tmp_path / "clean.csv")
    clean = (tmp_path / "clean.csv").read_bytes().decode("utf-8")
    assert parsed(clean) == case.cells
    assert found["header"] == case.header
    if case.delimiter is not None:
        assert found["delimiter"] == case.delimiter
    assert found["rows"] == len(case.cells) - min(case.header, 1)
    assert len(found["columns"]) == len(case.cells[0])
    again = load_table(table.source)
    assert again.data_hash == table.data_hash
    assert again.source == table.source
