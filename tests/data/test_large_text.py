"""Texts that are parsed on several cores, from their path, give what smaller ones give."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gdstudio.core.control import Cancelled
from gdstudio.core.spec import FileSource
from gdstudio.data.load import load_table
from gdstudio.data.text import parallel

Write = Callable[..., Path]
N = 400_000


def _lines() -> list[str]:
    return [f"{i},{i * 0.25},word {i % 10},{'' if i % 1000 == 5 else i % 7}" for i in range(N)]


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return _lines()


def _path(folder: Path, lines: list[str], head: str = "a,b,c,d") -> Path:
    path = folder / "large.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _small_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_SMALLEST", 1 << 20)


def test_several_cores_and_one_give_the_same_table(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _path(tmp_path, lines)
    one = load_table(FileSource(path=str(path)))
    monkeypatch.setattr(parallel, "_SMALLEST", 1 << 40)
    other = load_table(FileSource(path=str(path)))
    assert one.data_hash == other.data_hash
    assert one.frame["a"].dtype == np.int64
    assert one.frame["b"].iloc[-1] == (N - 1) * 0.25
    assert one.frame["d"].isna().sum() == N // 1000
    assert one.source == other.source


def test_text_far_behind_numbers_makes_the_whole_column_text(lines: list[str], tmp_path: Path) -> None:
    changed = [*lines[:-1], "unknown code,1.5,x,1"]
    frame = load_table(FileSource(path=str(_path(tmp_path, changed)))).frame
    assert frame["a"].iloc[0] == "0"
    assert frame["a"].iloc[-1] == "unknown code"
    assert len(frame) == N


def test_a_long_row_far_behind_adds_a_column(lines: list[str], tmp_path: Path) -> None:
    changed = [*lines[:-1], "1,2,x,3,more"]
    table = load_table(FileSource(path=str(_path(tmp_path, changed))))
    assert list(table.frame.columns) == ["a", "b", "c", "d", "column 5"]
    assert table.frame["column 5"].iloc[-1] == "more"
    assert any(f"line {N + 1:,}" in note for note in table.notes)


def test_a_footer_of_a_large_file_is_left_out(lines: list[str], tmp_path: Path) -> None:
    table = load_table(FileSource(path=str(_path(tmp_path, [*lines, "", "Source: our books"]))))
    assert len(table.frame) == N
    assert table.frame["a"].dtype == np.int64


def test_cancelling_ends_the_wait_while_the_parse_still_goes_on(tmp_path: Path) -> None:
    path = _path(tmp_path, ["1,2,3,4"])
    release = threading.Event()

    def parse() -> pd.DataFrame:
        release.wait(30)
        return pd.DataFrame()

    try:
        with pytest.raises(Cancelled):
            parallel.parse_beside(path, parse, lambda share: None, lambda: True)
        assert not release.is_set()
    finally:
        release.set()


def test_what_fails_beside_fails_here(tmp_path: Path) -> None:
    def parse() -> pd.DataFrame:
        raise pd.errors.ParserError("row 3")

    with pytest.raises(pd.errors.ParserError, match="row 3"):
        parallel.parse_beside(_path(tmp_path, ["1,2,3,4"]), parse, lambda share: None, lambda: False)


def test_a_first_row_longer_than_the_rest_behind_blank_ones_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2,,\n" * 3 + "".join(f"{i},{i}\n" for i in range(20)))
    frame = load_table(FileSource(path=str(path))).frame
    assert list(frame.columns) == ["a", "b"]
    assert frame["b"].tolist()[:4] == [2, 2, 2, 0]
