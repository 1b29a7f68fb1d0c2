"""Which rows of a text are the table: what stands before and behind it, and which of its rows name the columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from gdstudio.data.text.cells import is_date, is_number

_MOST_HEADER_ROWS = 5


@dataclass(frozen=True)
class Structure:
    """Places of a table's parts among the rows of the sample.

    Attributes:
        first: Number of rows before the header.
        header: Number of rows that hold column names.
        width: Number of columns.
        footer: Number of rows behind the table, blank ones not counted (0 unless the sample is the whole text).
        behind: As ``footer``, with the rows of empty cells but without lines of nothing.
        row_names: Whether the header lacks a name for the first column, which names the rows, as R writes it.
    """

    first: int
    header: int
    width: int
    footer: int = 0
    behind: int = 0
    row_names: bool = False


def find_structure(
    rows: list[list[str]],
    whole: bool,
    skip: int | None = None,
    header: int | None = None,
    footer: int | None = None,
) -> Structure:
    """Find the table among rows of cells; a row without cells is a blank line.

    Args:
        rows: The sample's rows.
        whole: Whether they are the whole text.
        skip: How many rows stand before the header, where it is known.
        header: How many rows hold names, where it is known.
        footer: How many rows stand behind the table, where it is known.
    """
    width = _width(rows[skip or 0 :])
    first = _first(rows, width) if skip is None else skip
    if skip is None and width > 2:
        before = _row_names(rows, first, width)
        first = first if before is None else before
    last = len(rows)
    if footer is not None:
        last -= footer if whole else 0
    elif whole:
        last = _last(rows, first, width)
    body = [row for row in rows[first:last] if _filled(row)]
    row_names = len(body) > 2 and _has_row_names(body, width)
    if header is None:
        header = 1 if row_names else _header(body)
    names = body[:header]
    width = max([width, *(len(_trimmed(row)) for row in names)]) if body else width
    while width > 1 and all(not row[width - 1].strip() for row in rows[first:last] if len(row) >= width):
        # A delimiter at the end of each line makes no column, unless the header names it.
        width -= 1
    behind = sum(len(row) > 1 or _filled(row) for row in rows[last:])
    return Structure(first, header, width, sum(map(_filled, rows[last:])), behind, row_names and header == 1)


def _row_names(rows: list[list[str]], first: int, width: int) -> int | None:
    """Place of a header that lacks the name of its first column and was taken for a preamble; None without one."""
    before = next((i for i in range(first - 1, -1, -1) if _filled(rows[i])), None)
    return before if before is not None and _has_row_names(rows[before:], width) else None


def _has_row_names(rows: list[list[str]], width: int) -> bool:
    """Whether the first row is a cell short of all others, whose first cells differ and are whole numbers or words."""
    head, below = rows[0], [row for row in rows[1:] if _filled(row)]
    if width < 3 or len(head) != width - 1 or len(below) < 2 or any(len(row) != width for row in below[:100]):
        return False
    names = [row[0].strip() for row in below]
    whole = all(name.isdigit() for name in names)
    counts = whole and [int(name) for name in names] == list(range(int(names[0]), int(names[0]) + len(names)))
    distinct = len(set(names)) == len(names) and not any(map(_is_value, names))
    return (counts or distinct) and all(cell.strip() and not _is_value(cell) for cell in head) and len(set(head)) > 1


def _filled(row: list[str]) -> bool:
    return any(cell.strip() for cell in row)


def _trimmed(row: list[str]) -> list[str]:
    """The row without the empty cells at its end."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _width(rows: list[list[str]]) -> int:
    """The number of cells that most rows have; of equally frequent ones the larger."""
    counts = Counter(len(row) for row in rows if _filled(row))
    if not counts:
        return 0
    wide = {w: n for w, n in counts.items() if w > 1} or counts
    # A few lines of prose may outnumber a small table; a table has more than one column.
    return max(wide, key=lambda w: (wide[w], w))


