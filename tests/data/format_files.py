"""The same small table in every format, and the check that it came back."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from gdstudio.core.spec import DataSpec, FileSource
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.data.table import Table

TEXT = "name,qty,price,ok\n" + "".join(f"n{i % 3},{i},{i * 0.5},{'yes' if i % 2 else 'no'}\n" for i in range(30))


RECORDS = [{"name": f"n{i % 3}", "qty": i, "price": i * 0.5, "ok": "yes" if i % 2 else "no"} for i in range(30)]


def load(path: Path) -> Table:
    table = load_table(FileSource(path=str(path)))
    again = load_table(table.source)
    assert again.data_hash == table.data_hash
    return table


def check(table: Table, reader: str) -> None:
    assert table.source.reader.kind == reader  # type: ignore[attr-defined]
    assert list(table.frame.columns) == ["name", "qty", "price", "ok"]
    assert table.frame["qty"].tolist() == list(range(30))
    assert table.frame["qty"].dtype == np.int64
    assert table.frame["price"].tolist() == [i * 0.5 for i in range(30)]
    assert table.frame["name"].tolist() == [f"n{i % 3}" for i in range(30)]
    assert prepare(DataSpec(source=table.source), table).spec.target == "ok"


def zipped(text: str, *names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, text)
    return buffer.getvalue()


def parquet_file(path: Path, frame: pd.DataFrame) -> Path:
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        connection.execute(f"COPY frame TO '{path}' (FORMAT parquet)")
    return path


def sqlite_file(path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.execute('CREATE TABLE "x""; DROP TABLE y" (name TEXT, qty INTEGER, price REAL, ok TEXT)')
    connection.executemany('INSERT INTO "x""; DROP TABLE y" VALUES (:name, :qty, :price, :ok)', RECORDS)
    connection.execute("CREATE TABLE other (a)")
    connection.execute("INSERT INTO other VALUES (1), ('x'), (NULL), (X'00ff')")
    connection.execute('CREATE VIEW some AS SELECT qty, price FROM "x""; DROP TABLE y"')
    connection.commit()
    connection.close()
    return path


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
