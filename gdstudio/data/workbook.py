"""Reading a sheet of a workbook with python-calamine."""

from __future__ import annotations

import datetime
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pandas as pd
import python_calamine

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError, nearest
from gdstudio.data.compound import chains_loop
from gdstudio.data.entry import IsCancelled, Progress, Reading
from gdstudio.data.streams import FREE_BYTES, MOST_RATIO
from gdstudio.data.text.dialect import MISSING_WORDS, name_columns
from gdstudio.data.text.numerals import is_code, to_numbers
from gdstudio.data.text.structure import find_structure
from gdstudio.data.tidy import text_of, tidy_column

if TYPE_CHECKING:
    from gdstudio.data.workbook_settings import ExcelSettings

#: A workbook may unfold to so many bytes and have so many cells in a sheet: Python holds each cell as an object.
_MOST_BYTES = 2 << 30
_MOST_CELLS = 50_000_000
_SAMPLE_ROWS = 1000
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml$", re.IGNORECASE)
_CELL = re.compile(rb'<(?:\w+:)?c\s[^<>]{0,80}?r="([A-Z]{1,3})(\d{1,7})"[^<>]{0,80}(?<!/)>')


def read_sheet(settings: ExcelSettings, path: Path, progress: Progress, cancelled: IsCancelled) -> Reading:
    """Read the sheet that is named, or the first with more than one row.

    Raises:
        StudioError: The file is damaged, locked by a password or too large, or there is no such sheet.
    """
    _refuse_bombs(path)
    with _readable(path):
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheet, others = _choose(book, settings.sheet, path)
        if sheet.height * sheet.width > _MOST_CELLS:
            raise StudioError(
                f"The sheet {sheet.name!r} of {path} has {sheet.height * sheet.width:,} cells: too many for memory.",
                "Save the sheet as CSV and open that.",
            )
        progress(0.1)
        rows: list[list[Any]] = []
        for row in sheet.iter_rows():
            rows.append(row)
            if len(rows) % 5000 == 0:
                progress(0.1 + 0.6 * len(rows) / max(sheet.height, len(rows)))
                if cancelled():
                    raise Cancelled
    while rows and all(value == "" for value in rows[-1]):
        rows.pop()
    if not rows:
        raise StudioError(f"The sheet {sheet.name!r} of {path} is empty.", "Choose another sheet.")
    return _table(settings, sheet.name, rows, others)


def _table(settings: ExcelSettings, name: str, rows: list[list[Any]], others: list[str]) -> Reading:
    texts = [["" if value == "" else text_of(value) for value in row] for row in rows[:_SAMPLE_ROWS]]
    structure = find_structure(texts, len(rows) <= _SAMPLE_ROWS, settings.skip_rows, settings.header)
    filled = [i for i in range(structure.first, len(texts)) if any(cell.strip() for cell in texts[i])]
    heads = filled[: structure.header]
    width = max((len(row) for row in rows), default=0)
    while width and all(value == "" for row in rows for value in row[width - 1 : width]):
        width -= 1
    _, names, notes = name_columns([texts[i] for i in heads], width)
    start = heads[-1] + 1 if heads else structure.first
    body = [row for row in rows[start:] if any(value != "" for value in row)]
    if structure.footer:
        body = body[: -structure.footer]
        notes.append(f"{structure.footer} rows behind the table are left out.")
    if structure.first and settings.skip_rows is None:
        notes.append(f"{structure.first} rows before the table are left out.")
    if others:
        notes.append(f"Read from the sheet '{name}'; others: {', '.join(map(repr, others[:5]))}.")
    columns: dict[str, pd.Series[Any]] = {}
    for index, column in enumerate(names):
        columns[column], said = _column([row[index] if index < len(row) else "" for row in body])
        if said:
            notes.append(f"'{column}': {said}.")
    frame = pd.DataFrame(columns, columns=list(names), index=pd.RangeIndex(len(body)))
    kept = settings.model_copy(update={"sheet": name, "header": structure.header, "skip_rows": structure.first})
    details = {"sheet": name, "sheets": [name, *others], "header": structure.header, "skip_rows": structure.first}
    return Reading(frame, kept, tuple(notes), details)


