"""The files of the corpus are read as a person reads them; their cells' text is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from corpus_cases import parsed

from gdstudio.core.spec import FileSource
from gdstudio.data.describe import description, write_clean_csv
from gdstudio.data.load import load_table

FOLDER = Path(__file__).parent / "corpus"
EXPECTED = sorted(FOLDER.glob("*.expected.json"))


def test_the_corpus_is_large_and_each_file_has_its_table() -> None:
    assert len(EXPECTED) >= 150
    files = {path.name for path in FOLDER.iterdir() if not path.name.startswith(".")}
    assert files == {p.name for p in EXPECTED} | {p.name.removesuffix(".expected.json") for p in EXPECTED}
    endings = {name.rpartition(".")[2] for name in files}
    wanted = "csv tsv txt tab xlsx xls xlsb ods parquet json jsonl arff sqlite npy npz gz bz2 xz zip"
    assert set(wanted.split()) <= endings


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.name.removesuffix(".expected.json"))
def test_a_file_is_its_table(expected: Path, tmp_path: Path) -> None:
    wanted: dict[str, Any] = json.loads(expected.read_text(encoding="utf-8"))
    path = expected.with_name(expected.name.removesuffix(".expected.json"))
    table = load_table(FileSource(path=str(path)))
    found = description(table, path)
    if "cells" not in wanted:
        assert (len(table.frame), table.frame.shape[1]) == (wanted["rows"], wanted["columns"])
        return
    write_clean_csv(table, tmp_path / "clean.csv")
    assert parsed((tmp_path / "clean.csv").read_bytes().decode("utf-8")) == wanted["cells"]
    if wanted["header"] is not None:
        assert found["header"] == wanted["header"]
    assert {key: found[key] for key in wanted["found"]} == wanted["found"]
    for name, values in wanted["values"].items():
        assert [None if pd.isna(value) else value for value in table.frame[name].tolist()] == values
    types = {column["name"]: column["type"] for column in found["columns"]}
    assert {name: types[name] for name in wanted["types"]} == wanted["types"]
    again = load_table(table.source)
    assert (again.data_hash, again.source) == (table.data_hash, table.source)
