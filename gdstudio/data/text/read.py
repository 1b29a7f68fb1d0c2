"""Reading a whole text whose dialect is known."""

from __future__ import annotations

import contextlib
import csv
import io
import tempfile
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, cast

import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.data.entry import IsCancelled, Progress
from gdstudio.data.streams import open_plain
from gdstudio.data.text.cells import cut
from gdstudio.data.text.dialect import Dialect, is_comment
from gdstudio.data.text.numerals import to_numbers
from gdstudio.data.text.parallel import fits, parse_beside

#: Rows may have so many cells more than there are columns before they are taken for damage and cut.
_MOST_EXTRA = 50
#: Rectangular copies of ragged texts are held in memory up to so many bytes, then in a temporary file.
_IN_MEMORY = 64 << 20
#: So many line numbers are named where rows are cut or left out.
_MOST_LINES = 8

# Columns of which some parts are numbers and others text are read again whole; nobody need hear of it.
warnings.filterwarnings("ignore", category=pd.errors.DtypeWarning)
# A first row with more cells than there are columns would lose them: such a text is cut another way.
warnings.filterwarnings("error", message="Length of header or names", category=pd.errors.ParserWarning)


def read_text(
    dialect: Dialect, path: Path, progress: Progress, cancelled: IsCancelled
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The frame, and what a person should know as sentences.

    Raises:
        StudioError: The text cannot be cut into rows, or its numbers are beyond all bounds.
        UnicodeError: A letter is not of the encoding.
    """
    notes: list[str] = []
    frame = None if _needs_cutting(dialect) else _fast(dialect, path, progress, cancelled)
    if frame is None:
        frame = _cut_and_read(dialect, path, progress, cancelled, notes)
    for name in frame.columns:
        if name not in dialect.codes and isinstance(frame[name].dtype, pd.StringDtype):
            converted = to_numbers(frame[name], dialect.decimal, dialect.thousands)
            if converted is not None:
                frame[name], said = converted
                if said:
                    notes.append(f"'{name}': {said}.")
    return frame, tuple(notes)


def _needs_cutting(dialect: Dialect) -> bool:
    """Whether the text is beyond what pandas' C parser cuts as we do."""
    delimiter = dialect.form.delimiter
    plain = len(delimiter) == 1 or delimiter in (", ", "; ")
    odd = not plain or delimiter == " " or not delimiter.isascii() or dialect.form.framed
    return odd or dialect.ragged or dialect.footer > 0 or bool(dialect.comment)


@contextmanager
def _text(dialect: Dialect, path: Path, progress: Progress, cancelled: IsCancelled) -> Iterator[io.TextIOWrapper]:
    with open_plain(path, progress, cancelled) as stream:
        text = io.TextIOWrapper(stream, encoding=dialect.encoding, newline="")
        # Python's own 8 KB make a call for each some twenty rows; no public way sets it.
        text._CHUNK_SIZE = 1 << 20  # type: ignore[attr-defined]
        try:
            yield text
        finally:
            text.detach()


def _fast(dialect: Dialect, path: Path, progress: Progress, cancelled: IsCancelled) -> pd.DataFrame | None:
    """The C parser of pandas on the file; None where a row has more cells than there are columns."""
    try:
        if fits(dialect, path):
            frame = parse_beside(path, lambda: _parse(dialect, path, in_parts=True), progress, cancelled)
        else:
            with _rows_of(dialect, path, progress, cancelled) as text:
                frame = _parse(dialect, text, in_parts=True)
        if not any(pd.api.types.is_object_dtype(dtype) for dtype in frame.dtypes):
            return frame
    except pd.errors.EmptyDataError:
        return pd.DataFrame({name: pd.Series([], dtype="str") for name in dialect.names})
    except (pd.errors.ParserError, pd.errors.ParserWarning):
        return None
    except pd.errors.DtypeWarning:
        pass
    # Numbers in one part and text in another: only the whole column says what it is.
    with _rows_of(dialect, path, progress, cancelled) as text:
        return _parse(dialect, text, in_parts=False)


@contextmanager
def _rows_of(dialect: Dialect, path: Path, progress: Progress, cancelled: IsCancelled) -> Iterator[IO[str]]:
    with _text(dialect, path, progress, cancelled) as text:
        for _ in range(dialect.lines):
            text.readline()
        yield cast("IO[str]", text)


def _parse(dialect: Dialect, source: IO[str] | Path, in_parts: bool) -> pd.DataFrame:
    """Parse a text from where it stands, or a UTF-8 file; ``in_parts`` is faster and takes less memory.

    Raises:
        pd.errors.EmptyDataError: There are no rows.
        pd.errors.ParserError: A row is too long.
    """
    form = dialect.form
    options: dict[str, Any] = {"escapechar": form.escape, "doublequote": False} if form.escape else {}
    if isinstance(source, Path):
        options |= {"skiprows": dialect.lines, "encoding": dialect.encoding}
    frame: pd.DataFrame = pd.read_csv(
        source,
        sep=form.delimiter[0],
        skipinitialspace=len(form.delimiter) > 1,
        header=None,
        names=list(dialect.names),
        index_col=False,
        dtype=dict.fromkeys(dialect.codes, "str"),
        quotechar=form.quote or '"',
        quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE,
        decimal=dialect.decimal,
        na_values=list(dialect.missing_words),
        keep_default_na=False,
        engine="c",
        low_memory=in_parts,
        **options,
    )
    return frame


@dataclass
class Ragged:
    """What was done to rows that have not as many cells as there are columns.

    Attributes:
        short, long: Number of rows with fewer and with more cells.
        first_short, first_long: Lines of the first such rows.
        extra: Columns that were added for them.
    """

    short: int = 0
    long: int = 0
    first_short: list[int] = field(default_factory=list)
    first_long: list[int] = field(default_factory=list)
    extra: int = 0
    cut: bool = field(default=False)


def table_rows(
    dialect: Dialect,
    path: Path,
    progress: Progress,
    cancelled: IsCancelled,
    left_out: list[int] | None = None,
) -> Iterator[tuple[list[str], int]]:
    """The table's rows with their line numbers, each cell's text as it stands; blank lines and footers left out.

    ``left_out`` takes the line numbers of comments.

    Raises:
        StudioError: The text cannot be cut into rows.
        UnicodeError: A letter is not of the encoding.
    """
    held: deque[tuple[list[str], int]] = deque()
    with _text(dialect, path, progress, cancelled) as text:
        for _ in range(dialect.lines):
            text.readline()
        try:
            for row, line in cut(text, dialect.form):
                if not row or (len(row) == 1 and not row[0].strip() and len(dialect.names) > 1):
                    continue
                if dialect.comment and is_comment(row, dialect.comment):
                    if left_out is not None:
                        left_out.append(line + dialect.lines)
                    continue
                held.append((row, line + dialect.lines))
                if len(held) > dialect.footer:
                    yield held.popleft()
        except csv.Error as error:
            raise StudioError(f"{path} cannot be cut into rows: {error}.", "Check quote and delimiter.") from None


def rectangular(rows: Iterator[tuple[list[str], int]], width: int, done: Ragged) -> Iterator[list[str]]:
    """Rows made at least ``width`` cells long; longer ones lose empty cells at their end."""
    for row, line in rows:
        if len(row) < width:
            done.short += 1
            if len(done.first_short) < _MOST_LINES:
                done.first_short.append(line)
            row = row + [""] * (width - len(row))
        elif len(row) > width:
            while len(row) > width and not row[-1].strip():
                row.pop()
            extra = len(row) - width
            if extra:
                done.long += 1
                if len(done.first_long) < _MOST_LINES:
                    done.first_long.append(line)
                if extra > _MOST_EXTRA:
                    done.cut = True
                    row = row[: width + _MOST_EXTRA]
                done.extra = max(done.extra, min(extra, _MOST_EXTRA))
        yield row


def _cut_and_read(
    dialect: Dialect, path: Path, progress: Progress, cancelled: IsCancelled, notes: list[str]
) -> pd.DataFrame:
    """Cut with Python's csv into a rectangular copy, then have pandas read that."""
    done = Ragged()
    width = len(dialect.names)
    spooled = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, mode="w+b")  # noqa: SIM115 - closed below
    with spooled:
        copy = io.TextIOWrapper(cast("IO[bytes]", spooled), encoding="utf-8", errors="surrogatepass", newline="")
        writer = csv.writer(copy, lineterminator="\n")
        count = 0
        comments: list[int] = []
        cells = table_rows(dialect, path, lambda s: progress(0.7 * s), cancelled, comments)
        for row in rectangular(cells, width, done):
            writer.writerow(row)
            count += 1
        copy.flush()
        copy.seek(0)
        names = [*dialect.names, *(f"column {i + 1}" for i in range(width, width + done.extra))]
        frame = pd.DataFrame({name: pd.Series([], dtype="str") for name in names})
        if count:
            form = replace(dialect.form, delimiter=",", quote='"', escape="")
            # Rows of empty cells only are none to pandas.
            with contextlib.suppress(pd.errors.EmptyDataError):
                frame = _parse(replace(dialect, form=form, names=tuple(names)), cast("IO[str]", copy), in_parts=False)
        copy.detach()
    progress(1.0)
    notes.extend(ragged_notes(done, width))
    if comments:
        notes.append(f"Comments are left out: {_numbered(comments)}.")
    return frame


