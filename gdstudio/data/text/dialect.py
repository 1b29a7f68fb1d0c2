"""How a text is cut into rows and values, found from its beginning and its end."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdstudio.core.errors import StudioError
from gdstudio.data.streams import compression_of, open_plain
from gdstudio.data.text.cells import Format, cut, lines_of
from gdstudio.data.text.encoding import find_encoding
from gdstudio.data.text.format import find_format
from gdstudio.data.text.numerals import is_code
from gdstudio.data.text.structure import Structure, find_structure

if TYPE_CHECKING:
    from gdstudio.data.text.csv_settings import CsvSettings

#: Bytes that the dialect is found from.
SAMPLE_BYTES = 1 << 18
_SAMPLE_ROWS = 1000
_TAIL_BYTES = 1 << 14
#: No table has so many columns; a line of so many delimiters is no row.
MOST_COLUMNS = 100_000

#: Words for a missing value; the comparison is exact. Words that are often categories of their own, such as "none"
#: and "-", stand for a missing number only: see ``numerals.WEAK_WORDS``.
MISSING_WORDS = (
    "", "NA", "N/A", "n/a", "na", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>", "#N/A", "#NA",
    "#N/A N/A", "#NULL!", "#DIV/0!", "#VALUE!", "?",
)  # fmt: skip

_COMMENTS = ("#", "//", "%")
_POINT = re.compile(r"^[-+]?\d*\.\d+([eE][-+]?\d+)?$")
_COMMA = re.compile(r"^[-+]?(\d+|\d{1,3}(\.\d{3})+|),\d+([eE][-+]?\d+)?$")
_SEP_LINE = re.compile(r'^"?sep=(.+?)"?[\r\n]*$', re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """Everything that is needed to read the text.

    Attributes:
        encoding: Python's name of it.
        form: Delimiter, quote and escape.
        decimal, thousands: Marks in numbers; ``thousands`` None finds one for each column.
        header: Rows that hold column names.
        skip_rows: Lines before the header.
        footer: Rows behind the table.
        missing_words: Words that stand for a missing value.
        raw_names: The header's cells as they stand; empty without a header.
        names: Column names, different from one another.
        lines: Lines before the first row of values.
        codes: Columns of digits that are no amounts, such as postal codes: kept as text.
        ragged: Whether rows of the sample have more cells than there are columns.
        comment: Rows that begin with it are left out.
        notes: What a person should know, as sentences.
        details: What was detected, for ``gdstudio data``.
    """

    encoding: str
    form: Format
    decimal: str
    thousands: str | None
    header: int
    skip_rows: int
    footer: int
    missing_words: tuple[str, ...]
    raw_names: tuple[str, ...]
    names: tuple[str, ...]
    lines: int
    codes: tuple[str, ...] = ()
    ragged: bool = False
    comment: str = ""
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


def find_dialect(settings: CsvSettings, path: Path, encoding: str = "") -> Dialect:
    """Fill in what the settings leave open.

    Args:
        settings: What is known.
        path: The file.
        encoding: Known from elsewhere.

    Raises:
        StudioError: The file is no text in the encoding, or has no rows.
    """
    with open_plain(path) as stream:
        head = stream.read(SAMPLE_BYTES)
    encoding = settings.encoding or encoding or find_encoding(head)
    lines = lines_of(decode(head, encoding, path))
    whole = len(head) < SAMPLE_BYTES
    if not whole and len(lines) > 1:
        lines.pop()
    if not any(line.strip("\ufeff\0 \t\r\n,;|") for line in lines):
        raise StudioError(f"{path} holds no values.", "Choose a file with a row of column names and rows of values.")
    skip, delimiter = settings.skip_rows, settings.delimiter.replace("\\t", "\t")
    sep = _SEP_LINE.match(lines[0].lstrip("\ufeff"))
    if sep and skip is None:
        skip, delimiter = 1, delimiter or sep.group(1).replace("\\t", "\t")
    lines = lines[skip or 0 :]
    form = find_format(lines, delimiter, settings.quote, settings.escape)
    rows, ends = _rows(lines, form, path)
    comment = _comment_mark(rows) if settings.comment is None else settings.comment
    if comment:
        kept = [i for i, row in enumerate(rows) if not is_comment(row, comment) or _heads(rows, i)]
        rows, ends = [rows[i] for i in kept], [ends[i] for i in kept]
    structure = find_structure(
        rows, whole and len(rows) < _SAMPLE_ROWS, 0 if skip is not None else None, settings.header, settings.skip_footer
    )
    if structure.width > MOST_COLUMNS:
        raise StudioError(
            f"{path} has {structure.width:,} columns; at most {MOST_COLUMNS:,} can be read.", "Check the delimiter."
        )
    footer = settings.skip_footer if settings.skip_footer is not None else structure.behind
    if settings.skip_footer is None and not whole:
        footer = _footer(path, encoding, form, structure)
    found = _dialect(settings, encoding, form, structure, rows, ends, skip or 0, footer, lines)
    return replace(found, comment=comment)


def _heads(rows: list[list[str]], index: int) -> bool:
    """Whether a row with a comment mark may be the header, or stands before one: that is judged by the structure."""
    return all(row and row[0].lstrip().startswith(_COMMENTS) for row in rows[: index + 1] if row)


def is_comment(row: list[str], mark: str) -> bool:
    """Whether a row begins with a comment mark."""
    return bool(row) and row[0].lstrip().startswith(mark)


def _comment_mark(rows: list[list[str]]) -> str:
    """The mark of comments amid the rows: none of the rows that it begins has the width of the table."""
    filled = [row for row in rows if row]
    width = Counter(map(len, filled)).most_common(1)[0][0] if filled else 0
    for mark in _COMMENTS:
        marked = [i for i, row in enumerate(filled) if is_comment(row, mark)]
        amid = [i for i in marked if not _heads(filled, i)]
        if amid and width > 1 and all(len(filled[i]) != width for i in amid) and len(marked) < 0.5 * len(filled):
            return mark
    return ""


def _rows(lines: list[str], form: Format, path: Path) -> tuple[list[list[str]], list[int]]:
    rows, ends = [], []
    try:
        for row, line in islice(cut(lines, form), _SAMPLE_ROWS):
            rows.append(row)
            ends.append(line)
    except csv.Error as error:
        raise StudioError(f"{path} cannot be cut into rows: {error}.", "Check quote and delimiter.") from None
    return rows, ends


def _dialect(
    settings: CsvSettings,
    encoding: str,
    form: Format,
    structure: Structure,
    rows: list[list[str]],
    ends: list[int],
    skip: int,
    footer: int,
    lines: list[str],
) -> Dialect:
    first, width = structure.first, structure.width
    filled = [i for i in range(first, len(rows)) if any(cell.strip() for cell in rows[i])]
    heads = filled[: structure.header]
    raw, names, notes = name_columns([rows[i] for i in heads], width, structure.row_names)
    body = [rows[i] for i in filled[structure.header : len(filled) - structure.footer]]
    before = ends[heads[-1]] if heads else (ends[first - 1] if first else 0)
    decimal = settings.decimal or _decimal([cell.strip() for row in body for cell in row], form.delimiter)
    skipped = ends[first - 1] if first else 0
    if skipped and settings.skip_rows is None:
        notes.append(
            f"The first {'line is' if skipped == 1 else f'{skipped} lines are'} left out: no part of the table."
        )
    if footer and settings.skip_footer is None:
        notes.append(f"The last {'row is' if footer == 1 else f'{footer} rows are'} left out: no part of the table.")
    codes = tuple(name for i, name in enumerate(names) if is_code([row[i].strip() for row in body if len(row) > i]))
    text = "".join(lines[:100])
    ending = "\r\n" if "\r\n" in text else "\n" if "\n" in text else "\r" if "\r" in text else "\n"
    return Dialect(
        encoding=encoding,
        form=form,
        decimal=decimal,
        thousands=settings.thousands,
        header=structure.header,
        skip_rows=skip + skipped,
        footer=footer,
        missing_words=MISSING_WORDS if settings.missing_words is None else settings.missing_words,
        raw_names=raw,
        names=names,
        lines=skip + before,
        codes=codes,
        ragged=any(len(row) > width for row in body),
        notes=tuple(notes),
        details={
            "encoding": encoding,
            "delimiter": form.delimiter,
            "quote": form.quote,
            "escape": form.escape,
            "decimal": decimal,
            "header": structure.header,
            "skip_rows": skip + skipped,
            "skip_footer": footer,
            "line_end": ending,
        },
    )


def decode(head: bytes, encoding: str, path: Path) -> str:
    """The text of a file's first bytes; raises StudioError where the encoding is unknown or does not fit."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(head)
    except (LookupError, TypeError):
        raise StudioError(f"There is no encoding called {encoding!r}.", "Write for example utf-8 or cp1252.") from None
    except (UnicodeError, ValueError) as error:
        raise StudioError(
            f"{path} is not text in the encoding {encoding}: {error}.", "Choose another encoding, or leave it empty."
        ) from None


