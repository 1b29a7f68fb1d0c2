"""Which delimiter and quote cut a text into the most regular table."""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import islice

from gdstudio.data.text.cells import Format, cut, is_known, is_number, is_rule

_DELIMITERS = (",", ";", "\t", "|", " ", ":", "^", "~", "\x1f", "\x01", "§", "¦", "\u3001", "\uff0c")
#: Of several letters; looked for only where they occur.
_LONG_DELIMITERS = (
    "||",
    "::",
    ";;",
    "\t\t",
    "~|~",
    "|~|",
    "^|^",
    "|^|",
    "<>",
    "~~",
    "##",
    "@@",
    "$$",
    " | ",
    ", ",
    "; ",
)
_ROWS = 300
_CELLS = 6000
#: What a one-column reading scores: less than any regular table, more than an irregular one.
_EPSILON = 1e-3
#: Delimiters that also stand within values must be that much better.
_SUSPECT = {" ": 0.8, ":": 0.7, "~": 0.9, "^": 0.9, "\u3001": 0.9, "\uff0c": 0.95}


def find_format(lines: list[str], delimiter: str = "", quote: str | None = None, escape: str | None = None) -> Format:
    """The format whose rows are the most alike and whose cells look the most like values.

    The measure is the data consistency of van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting
    row and type patterns", 2019, eq. 1-3: the pattern score times the share of cells of a known type.

    Args:
        lines: Lines with their ends, from where the table may begin.
        delimiter: Known already; found when empty.
        quote: Known already; found when None.
        escape: Known already; found when None.
    """
    if delimiter.strip() in ("", "|") and _framed(lines):
        return Format("|", quote if quote is not None else "", escape or "", framed=True)
    text = "".join(lines)
    escapes = [escape] if escape is not None else _escapes(text)
    quotes = [quote] if quote is not None else _quotes(text)
    delimiters = [delimiter] if delimiter else [d for d in (*_DELIMITERS, *_LONG_DELIMITERS) if d == "," or d in text]
    best, best_score = Format(delimiter or ",", quotes[0], escapes[0]), -1.0
    for one in delimiters:
        for mark in quotes:
            for slash in escapes if mark else [""]:
                form = Format(one, mark, slash)
                score = _consistency(lines, form) * _SUSPECT.get(one, 1.0)
                # What is tried earlier is commoner: it wins where another is not clearly better.
                if score > best_score + 1e-9:
                    best, best_score = form, score
    if not delimiter and best.delimiter in ",;|":
        before, behind = _spaced(lines, best)
        # "a ,b" is no habit of anyone; "a, b" and "a | b" are.
        if behind and (before or best.delimiter != "|"):
            around = " " if before and best.delimiter == "|" else ""
            return Format(f"{around}{best.delimiter} ", best.quote, best.escape)
    return best


def _framed(lines: list[str]) -> bool:
    """Whether the rows stand between bars, as in Markdown and in what consoles print."""
    seen = [line.strip() for line in islice(lines, _ROWS) if line.strip()]
    rows = [line for line in seen if not is_rule(line)]
    bars = sum(len(line) > 2 and line.startswith("|") and line.endswith("|") for line in rows)
    # A line of prose may stand before or behind.
    return bars >= 2 and bars >= 0.8 * len(rows)


def _spaced(lines: list[str], form: Format) -> tuple[bool, bool]:
    """Whether nearly every delimiter has a space before it, and one behind it, that belong to it."""
    try:
        rows = [row for row, _ in islice(cut(lines, form), _ROWS)]
    except csv.Error:
        return False, False
    gaps = max(sum(len(row) - 1 for row in rows if row), 1)
    before = sum(cell.endswith(" ") for row in rows for cell in row[:-1])
    behind = sum(cell.startswith(" ") for row in rows for cell in row[1:])
    return before > 0.9 * gaps, behind > 0.9 * gaps


def _quotes(text: str) -> list[str]:
    """Quotes worth a try, the commoner first: a mark that begins or ends cells."""
    found = ['"']
    if re.search(r"(^|[,;\t|:^~ ])'[^'\n]*'([,;\t|:^~\r\n]|$)", text, re.MULTILINE):
        found.append("'")
    # An odd number of them: one is no quote, and would swallow everything behind it.
    if text.count('"') % 2 or ('"' in text and not re.search(r'(^|[^\w"])"|"([^\w"]|$)', text, re.MULTILINE)):
        found.append("")
    return found


def _escapes(text: str) -> list[str]:
    return ["\\", ""] if '\\"' in text or "\\'" in text else [""]


def _consistency(lines: list[str], form: Format) -> float:
    rows: list[list[str]] = []
    count = 0
    try:
        for row, _ in islice(cut(lines, form), _ROWS):
            if row:
                rows.append(row)
            count += len(row)
            if count > _CELLS and len(rows) > 20:
                break
    except csv.Error:
        return 0.0
    if not rows:
        return 0.0
    # A quote that opens and does not close swallows lines: such a reading has cells with many of them.
    if any(cell.count("\n") > 20 for row in rows for cell in row):
        return 0.0
    widths = Counter(map(len, rows))
    pattern = sum(count * max(_EPSILON, width - 1) / width for width, count in widths.items()) / len(widths) / len(rows)
    marks = form.quote
    cells = [cell for row in rows for cell in row]
    if form.delimiter == " " and sum(map(is_number, cells)) < 0.2 * len(cells):
        # Words with spaces between them are prose, not a table.
        return _EPSILON**2
    width = max(widths, key=lambda w: (widths[w], w))
    filled = {index for row in rows for index, cell in enumerate(row[: width - 1]) if cell.strip()}
    # A column that is always empty is half of a longer delimiter.
    pattern *= (len(filled) + 1) / width if width > 1 else 1
    known = sum(is_known(cell) and not (marks != '"' and '"' in cell) for cell in cells)
    return pattern * max(_EPSILON, known / len(cells))


def plausible_delimiters(lines: list[str], best: str, quote: str, escape: str, share: float) -> list[str]:
    """Delimiters other than ``best`` whose rows are at least ``share`` times as regular, the likeliest first."""
    text = "".join(lines)
    scores = {
        one: _consistency(lines, Format(one, quote, escape)) * _SUSPECT.get(one, 1.0)
        for one in {*_DELIMITERS, best}
        if one in text
    }
    least = max(share * scores.get(best, 0.0), 10 * _EPSILON)
    others = [one for one, score in scores.items() if score >= least and one.strip(" ") != best.strip(" ")]
    return sorted(others, key=lambda one: (-scores[one], one))
