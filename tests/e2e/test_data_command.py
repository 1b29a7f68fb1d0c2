"""``gdstudio data``: what is said of files, and the plain copies."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gdstudio.cli import run_command_line

MESSY = 'Ünits;Preis;Tag\r\n007;1.234,50;03.04.2021\r\n008;n/a;\r\n009;"12,00";05.04.2021\r\n'


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    path = tmp_path / "messy.csv"
    path.write_bytes(MESSY.encode("cp1252"))
    return path


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def test_one_document_says_what_was_detected(messy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["data", str(messy), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["files"]
    assert found["path"] == str(messy)
    assert (found["encoding"], found["delimiter"], found["decimal"], found["header"]) == ("cp1252", ";", ",", 1)
    assert found["rows"] == 3
    assert [column["name"] for column in found["columns"]] == ["Ünits", "Preis", "Tag"]
    assert found["columns"][1]["type"] == "numeric"
    assert "out" not in found


def test_the_copy_is_rfc_4180_with_every_cell_as_it_stood(messy: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "clean.csv"
    assert run_command_line(["data", str(messy), "--out", str(out)]) == 0
    assert out.read_bytes().endswith(b"\r\n")
    assert rows_of(out) == [
        ["Ünits", "Preis", "Tag"],
        ["007", "1.234,50", "03.04.2021"],
        ["008", "n/a", ""],
        ["009", "12,00", "05.04.2021"],
    ]


def test_several_files_go_into_one_folder_and_a_bad_one_stops_nothing(
    messy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other" / "messy.csv"
    other.parent.mkdir()
    other.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "book.db")) as base:
        base.execute("CREATE TABLE t (x INTEGER, y TEXT)")
        base.executemany("INSERT INTO t VALUES (?, ?)", [(1, "one"), (2, "two")])
        base.commit()
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"\x1f\x8b\x08\x00broken")
    files = [str(messy), str(broken), str(other), str(tmp_path / "book.db"), str(tmp_path / "gone.csv")]
    before = sorted(path.name for path in tmp_path.iterdir())

    assert run_command_line(["data", *files, "--json", "--out", str(tmp_path / "out")]) == 2

    said = capsys.readouterr()
    found = json.loads(said.out)["files"]
    assert [document["path"] for document in found] == files
    assert ["error" in document for document in found] == [False, True, False, False, True]
    assert "broken.csv.gz" in said.err
    assert "gone.csv" in said.err
    assert "Traceback" not in said.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["book.csv", "messy-2.csv", "messy.csv"]
    assert rows_of(tmp_path / "out" / "messy-2.csv") == [["a", "b"], ["1", "2"], ["3", "4"]]
    assert rows_of(tmp_path / "out" / "book.csv") == [["x", "y"], ["1", "one"], ["2", "two"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, "out"])


def test_no_file_that_is_read_is_written_over(messy: Path, tmp_path: Path) -> None:
    second = tmp_path / "second" / "messy.csv"
    second.parent.mkdir()
    second.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    # The first file's copy would take the place of the second before that is read.
    assert run_command_line(["data", str(messy), str(second), "--out", str(second.parent)]) == 2
    assert second.read_text(encoding="utf-8") == "a,b\n1,2\n3,4\n"
    assert run_command_line(["data", str(messy), "--out", str(messy)]) == 2
    assert messy.read_bytes() == MESSY.encode("cp1252")


def test_a_person_reads_columns_and_notes_and_names_are_no_markup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "names.csv"
    path.write_text("[red]a[/red],عمر,年齢\n1,2,x\n2,5,y\n4,7,x\n", encoding="utf-8")
    assert run_command_line(["data", str(path)]) == 0
    said = capsys.readouterr().out
    assert "[red]a[/red]" in said
    assert "عمر" in said
    assert "年齢" in said
    assert "3 rows, 3 columns" in said
    assert "\x1b" not in said