def _column(values: list[Any]) -> tuple[pd.Series[Any], str]:
    """Cells of one column as a series; dates lose a time of midnight by their type alone."""
    cells: list[Any] = [None if isinstance(v, str) and v.strip() in MISSING_WORDS else v for v in values]
    plain = [
        datetime.datetime(value.year, value.month, value.day)
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)
        else int(value)
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53
        else value
        for value in cells
    ]
    series = tidy_column(pd.Series(plain, dtype=object))
    if isinstance(series.dtype, pd.StringDtype) and not is_code([str(v) for v in series.dropna()]):
        converted = to_numbers(series, ".", None)
        if converted is not None:
            return converted
    return series, ""


def _choose(book: Any, name: str, path: Path) -> tuple[Any, list[str]]:
    names = list(book.sheet_names)
    if name:
        if name not in names:
            raise StudioError(f"{path} has no sheet called {name!r}.", nearest(name, names))
        return book.get_sheet_by_name(name), [n for n in names if n != name]
    best = None
    for candidate in names:
        sheet = book.get_sheet_by_name(candidate)
        if best is None or (best.height < 2 and sheet.height > best.height):
            best = sheet
    if best is None:
        raise StudioError(f"{path} has no sheet with cells.", "Choose another file.")
    return best, [n for n in names if n != best.name]


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (StudioError, Cancelled, KeyboardInterrupt):
        raise
    except python_calamine.PasswordError:
        raise _locked(path) from None
    # A panic of the Rust library is a BaseException of a class that cannot be imported.
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        if _is_encrypted(path):
            raise _locked(path) from None
        said = str(error).splitlines()[0][:200] if str(error) else "it is damaged"
        raise StudioError(
            f"{path} cannot be read as a workbook: {said}.",
            "Open it in a spreadsheet program and save it again.",
        ) from None


def _locked(path: Path) -> StudioError:
    return StudioError(f"{path} is protected by a password.", "Save it without one in a spreadsheet program.")


def _is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return "EncryptedPackage".encode("utf-16-le") in file.read(FREE_BYTES)


def _refuse_far_cells(path: Path) -> None:
    """Refuse a sheet of an .xlsx whose cells lie so far apart that the rectangle around them fills the memory.

    WORKAROUND: python-calamine 0.9 allocates that rectangle at once, and a failed allocation ends the process.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not _SHEET.match(info.filename):
                    continue
                with archive.open(info) as stream:
                    cells = _spanned(stream)
                if cells > _MOST_CELLS:
                    raise StudioError(
                        f"A sheet of {path} spans {cells:,} cells: too many for memory.",
                        "Delete what stands far from the table, or save the sheet as CSV.",
                    )
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        # Damaged or encrypted: the library says what of it.
        return


def _spanned(stream: IO[bytes]) -> int:
    """Cells in the rectangle around all cells with a value."""
    rows, columns = [1 << 31, 0], [1 << 31, 0]
    rest = b""
    while chunk := stream.read(1 << 20):
        text = rest + chunk
        rest = text[-200:]
        for letters, digits in _CELL.findall(text):
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            row = int(digits)
            rows = [min(rows[0], row), max(rows[1], row)]
            columns = [min(columns[0], column), max(columns[1], column)]
    return max(0, rows[1] - rows[0] + 1) * max(0, columns[1] - columns[0] + 1)


def _refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        # WORKAROUND: python-calamine 0.9 follows a chain of sectors that comes back to itself for ever.
        if path.is_file() and chains_loop(path):
            raise StudioError(
                f"{path} cannot be read as a workbook: its parts refer to each other in a circle.",
                "Open it in a spreadsheet program and save it again.",
            ) from None
        return
    if total > min(_MOST_BYTES, max(FREE_BYTES * 4, path.stat().st_size * MOST_RATIO)):
        raise StudioError(f"{path} unfolds to {total >> 20:,} MB: too much for a workbook.", "Save the sheet as CSV.")
    _refuse_far_cells(path)
