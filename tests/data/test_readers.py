"""Formats other than plain text: the right reader by content, the right table, and a sentence for damage."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.core.spec import DataSpec, FileSource
from gdstudio.data.dataset import prepare
from gdstudio.data.describe import describe_source, write_clean_csv
from gdstudio.data.load import load_table
from gdstudio.data.opening import offered_reader
from gdstudio.data.table import Table

Write = Callable[..., Path]
TEXT = "name,qty,price,ok\n" + "".join(f"n{i % 3},{i},{i * 0.5},{'yes' if i % 2 else 'no'}\n" for i in range(30))
RECORDS = [{"name": f"n{i % 3}", "qty": i, "price": i * 0.5, "ok": "yes" if i % 2 else "no"} for i in range(30)]


def _load(path: Path) -> Table:
    table = load_table(FileSource(path=str(path)))
    again = load_table(table.source)
    assert again.data_hash == table.data_hash
    return table


def _check(table: Table, reader: str) -> None:
    assert table.source.reader.kind == reader  # type: ignore[attr-defined]
    assert list(table.frame.columns) == ["name", "qty", "price", "ok"]
    assert table.frame["qty"].tolist() == list(range(30))
    assert table.frame["qty"].dtype == np.int64
    assert table.frame["price"].tolist() == [i * 0.5 for i in range(30)]
    assert table.frame["name"].tolist() == [f"n{i % 3}" for i in range(30)]
    assert prepare(DataSpec(source=table.source), table).spec.target == "ok"


def _zipped(text: str, *names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda b: _zipped(b.decode(), "t.csv")])
@pytest.mark.parametrize("name", ["table.csv", "no_ending", "lies.xlsx"])
def test_compressed_text_is_told_by_its_content(write: Write, pack: Callable[[bytes], bytes], name: str) -> None:
    _check(_load(write(pack(TEXT.encode()), name)), "csv")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda b: _zipped(b.decode(), "t.csv")])
def test_cut_off_compressed_text_is_refused(write: Write, pack: Callable[[bytes], bytes]) -> None:
    whole = pack((TEXT * 50).encode())
    with pytest.raises(StudioError, match="damaged or cut-off"):
        _load(write(whole[: len(whole) // 2], "table.csv.gz"))


def test_an_archive_of_several_files_is_refused(write: Write) -> None:
    with pytest.raises(StudioError):
        _load(write(_zipped(TEXT, "a.csv", "b.csv"), "both.zip"))


def test_a_bomb_is_refused_before_it_fills_the_memory(write: Write) -> None:
    path = write(gzip.compress(b"a,b\n" + b"0" * (80 << 20)), "bomb.csv.gz")
    with pytest.raises(StudioError, match="unfolds to more than"):
        _load(path)


def _parquet(path: Path, frame: pd.DataFrame) -> Path:
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        connection.execute(f"COPY frame TO '{path}' (FORMAT parquet)")
    return path


def test_parquet(tmp_path: Path) -> None:
    path = _parquet(tmp_path / "t[1].anything", pd.DataFrame(RECORDS))
    _check(_load(path), "parquet")
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StudioError, match=r"cut\.parquet cannot be read as Parquet"):
        _load(cut)


def test_parquet_with_missing_values_dates_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT 1 a, DATE '2024-01-31' d, [1, 2] l, 1.25::DECIMAL(5,2) m, true b UNION ALL "
            f"SELECT NULL, NULL, NULL, NULL, NULL) TO '{path}' (FORMAT parquet)"
        )
    frame = _load(path).frame
    assert frame["a"].tolist()[0] == 1.0
    assert np.isnan(frame["a"].tolist()[1])
    assert frame["d"][0] == pd.Timestamp("2024-01-31")
    assert frame["l"][0] == "[1, 2]"
    assert frame["m"][0] == 1.25
    assert frame["b"][0] == "True"


@pytest.mark.parametrize(
    "document",
    [
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        "\n".join(json.dumps(r) for r in RECORDS),
        "\ufeff" + json.dumps(RECORDS),
        json.dumps({"data": RECORDS, "page": 1}),
        json.dumps({k: [r[k] for r in RECORDS] for k in RECORDS[0]}),
        json.dumps({k: {str(i): r[k] for i, r in enumerate(RECORDS)} for k in RECORDS[0]}),
        json.dumps([list(RECORDS[0]), *[list(r.values()) for r in RECORDS]]),
        json.dumps({"columns": list(RECORDS[0]), "data": [list(r.values()) for r in RECORDS]}),
    ],
)
def test_json_in_its_layouts(write: Write, document: str) -> None:
    _check(_load(write(document, "table.json")), "json")
    _check(_load(write(gzip.compress(document.encode()), "table.txt")), "json")


def test_json_with_nested_and_missing_values(write: Write) -> None:
    records = [{"a": {"b": 1, "c": {"d": "x"}}, "l": [1, 2]}, {"a": {"b": None}, "e": 2**70}]
    frame = _load(write(json.dumps(records), "t.json")).frame
    assert list(frame.columns) == ["a.b", "a.c.d", "l", "e"]
    assert frame["l"][0] == "[1, 2]"
    assert frame["e"][1] == float(2**70)


@pytest.mark.parametrize("document", ["[1, 2", '{"a": 1}\n{"a": \n', "[" * 100_000, "[]", "{}", '{"a": NaN'])
def test_broken_json_is_refused_in_words(write: Write, document: str) -> None:
    with pytest.raises(StudioError):
        _load(write(document, "t.json"))


def _sqlite(path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.execute('CREATE TABLE "x""; DROP TABLE y" (name TEXT, qty INTEGER, price REAL, ok TEXT)')
    connection.executemany('INSERT INTO "x""; DROP TABLE y" VALUES (:name, :qty, :price, :ok)', RECORDS)
    connection.execute("CREATE TABLE other (a)")
    connection.execute("INSERT INTO other VALUES (1), ('x'), (NULL), (X'00ff')")
    connection.execute('CREATE VIEW some AS SELECT qty, price FROM "x""; DROP TABLE y"')
    connection.commit()
    connection.close()
    return path


def test_sqlite_tables_and_views_with_any_name(tmp_path: Path) -> None:
    path = _sqlite(tmp_path / "t.csv")
    before = path.read_bytes()
    table = _load(path)
    _check(table, "sqlite")
    assert table.details["tables"] == ['x"; DROP TABLE y', "other", "some"]
    reader = registry("readers").settings({"kind": "sqlite", "table": "some"})
    assert load_table(FileSource(path=str(path), reader=reader)).frame.shape == (30, 2)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    wrong = registry("readers").settings({"kind": "sqlite", "table": "othr"})
    with pytest.raises(StudioError, match="Did you mean other"):
        load_table(FileSource(path=str(path), reader=wrong))


def test_a_locked_or_cut_data_base_is_refused(tmp_path: Path) -> None:
    path = _sqlite(tmp_path / "t.db")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StudioError, match="in use by another program"):
        _load(path)
    connection.close()
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(StudioError):
        _load(path)


ARFF = """% made by hand
@RELATION people
@attribute 'full name' string
@attribute qty NUMERIC
@attribute colour {red, 'dark blue'}
@attribute class {no,yes}
@data
'Ann, Lee',1.5,red,yes
% a comment
"Bob",?,'dark blue',no
Cy,3,red,yes
"""


def test_arff(write: Write) -> None:
    table = _load(write(ARFF, "t.txt"))
    assert table.source.reader.kind == "arff"  # type: ignore[attr-defined]
    assert table.frame["full name"].tolist() == ["Ann, Lee", "Bob", "Cy"]
    assert table.frame["qty"].isna().tolist() == [False, True, False]
    assert table.frame["colour"].tolist() == ["red", "dark blue", "red"]
    assert table.column("class").role == "target"
    assert table.column("colour").type == "boolean"


def test_sparse_arff(write: Write) -> None:
    text = (
        "@relation r\n@attribute a numeric\n@attribute b {x,y}\n@attribute c numeric\n@data\n{0 2.5, 2 3}\n{1 y}\n{}\n"
    )
    frame = _load(write(text, "t.arff")).frame
    assert frame["a"].tolist() == [2.5, 0, 0]
    assert frame["b"].tolist() == ["x", "y", "x"]
    assert frame["c"].tolist() == [3, 0, 0]


@pytest.mark.parametrize(
    "text", ["@relation r\n@attribute a numeric\n", "@relation r\n@attribute\n@data\n1\n",
             "@relation r\n@attribute a numeric\n@data\n1,2\n", "@relation r\n@attribute a numeric\n@data\nx\n"],
)  # fmt: skip
def test_broken_arff_is_refused_in_words(write: Write, text: str) -> None:
    with pytest.raises(StudioError):
        _load(write(text, "t.arff"))


def test_an_orange_table_brings_types_and_roles(write: Write) -> None:
    rows = ["name\tage\tkind\tgroup", "string\tcontinuous\td\tgood bad", "meta\t\t\tclass"]
    rows += [f"n{i}\t{i % 9}\t{i % 2}\t{'good' if i % 3 else 'bad'}" for i in range(30)]
    table = _load(write("\n".join(rows) + "\n", "t.csv"))
    assert table.source.reader.kind == "orange"  # type: ignore[attr-defined]
    assert [(c.name, c.type, c.role) for c in table.columns] == [
        ("name", "text", "ignore"), ("age", "numeric", "feature"), ("kind", "category", "feature"),
        ("group", "category", "target"),
    ]  # fmt: skip
    flagged = ["mS#name\tC#age\tcD#group", *[f"n{i}\t{i % 9}\t{'good' if i % 3 else 'bad'}" for i in range(30)]]
    table = _load(write("\n".join(flagged) + "\n", "t.tab"))
    assert [(c.name, c.role) for c in table.columns] == [("name", "ignore"), ("age", "feature"), ("group", "target")]
    assert len(table.frame) == 30


def test_a_plain_table_of_tabs_is_not_orange(write: Write) -> None:
    assert offered_reader(write(TEXT.replace(",", "\t"), "t.tab")).key == "csv"


def test_numpy_arrays(tmp_path: Path) -> None:
    draw = np.random.RandomState(0)
    features, target = draw.normal(size=(40, 3)), draw.randint(2, size=40)
    np.save(tmp_path / "a.npy", features)
    assert np.array_equal(_load(tmp_path / "a.npy").frame.to_numpy(), features)
    np.save(tmp_path / "f.npy", np.asfortranarray(features.astype(">f4")))
    assert np.allclose(_load(tmp_path / "f.npy").frame.to_numpy(), features, atol=1e-6)
    np.savez_compressed(tmp_path / "b.npz", X=features, y=target)
    table = _load(tmp_path / "b.npz")
    assert np.array_equal(table.frame[["x1", "x2", "x3"]].to_numpy(), features)
    assert [c.name for c in table.columns if c.role == "target"] == ["y"]
    np.savez(tmp_path / "one.npz", features)
    assert _load(tmp_path / "one.npz").frame.shape == (40, 3)
    np.save(tmp_path / "s.npy", np.array([(1, "a"), (2, "b")], dtype=[("n", "i4"), ("s", "U5")]))
    assert _load(tmp_path / "s.npy").frame["s"].tolist() == ["a", "b"]


def test_pickled_and_lying_arrays_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(StudioError, match="could run code"):
        _load(tmp_path / "o.npy")
    np.save(tmp_path / "a.npy", np.zeros((10, 2)))
    lying = (tmp_path / "a.npy").read_bytes().replace(b"(10, 2)", b"(10000000, 2)").replace(b"      \n", b"\n", 1)
    (tmp_path / "l.npy").write_bytes(lying)
    with pytest.raises(StudioError):
        _load(tmp_path / "l.npy")


def _sheet_xml(rows: list[list[object]]) -> str:
    cells = []
    for number, row in enumerate(rows, 1):
        inner = ""
        for index, value in enumerate(row):
            where = f"{chr(65 + index)}{number}"
            if isinstance(value, str):
                inner += f'<c r="{where}" t="inlineStr"><is><t>{value}</t></is></c>' if value else ""
            elif value is not None:
                inner += f'<c r="{where}"><v>{value}</v></c>'
        cells.append(f'<row r="{number}">{inner}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData>{"".join(cells)}</sheetData></worksheet>'


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    """A workbook as Excel writes it, as small as one can be."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    listed = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="rId{i}"/>' for i, n in enumerate(sheets, 1))
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{office}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<?xml version="1.0"?><Types xmlns="{package}/content-types"/>')
        archive.writestr(
            "_rels/.rels",
            f'<?xml version="1.0"?><Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<?xml version="1.0"?><workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<?xml version="1.0"?><Relationships xmlns="{package}/relationships">{related}</Relationships>',
        )
        for number, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", _sheet_xml(rows))
    return path


