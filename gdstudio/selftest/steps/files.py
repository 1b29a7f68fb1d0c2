"""Reading a CSV file, a workbook and a Parquet file that lie under names that are not ASCII."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from gdstudio.core.spec import DataSpec, FileSource
from gdstudio.selftest.step import Step, expect

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 40
_OFFICE = "http://schemas.openxmlformats.org"


def _frame() -> pd.DataFrame:
    import pandas as pd

    count = range(_ROWS)
    return pd.DataFrame(
        {
            "größe": [i * 0.25 for i in count],
            "city": [("Zürich", "São Paulo", "東京")[i % 3] for i in count],
            "bought": ["yes" if i % 4 else "no" for i in count],
        }
    )


def _write_workbook(frame: pd.DataFrame, path: Path) -> None:
    """The least that is a workbook: four parts of ECMA-376, texts inline."""

    def cell(value: object) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f"<c><v>{value}</v></c>"

    rows = [list(frame.columns), *frame.itertuples(index=False)]
    sheet = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    main, relations = f"{_OFFICE}/spreadsheetml/2006/main", f"{_OFFICE}/package/2006/relationships"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    kind = f"{_OFFICE}/officeDocument/2006/relationships"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_OFFICE}/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sheet1.xml" ContentType="{types}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{kind}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{kind}"><sheets>'
        '<sheet name="Daten" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{kind}/worksheet" Target="sheet1.xml"/></Relationships>',
        "xl/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{text}')


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.register("rows", frame)
        place = str(path).replace("'", "''")
        connection.execute(f"COPY (SELECT * FROM rows) TO '{place}' (FORMAT parquet)")


def _run(folder: Path) -> str:
    from gdstudio.data.dataset import prepare
    from gdstudio.data.load import load_table

    frame = _frame()
    for ending in ("csv", "xlsx", "parquet"):
        path = folder / f"Käufe – 表 1.{ending}"
        match ending:
            case "csv":
                path.write_text(frame.to_csv(index=False), encoding="utf-8")
            case "xlsx":
                _write_workbook(frame, path)
            case _:
                _write_parquet(frame, path)
        table = load_table(FileSource(path=str(path)))
        expect(list(table.frame.columns) == list(frame.columns), f"{path.name}: columns {list(table.frame.columns)}.")
        for name in frame.columns:
            same = [str(v) for v in table.frame[name]] == [str(v) for v in frame[name]]
            expect(same, f"{path.name}: the column {name!r} came back as other values.")
        target = prepare(DataSpec(source=table.source), table).spec.target
        expect(target == "bought", f"{path.name}: the target was taken to be {target!r}.")
    return f"CSV, Excel and Parquet: {_ROWS} rows each came back as they were written."


STEP = Step(key="files", label="Reads CSV, Excel and Parquet", run=_run, order=20)