def _footer(path: Path, encoding: str, form: Format, structure: Structure) -> int:
    """Rows behind the table of a large file, from its last bytes; 0 where it is compressed."""
    if encoding.startswith(("utf-16", "utf-32", "iso2022")):
        return 0
    try:
        with path.open("rb") as file:
            if compression_of(file.read(8)):
                return 0
            file.seek(-_TAIL_BYTES, 2)
            tail = file.read()
        rows = [row for row, _ in cut(lines_of(tail.decode(encoding, "replace"))[1:], form)]
    except (OSError, csv.Error, LookupError):
        return 0
    # In the midst of a quoted cell the tail cannot be cut, and its rows have all widths.
    if not rows or sum(len(row) == structure.width for row in rows) < 0.8 * len(rows):
        return 0
    return find_structure(rows, True, 0, 0).behind


def _decimal(cells: list[str], delimiter: str) -> str:
    commas = sum(bool(_COMMA.match(cell)) for cell in cells)
    points = sum(bool(_POINT.match(cell)) for cell in cells)
    # Within a comma-separated file only quoted numbers can have a comma, and it may stand between thousands.
    return "," if commas > points and not delimiter.startswith(",") else "."


def _joined(heads: list[list[str]], width: int) -> list[str]:
    """Names from several rows, with a space between."""
    return [" ".join(p for row in heads if index < len(row) and (p := row[index].strip())) for index in range(width)]