ROWS: list[list[object]] = [list(RECORDS[0]), *[list(r.values()) for r in RECORDS]]


def test_a_workbook_whatever_its_name(tmp_path: Path) -> None:
    _check(_load(workbook(tmp_path / "t.csv", One=ROWS)), "excel")


def test_a_sheet_with_a_title_a_source_and_blank_rows(tmp_path: Path) -> None:
    rows = [["Our stock"], [], *ROWS, [], ["Source: our books"]]
    table = _load(workbook(tmp_path / "t.xlsx", Empty=[], Stock=rows, Other=[["a"], [1]]))
    _check(table, "excel")
    assert table.details["sheet"] == "Stock"
    assert any("rows before the table" in note for note in table.notes)
    reader = registry("readers").settings({"kind": "excel", "sheet": "Other"})
    assert load_table(FileSource(path=str(tmp_path / "t.xlsx"), reader=reader)).frame["a"].tolist() == [1]
    wrong = registry("readers").settings({"kind": "excel", "sheet": "Stok"})
    with pytest.raises(StudioError, match="Did you mean Stock"):
        load_table(FileSource(path=str(tmp_path / "t.xlsx"), reader=wrong))


def test_numbers_written_as_text_in_a_sheet(tmp_path: Path) -> None:
    rows = [["a", "zip", "b"], ["1,5", "01234", None], ["2,25", "00001", 3], ["-", "99999", 4.5]]
    frame = _load(workbook(tmp_path / "t.xlsx", One=rows)).frame
    assert frame["a"].tolist()[:2] == [1.5, 2.25]
    assert frame["zip"].tolist() == ["01234", "00001", "99999"]
    assert frame["b"].tolist()[1:] == [3, 4.5]


