"""Writes the corpus: each file under ``corpus/``, and what a person reads in it beside it as JSON.

Run it after a change of the cases: ``python tests/data/corpus_make.py``. The ``.xls`` files are kept as they are:
xlwt 1.3 made them once, and nothing that we depend on writes them.
"""

from __future__ import annotations

import io
import json
import random
import re
import sqlite3
import struct
import tempfile
import zipfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from corpus_cases import cases
from corpus_world import world
from format_files import ARFF, parquet_file, workbook, zipped

FOLDER = Path(__file__).parent / "corpus"
_LARGEST = 16_000

ROWS: list[list[Any]] = [
    ["name", "qty", "price", "ok"],
    *([f"n{i % 3}", i, i * 0.5, "yes" if i % 2 else "no"] for i in range(8)),
]


@dataclass(frozen=True)
class Stored:
    """A file, and what is expected of it."""

    name: str
    content: bytes
    expected: dict[str, Any]


def _cells(rows: list[list[Any]]) -> list[list[str]]:
    return [["" if v is None else f"{v:g}" if isinstance(v, float) else str(v) for v in row] for row in rows]


def stored() -> list[Stored]:
    """Every file of the corpus that a program of ours can write."""
    found = [
        Stored(case.name, case.content, {"cells": case.cells, "header": case.header, "values": case.values,
                                         "types": case.types, "found": case.found})
        for case in world()
    ]  # fmt: skip
    for case in cases():
        if len(case.content) > _LARGEST:
            continue
        plain = re.sub(r"[^\w,. -]", lambda m: f"x{ord(m.group()):02x}", case.name).replace(" ", "_")
        expected = {"cells": case.cells, "header": case.header, "values": {}, "types": {}, "found": {}}
        if case.delimiter is not None:
            expected["found"] = {"delimiter": case.delimiter}
        found.append(Stored(f"plain_{plain}.csv", case.content, expected))
    return [*found, *_formats(), *_random_tables()]


def _formats() -> list[Stored]:
    frame = pd.DataFrame(ROWS[1:], columns=ROWS[0])
    records = frame.to_dict("records")
    found = []

    def add(name: str, content: bytes, rows: list[list[Any]] = ROWS, **values: list[Any]) -> None:
        found.append(
            Stored(name, content, {"cells": _cells(rows), "values": values, "types": {}, "found": {}, "header": None})
        )

    qty = [row[1] for row in ROWS[1:]]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        add("book.xlsx", workbook(folder / "a.xlsx", One=ROWS).read_bytes(), qty=qty)
        titled = [["Stock of the shop"], [], *ROWS]
        add("book with a title.xlsx", workbook(folder / "b.xlsx", Notes=[], Stock=titled).read_bytes(), qty=qty)
        add("columns.parquet", parquet_file(folder / "c.parquet", frame).read_bytes(), qty=qty)
        with closing(sqlite3.connect(folder / "d.sqlite")) as connection:
            connection.execute("CREATE TABLE stock (name TEXT, qty INTEGER, price REAL, ok TEXT)")
            connection.executemany("INSERT INTO stock VALUES (?, ?, ?, ?)", ROWS[1:])
            connection.commit()
        add("base.sqlite", (folder / "d.sqlite").read_bytes(), qty=qty)
        numbers = [["x1", "x2", "x3"], *([i, i * 2, i * i] for i in range(8))]
        np.save(folder / "e.npy", np.array(numbers[1:]))
        add("numbers.npy", (folder / "e.npy").read_bytes(), numbers)
        np.savez(folder / "f.npz", X=np.array(numbers[1:]), y=np.arange(8))
        found.append(Stored("numbers.npz", (folder / "f.npz").read_bytes(), {"rows": 8, "columns": 4}))
    add("records.json", json.dumps(records).encode(), qty=qty)
    add("wrapped records.json", json.dumps({"count": 8, "items": records}).encode(), qty=qty)
    add("records.jsonl", "\n".join(map(json.dumps, records)).encode(), qty=qty)
    people = [["full name", "qty", "colour", "class"],
              ["Ann, Lee", 1.5, "red", "yes"], ["Bob", None, "dark blue", "no"],
              ["Cy", 3, "red", "yes"]]  # fmt: skip
    add("people.arff", ARFF.encode(), people)
    orange = "name\tqty\tprice\tok\nstring\tcontinuous\tcontinuous\tdiscrete\nmeta\t\t\tclass\n"
    body = "".join("\t".join(row) + "\n" for row in _cells(ROWS)[1:])
    add("orange.tab", (orange + body).encode(), qty=qty)
    text = "".join(",".join(row) + "\n" for row in _cells(ROWS))
    add("packed.zip", zipped(text, "stock.csv"), qty=qty)
    add("packed with a folder.zip", zipped(text, "folder/stock.csv"), qty=qty)
    add("book.xlsb", _xlsb(ROWS), qty=qty)
    add("book.ods", _ods(ROWS), qty=qty)
    return found