def _numbered(lines: list[int]) -> str:
    return _numbered_of(lines[:_MOST_LINES], len(lines))


def _numbered_of(lines: list[int], count: int) -> str:
    """The first of ``count`` lines, e.g. "line 7", "lines 7, 9 and 12" or "lines 7, 9 and 30 more"."""
    shown = [f"{line:,}" for line in lines]
    if count > len(shown):
        return f"lines {', '.join(shown)} and {count - len(shown):,} more"
    return f"line {shown[0]}" if len(shown) == 1 else f"lines {', '.join(shown[:-1])} and {shown[-1]}"


def ragged_notes(done: Ragged, width: int) -> list[str]:
    """What was done to rows of other widths, as sentences."""
    notes = []
    if done.short:
        rows = "1 row has" if done.short == 1 else f"{done.short:,} rows have"
        notes.append(f"{rows} fewer than {width} values ({_numbered_of(done.first_short, done.short)}); "
                     "the rest is missing.")  # fmt: skip
    if done.long:
        rows = "1 row has" if done.long == 1 else f"{done.long:,} rows have"
        where = f"({_numbered_of(done.first_long, done.long)})"
        what = "what is beyond was cut off" if done.cut else "further columns were added for them"
        notes.append(f"{rows} more than {width} values {where}; {what}.")
    return notes