def test_damaged_and_locked_workbooks_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", One=ROWS)
    (tmp_path / "cut.xlsx").write_bytes(path.read_bytes()[:900])
    with pytest.raises(StudioError):
        _load(tmp_path / "cut.xlsx")
    locked = tmp_path / "locked.xlsx"
    locked.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    )
    with pytest.raises(StudioError, match="protected by a password"):
        _load(locked)
    empty = workbook(tmp_path / "empty.xlsx", One=[])
    with pytest.raises(StudioError, match="is empty"):
        _load(empty)


def test_a_description_says_what_was_detected(write: Write) -> None:
    found = describe_source(write(TEXT.replace(",", ";"), "t.csv"))
    assert (found["reader"], found["encoding"], found["delimiter"], found["quote"]) == ("csv", "utf-8", ";", '"')
    assert (found["rows"], found["header"]) == (30, 1)
    assert [c["name"] for c in found["columns"]] == ["name", "qty", "price", "ok"]
    json.dumps(found, allow_nan=False)


def test_a_copy_of_typed_values_reads_back_the_same(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [0.1, 1 / 3, np.nan], "n": [1, 2, 3], "s": ['a "b"', "c,d", "e\nf"]})
    table = _load(_parquet(tmp_path / "t.parquet", frame))
    write_clean_csv(table, tmp_path / "out.csv")
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b"x,n,s\r\n0.1,1,")
    back = pd.read_csv(tmp_path / "out.csv")
    assert back["x"].equals(frame["x"])
    assert back["s"].tolist() == frame["s"].tolist()


def test_a_copy_never_replaces_its_source(write: Write) -> None:
    path = write(TEXT)
    with pytest.raises(StudioError, match="is the file that is read"):
        write_clean_csv(_load(path), path)
    assert path.read_text() == TEXT


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
        _load(path)


def test_a_sheet_of_a_million_empty_rows_is_its_few_filled_ones(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", One=ROWS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    empty = "".join(f'<row r="{i}"><c r="A{i}"/></row>' for i in range(40, 1_048_577, 7)).encode() + b"</sheetData>"
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", empty)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    _check(_load(path), "excel")


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
    _check(_load(path), "excel")