def _record(kind: int, body: bytes = b"") -> bytes:
    """One record of the binary workbook format ([MS-XLSB] 2.1.4): kind and length in seven bits a byte."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = len(body), b""
    while size > 127:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return head + length + bytes([size]) + body


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _xlsb(rows: list[list[Any]]) -> bytes:
    sheet = _record(129) + _record(148, struct.pack("<4I", 0, len(rows) - 1, 0, len(rows[0]) - 1)) + _record(145)
    for number, row in enumerate(rows):
        sheet += _record(0, struct.pack("<IIHBBBI", number, 0, 300, 0, 0, 0, 0))
        for column, value in enumerate(row):
            place = struct.pack("<II", column, 0)
            sheet += (
                _record(6, place + _wide(value))
                if isinstance(value, str)
                else _record(5, place + struct.pack("<d", value))
            )
    sheet += _record(146) + _record(130)
    book = _record(131) + _record(143) + _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Stock"))
    book += _record(144) + _record(132)
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def related(kind: str, target: str) -> str:
        return (
            f'<?xml version="1.0"?><Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="rId1" Type="{office}/{kind}" Target="{target}"/></Relationships>'
        )

    return _archive(
        {
            "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{package}/content-types"/>',
            "_rels/.rels": related("officeDocument", "xl/workbook.bin"),
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": related("worksheet", "worksheets/sheet1.bin"),
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def _ods(rows: list[list[Any]]) -> bytes:
    def cell(value: Any) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        kind = f'float" office:value="{value}'
        return f'<table:table-cell office:value-type="{kind}"><text:p>{value}</text:p></table:table-cell>'

    names = "urn:oasis:names:tc:opendocument:xmlns"
    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{names}:office:1.0" '
        f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Stock">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    return _archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": '<?xml version="1.0"?><m:manifest xmlns:m="urn:x"/>',
        }
    )


def _archive(parts: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()


def _random_tables() -> list[Stored]:
    """Tables with words, numbers, dates and gaps in a format drawn for each."""
    draw = random.Random(20)
    found = []
    for number in range(24):
        delimiter, end = draw.choice(",;\t|"), draw.choice(["\n", "\r\n"])
        encoding = draw.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16"])
        quote = draw.random() < 0.4
        rows = [["id", "Größe", "city", "day", "note"]]
        for row in range(draw.randrange(6, 15)):
            size = f"{draw.uniform(1, 900):.2f}"
            city = draw.choice(["Köln", "Málaga", "Besançon", "Århus", ""])
            day = f"20{draw.randrange(10, 25)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}"
            note = draw.choice(["plain", "two words", f"a{delimiter}b", 'said "so"', "", "line\nbreak"])
            rows.append([f"r{row}", size, city, day, note])

        def cell(text: str, sep: str = delimiter, always: bool = quote) -> str:
            if always or any(mark in text for mark in (sep, '"', "\n")):
                return '"' + text.replace('"', '""') + '"'
            return text

        text = "".join(delimiter.join(map(cell, row)) + end for row in rows)
        expected = {"cells": rows, "header": 1, "values": {"Größe": [float(r[1]) for r in rows[1:]]},
                    "types": {"Größe": "numeric"}, "found": {"delimiter": delimiter}}  # fmt: skip
        found.append(Stored(f"drawn {number:02d}.csv", text.encode(encoding), expected))
    return found


def write() -> None:
    """Write everything anew."""
    FOLDER.mkdir(exist_ok=True)
    for one in stored():
        (FOLDER / one.name).write_bytes(one.content)
        text = json.dumps(one.expected, ensure_ascii=False, indent=None)
        (FOLDER / f"{one.name}.expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