def _carried(row: list[str]) -> list[str]:
    """A row whose names hold until the next one, as merged cells do."""
    held, carried = "", []
    for cell in row:
        held = cell.strip() or held
        carried.append(held)
    return carried


def name_columns(
    heads: list[list[str]], width: int, row_names: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...], list[str]]:
    """Column names from the header rows.

    Args:
        heads: The rows.
        width: Number of columns.
        row_names: Whether the first column has no name, so that the header is a cell short.

    Returns:
        The header's cells as they stand (joined where there are several rows; empty without a header), ``width``
        names that differ from one another, and what was done to make them so.
    """
    raw: list[str] = []
    if len(heads) == 1:
        # R writes no name above the names of the rows.
        unnamed = [""] if len(heads[0]) == width - 1 and row_names else []
        raw = ([*unnamed, *heads[0]] + [""] * width)[:width]
    elif heads:
        raw = _joined(heads, width)
        if len(set(raw)) < len(raw):
            raw = _joined([*map(_carried, heads[:-1]), heads[-1]], width)
    notes = []
    taken: set[str] = set()
    given = {name.strip() for name in raw}
    names = []
    for index in range(width):
        plain = (raw[index].strip().lstrip("#").strip() if raw else "") or f"column {index + 1}"
        name, number = plain, 2
        while name in taken or (name != plain and name in given):
            name, number = f"{plain} ({number})", number + 1
        if name != plain:
            notes.append(f"Two columns are called '{plain}'; the later one is now '{name}'.")
        taken.add(name)
        names.append(name)
    return tuple(raw), tuple(names), notes
