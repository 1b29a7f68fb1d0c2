"""Sheets as people fill them, and workbooks that are damaged or mean harm."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from format_files import ROWS, check, load, workbook

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.core.spec import FileSource
from gdstudio.data.load import load_table


def test_a_workbook_whatever_its_name(tmp_path: Path) -> None:
    check(load(workbook(tmp_path / "t.csv", One=ROWS)), "excel")


def test_a_sheet_with_a_title_a_source_and_blank_rows(tmp_path: Path) -> None:
    rows = [["Our stock"], [], *ROWS, [], ["Source: our books"]]
    table = load(workbook(tmp_path / "t.xlsx", Empty=[], Stock=rows, Other=[["a"], [1]]))
    check(table, "excel")
    assert table.details["sheet"] == "Stock"
    assert any("rows before the table" in note for note in table.notes)
    reader = registry("readers").settings({"kind": "excel", "sheet": "Other"})
    assert load_table(FileSource(path=str(tmp_path / "t.xlsx"), reader=reader)).frame["a"].tolist() == [1]
    wrong = registry("readers").settings({"kind": "excel", "sheet": "Stok"})
    with pytest.raises(StudioError, match="Did you mean Stock"):
        load_table(FileSource(path=str(tmp_path / "t.xlsx"), reader=wrong))


def test_numbers_written_as_text_in_a_sheet(tmp_path: Path) -> None:
    rows = [["a", "zip", "b"], ["1,5", "01234", None], ["2,25", "00001", 3], ["-", "99999", 4.5]]
    frame = load(workbook(tmp_path / "t.xlsx", One=rows)).frame
    assert frame["a"].tolist()[:2] == [1.5, 2.25]
    assert frame["zip"].tolist() == ["01234", "00001", "99999"]
    assert frame["b"].tolist()[1:] == [3, 4.5]


def test_damaged_and_locked_workbooks_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", One=ROWS)
    (tmp_path / "cut.xlsx").write_bytes(path.read_bytes()[:900])
    with pytest.raises(StudioError):
        load(tmp_path / "cut.xlsx")
    locked = tmp_path / "locked.xlsx"
    locked.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    )
    with pytest.raises(StudioError, match="protected by a password"):
        load(locked)
    empty = workbook(tmp_path / "empty.xlsx", One=[])
    with pytest.raises(StudioError, match="is empty"):
        load(empty)


def test_a_cell_far_away_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", One=ROWS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", far)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(StudioError, match="spans 17,179,869,184 cells"):
        load(path)


def test_a_sheet_of_a_million_empty_rows_is_its_few_filled_ones(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", One=ROWS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    empty = "".join(f'<row r="{i}"><c r="A{i}"/></row>' for i in range(40, 1_048_577, 7)).encode() + b"</sheetData>"
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", empty)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    check(load(path), "excel")


def test_an_open_document_sheet(tmp_path: Path) -> None:
    def cell(value: object) -> str:
        kind = "string" if isinstance(value, str) else f'float" office:value="{value}'
        return f'<table:table-cell office:value-type="{kind}"><text:p>{value}</text:p></table:table-cell>'

    names = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f'xmlns:{name}="{names}:{name}:1.0"' for name in ("office", "table", "text"))
    rows = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in ROWS)
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="One">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    path = tmp_path / "t.bin"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><m:manifest xmlns:m="urn:x"/>')
    check(load(path), "excel")
