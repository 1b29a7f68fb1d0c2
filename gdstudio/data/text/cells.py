"""Cutting text into rows of cells, and what a cell looks like."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

#: Stands in for a delimiter of several letters: Python's csv cuts at one letter only. From the private use area.
_STAND_IN = "\ue0f3"
#: Python's own bound on a cell is 128 KB; a document in a cell can be longer.
csv.field_size_limit(1 << 26)


@dataclass(frozen=True)
class Format:
    """What separates rows into cells.

    Attributes:
        delimiter: One or several letters; ``" "`` stands for any number of spaces.
        quote: Encloses cells; may be empty.
        escape: Precedes a quote that is part of the cell; empty where quotes are doubled.
        framed: Whether rows begin and end with the delimiter too, as in Markdown and on consoles; spaces within the
            frame and rules of dashes are none of the table.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""
    framed: bool = False


def lines_of(text: str) -> list[str]:
    """Lines with their ends: a line feed, a carriage return, or both; nothing else ends one."""
    return list(io.StringIO(text, newline=""))


def cut(lines: Iterable[str], form: Format) -> Iterator[tuple[list[str], int]]:
    """Rows as ``(cells, lines read so far)``; a blank line is a row without cells.

    Raises:
        csv.Error: A cell is longer than 64 MB.
    """
    delimiter = form.delimiter
    if form.framed:
        lines = map(_unframed, lines)
    if len(delimiter) > 1:
        lines = (line.replace(form.delimiter, _STAND_IN) for line in lines)
        delimiter = _STAND_IN
    reader = csv.reader(
        lines,
        delimiter=delimiter,
        quotechar=form.quote or None,
        quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE,
        escapechar=form.escape or None,
        doublequote=not form.escape,
        skipinitialspace=delimiter == " ",
    )
    for row in reader:
        if delimiter == _STAND_IN:
            row = [cell.replace(_STAND_IN, form.delimiter) for cell in row]
        elif delimiter == " " and row and row[-1] == "":
            row = row[:-1]
        if form.framed:
            row = [cell.strip() for cell in row]
        # DOS wrote a mark for the end of a file.
        yield [] if row == ["\x1a"] else row, reader.line_num


_RULE = re.compile(r"[\s|+:=-]*[=-][\s|+:=-]*")


def is_rule(line: str) -> bool:
    """Whether a line of a framed table is but a rule between header and rows."""
    return _RULE.fullmatch(line) is not None


def _unframed(line: str) -> str:
    return "\n" if is_rule(line) else line.strip().removeprefix("|").removesuffix("|") + "\n"


_LONGEST_NUMBER = 60

#: What nearly every number is, and far quicker to recognize than all that people write.
_PLAIN_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?")
NUMBER = re.compile(
    r"[-+−(]?\s?[€$£¥₹]?\s?[-+(]?(\d{1,3}([,.' \u00a0\u202f]\d{3})+|\d{1,2}(,\d{2})+,\d{3}|\d+)?(\.\d*|,\d+)?"
    r"([eE][-+]?\d{1,3})?\s?[%€$£¥₹]?[-)]?"
)
_DATE = (
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})|\d{1,2}\.?[ -][^\W\d]{3,9}\.?[ ,-]+\d{2,4}"
    r"|[^\W\d]{3,9}\.? \d{1,2},? \d{4}|\d{4}年\d{1,2}月\d{1,2}日"
)
_TIME = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s?([ap]\.?m\.?)?(Z|[-+]\d{2}:?\d{2})?"
DATE = re.compile(rf"({_DATE})([T ]+{_TIME})?", re.IGNORECASE)
_CLOCK = re.compile(_TIME, re.IGNORECASE)
_PLAIN = re.compile(r"[\w.\-+&'’()/%°#!?*<>=@$€£:\u00b2\u00b3 ]*(, [\w.\-+&'’()/%°#!?*<>=@$€£: ]*)*")
_ADDRESS = re.compile(r"(https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.]+", re.IGNORECASE)


def is_number(cell: str) -> bool:
    """Whether a cell is a number as people write them, with marks, currency or percent."""
    if len(cell) > _LONGEST_NUMBER:
        return False
    if _PLAIN_NUMBER.fullmatch(cell):
        return True
    return any(map(str.isdigit, cell)) and NUMBER.fullmatch(cell) is not None


def is_date(cell: str) -> bool:
    """Whether a cell is a date, with or without a time, or a time."""
    return DATE.fullmatch(cell) is not None or _CLOCK.fullmatch(cell) is not None


def is_known(cell: str) -> bool:
    """Whether a cell looks like one value: empty, a number, a date, an address or words without odd marks."""
    cell = cell.strip()
    if not cell:
        return True
    return is_number(cell) or is_date(cell) or _PLAIN.fullmatch(cell) is not None or bool(_ADDRESS.fullmatch(cell))
