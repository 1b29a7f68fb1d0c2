"""How a text is cut into rows and values, found from its beginning."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdstudio.core.errors import StudioError
from gdstudio.data.streams import open_plain
from gdstudio.data.text.encoding import find_encoding

if TYPE_CHECKING:
    from gdstudio.data.readers.csv import CsvSettings

#: Bytes that the dialect is found from.
SAMPLE_BYTES = 1 << 18
_SAMPLE_ROWS = 500
_DELIMITERS = (",", ";", "\t", "|")

#: Words for a missing value; the comparison is exact. Words that are often categories of their own, such as "none"
#: and "-", stand for a missing number only: see ``numerals.WEAK_WORDS``.
MISSING_WORDS = (
    "", "NA", "N/A", "n/a", "na", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>", "#N/A", "#NA",
    "#N/A N/A", "#NULL!", "#DIV/0!", "#VALUE!", "?",
)  # fmt: skip

_NUMBER = re.compile(r"^\s*[-+]?(\d[\d.,' ]*|[.,]\d+)([eE][-+]?\d+)?\s*%?\s*$")
_POINT = re.compile(r"^[-+]?\d*\.\d+([eE][-+]?\d+)?$")
_COMMA = re.compile(r"^[-+]?\d*,\d+([eE][-+]?\d+)?$")


@dataclass(frozen=True)
class Dialect:
    """Everything that is needed to read the text.

    Attributes:
        encoding: Python's name of it.
        delimiter, quote, decimal, thousands: Marks; ``quote`` and ``thousands`` may be empty.
        header: Rows that hold column names.
        skip_rows: Lines before the header.
        missing_words: Words that stand for a missing value.
        names: Column names, different from one another.
        lines: Physical lines before the first row of values.
        notes: What a person should know, as sentences.
        details: What was detected, for ``gdstudio data``.
    """

    encoding: str
    delimiter: str
    quote: str
    decimal: str
    thousands: str
    header: int
    skip_rows: int
    missing_words: tuple[str, ...]
    names: tuple[str, ...]
    lines: int
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


def find_dialect(settings: CsvSettings, path: Path) -> Dialect:
    """Fill in what the settings leave open.

    Raises:
        StudioError: The file is no text in the encoding, or has no rows.
    """
    with open_plain(path) as stream:
        head = stream.read(SAMPLE_BYTES)
    encoding = settings.encoding or find_encoding(head)
    text = decode(head, encoding, path)
    if not text.strip():
        raise StudioError(f"{path} holds no text.", "Choose a file with a row of column names and rows of values.")
    quote = '"' if settings.quote is None else settings.quote
    skip = settings.skip_rows or 0
    body = "".join(text.splitlines(keepends=True)[skip:])
    whole = len(head) < SAMPLE_BYTES
    delimiter = settings.delimiter.replace("\\t", "\t") or _find_delimiter(body, quote, whole)
    reader = csv.reader(body.splitlines(keepends=True), **_format(delimiter, quote))
    rows, ends = [], []
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
            if len(rows) > _SAMPLE_ROWS:
                break
    except csv.Error as error:
        raise StudioError(f"{path} cannot be cut into rows: {error} (line {reader.line_num + skip}).") from None
    filled = [i for i, row in enumerate(rows) if any(cell.strip() for cell in row)]
    if not filled:
        raise StudioError(f"{path} holds no values.", "Choose another file.")
    first = filled[0]
    header = settings.header if settings.header is not None else int(_has_header([rows[i] for i in filled]))
    width = max(len(rows[i]) for i in filled)
    names, notes = _names(rows[first] if header else [], width)
    cells = [cell.strip() for i in filled[header:] for cell in rows[i]]
    decimal = settings.decimal or _decimal(cells, delimiter)
    thousands = settings.thousands or ""
    lines = skip + (ends[first] if header else (ends[first - 1] if first else 0))
    words = MISSING_WORDS if settings.missing_words is None else settings.missing_words
    details = {
        "encoding": encoding, "delimiter": delimiter, "quote": quote, "decimal": decimal, "thousands": thousands,
        "header": header, "skip_rows": skip,
    }  # fmt: skip
    return Dialect(
        encoding, delimiter, quote, decimal, thousands, header, skip, words, names, lines, tuple(notes), details
    )


def decode(head: bytes, encoding: str, path: Path) -> str:
    """The text of a file's first bytes; raises StudioError where the encoding is unknown or does not fit."""
    import codecs

    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(head)
    except LookupError:
        raise StudioError(f"There is no encoding called {encoding!r}.", "Write for example utf-8 or cp1252.") from None
    except (UnicodeError, ValueError) as error:
        raise StudioError(
            f"{path} is not text in the encoding {encoding}: {error}.", "Choose another encoding, or leave it empty."
        ) from None


def _format(delimiter: str, quote: str) -> dict[str, Any]:
    quoting = {"quotechar": quote, "quoting": csv.QUOTE_MINIMAL} if quote else {"quoting": csv.QUOTE_NONE}
    return {"delimiter": delimiter, **quoting}


def _find_delimiter(text: str, quote: str, whole: bool) -> str:
    """The delimiter that cuts most lines into the same number of values, more of them being better."""
    lines = text.splitlines(keepends=True)
    if not whole and len(lines) > 1:
        lines.pop()
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            rows = [row for row in csv.reader(lines[:_SAMPLE_ROWS], **_format(delimiter, quote)) if row]
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows)
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        if width < 2:
            continue
        score = count / len(rows) + 0.001 * min(width, 100)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: no number and no empty cell amid it."""
    first = [cell.strip() for cell in rows[0]]
    if any(_NUMBER.match(cell) for cell in first):
        return False
    return len(rows) > 1 or not any(_NUMBER.match(cell) for cell in first)


def _decimal(cells: list[str], delimiter: str) -> str:
    if delimiter == ",":
        return "."
    commas = sum(bool(_COMMA.match(cell)) for cell in cells)
    points = sum(bool(_POINT.match(cell)) for cell in cells)
    return "," if commas > points else "."


def _names(first: list[str], width: int) -> tuple[tuple[str, ...], list[str]]:
    """``width`` different names from the header row, and what was done to make them so."""
    notes = []
    taken: set[str] = set()
    given = {cell.strip() for cell in first}
    names = []
    for index in range(width):
        name = first[index].strip() if index < len(first) else ""
        plain = name = name or f"column {index + 1}"
        number = 2
        while name in taken or (name != plain and name in given):
            name, number = f"{plain} ({number})", number + 1
        if name != plain:
            notes.append(f"Two columns are called '{plain}'; the later one is now '{name}'.")
        taken.add(name)
        names.append(name)
    return tuple(names), notes
