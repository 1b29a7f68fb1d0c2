"""Workbooks: .xlsx, .xls, .xlsb, .ods."""

from __future__ import annotations

from pathlib import Path

from gdstudio.data.entry import IsCancelled, Progress, ReaderEntry, Reading
from gdstudio.data.workbook_settings import ExcelSettings

_ENDINGS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def offers(path: Path, head: bytes) -> float:
    """Office archives and the older compound files."""
    if head.startswith(_OLE):
        return 0.9
    if head.startswith(b"PK\x03\x04"):
        office = b"xl/" in head or b"[Content_Types].xml" in head or b"opendocument.spreadsheet" in head
        return 0.95 if office else 0.6 if path.suffix.lower() in _ENDINGS else 0.0
    return 0.0


def build(settings: ExcelSettings, path: Path, progress: Progress, cancelled: IsCancelled) -> Reading:
    """Read one sheet: its table is found as in a text."""
    from gdstudio.data.workbook import read_sheet

    return read_sheet(settings, path, progress, cancelled)


ENTRY = ReaderEntry(
    key="excel",
    label="Workbook (Excel, OpenDocument)",
    settings=ExcelSettings,
    build=build,
    offers=offers,
    extensions=_ENDINGS,
    help="One sheet of a workbook from Excel or LibreOffice. Formulas count with the value that was saved with them.",
    order=20,
)