def _first(rows: list[list[str]], width: int) -> int:
    """The first row of the table: everything before it is narrower, or a comment."""
    for index, row in enumerate(rows):
        if not _filled(row):
            continue
        cells = _trimmed(row)
        if width > 1 and len(cells) <= 1 and len(row) < width:
            continue
        if width > 2 and len(row) < width and len(cells) <= max(2, width // 2) and _table_follows(rows, index, width):
            continue
        if width > 2 and len(cells) == 1 and not _table_has_gaps(rows[index + 1 :], width):
            continue
        if row[0].lstrip().startswith(("#", "%", "//")) and _comment(rows, index):
            continue
        return index
    return 0


def _table_follows(rows: list[list[str]], index: int, width: int) -> bool:
    """Whether nearly all rows after ``index`` have the table's width."""
    rest = [row for row in rows[index + 1 : index + 40] if _filled(row)]
    return bool(rest) and sum(len(row) >= width for row in rest) > 0.6 * len(rest)


def _table_has_gaps(rows: list[list[str]], width: int) -> bool:
    """Whether rows of the table itself are often nearly empty, so that one more of them says nothing."""
    rest = [row for row in rows[:40] if _filled(row)]
    return sum(len(_trimmed(row)) <= 1 for row in rest) > 0.2 * len(rest)


def _comment(rows: list[list[str]], index: int) -> bool:
    """Whether a row that begins with a comment mark is one: the next row is no comment and names columns as well.

    ``# a,b,c`` straight above values may be the header itself; with a header of words behind it, it is a comment.
    """
    rest = [row for row in rows[index + 1 :] if _filled(row)]
    if not rest or rest[0][0].lstrip().startswith(("#", "%", "//")):
        return bool(rest)
    return len(rest[0]) != len(rows[index]) or not any(is_number(cell.strip()) for cell in rest[0])


def _last(rows: list[list[str]], first: int, width: int) -> int:
    """Where the table ends: rows behind it are narrower, and apart or of one cell."""
    last = len(rows)
    while last > first + 2:
        row = rows[last - 1]
        if not _filled(row):
            last -= 1
            continue
        narrow = len(row) < width and len(_trimmed(row)) < width
        alone = len(_trimmed(row)) <= 1 and len(row) <= 1 and width > 1
        words = len(_trimmed(row)) == 1 and not _is_value(row[0])
        padded = width > 2 and words
        apart = not _filled(rows[last - 2])
        if (alone and words and width > 2) or (narrow and apart) or (padded and apart) or (alone and apart):
            last -= 1
            continue
        break
    return last


def _header(body: list[list[str]]) -> int:
    """Number of rows that hold column names, by comparing the first rows with those below, column by column."""
    if not body:
        return 0
    if len(body) == 1:
        return int(not any(_is_value(cell) for cell in body[0]))
    if _groups_columns(body):
        return 2
    if not _names_columns(body[0], body[1:]):
        return 0
    numeric = _value_columns(body[min(_MOST_HEADER_ROWS, len(body) // 2) :])
    if len(numeric) < 2 or len(body) < 5:
        return 1
    count = 1
    while count < min(_MOST_HEADER_ROWS, len(body) - 3):
        row = body[count]
        texts = [i for i in numeric if i < len(row) and row[i].strip()]
        if len(texts) < len(numeric) or any(_is_value(cell) for cell in row):
            break
        count += 1
    return count


def _groups_columns(body: list[list[str]]) -> bool:
    """Whether the first row names groups of columns, with gaps, and the second the columns themselves."""
    if len(body) < 4:
        return False
    above, below = body[0], body[1]
    words = [cell.strip() for cell in above if cell.strip()]
    gaps = [i for i in range(1, min(len(above), len(below))) if not above[i].strip() and above[i - 1].strip()]
    if not words or not gaps or any(map(_is_value, words)) or not all(cell.strip() for cell in below[1:]):
        return False
    numbers = sorted({cell.strip() for cell in below if is_number(cell.strip())})
    if numbers:
        return len(numbers) > 1 and _years(numbers) and sum(map(is_number, below)) >= len(below) - 2
    return bool(_value_columns(body[2:])) and _names_columns(below, body[2:]) and not _names_columns(above, body[2:])


def _is_value(cell: str) -> bool:
    cell = cell.strip()
    return bool(cell) and (is_number(cell) or is_date(cell))


def _value_columns(rows: list[list[str]]) -> list[int]:
    """The columns whose filled cells are nearly all numbers or dates."""
    width = _width(rows)
    found = []
    for index in range(width):
        cells = [row[index].strip() for row in rows if len(row) > index and row[index].strip()]
        if cells and sum(map(_is_value, cells)) > 0.8 * len(cells):
            found.append(index)
    return found


def _names_columns(first: list[str], below: list[list[str]]) -> bool:
    """Whether a row names the columns below it: evidence is added over the columns."""
    values = set(_value_columns(below))
    score = 0.0
    numbers = [cell.strip() for cell in first if is_number(cell.strip())]
    if len(numbers) > 1 and _years(numbers):
        return True
    for index, cell in enumerate(first):
        cell = cell.strip()
        column = [row[index].strip() for row in below if len(row) > index]
        if index in values:
            if cell:
                score += -2 if _is_value(cell) else 1
            elif index:
                # Only an index of rows goes without a name, and it comes first.
                score -= 0.4
        elif cell and column:
            if _is_value(cell) or cell in column[:200] or cell.startswith("http"):
                score -= 1
            elif "\n" in cell:
                score -= 0.5
            else:
                lengths = {len(other) for other in column if other}
                score += 0.5 if len(lengths) == 1 and len(cell) not in lengths else 0.1
    named = [cell.strip() for cell in first if cell.strip()]
    if not values and len(set(named)) == len(named) == len(first):
        score += 0.1
    return score > 0


def _years(numbers: list[str]) -> bool:
    """Whether numbers are years in a row, as names of columns are."""
    if not all(n.isdigit() and 1800 <= int(n) <= 2200 for n in numbers):
        return False
    steps = {int(b) - int(a) for a, b in pairwise(numbers)}
    return len(steps) == 1 and steps <= {1, -1, 5, 10}
