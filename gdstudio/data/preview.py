"""The first rows of a file as they will be read, and what else the file could mean."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from gdstudio.core.control import Cancelled
from gdstudio.core.registry import Settings, registry
from gdstudio.core.spec import FileSource
from gdstudio.data.entry import IsCancelled, ReaderEntry, Reading
from gdstudio.data.opening import check_file, offered_reader, unpacked
from gdstudio.data.roles import guess_columns
from gdstudio.data.streams import READ_BYTES, open_plain
from gdstudio.data.table import Table

if TYPE_CHECKING:
    from gdstudio.data.text.csv_settings import CsvSettings

#: Bytes of a text that a preview reads.
_HEAD_BYTES = 1 << 18
_ROWS = 500
#: Readers whose files are lines, so that the first lines are a file too.
_LINES = ("csv", "orange", "arff")
#: Another delimiter is worth a mention when its rows are at least so regular, compared with the best one.
_PLAUSIBLE = 0.4
#: How rows that add up the others begin.
_SUMS = ("total", "sum", "summe", "gesamt", "insgesamt", "grand total", "suma", "somme", "totaal", "totale", "итого",
         "合計", "总计", "합계")  # fmt: skip
_THREE_BEHIND = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}")
_DELIMITER_NAMES = {"\t": "tab", " ": "space", ",": "comma", ";": "semicolon", "|": "bar", ":": "colon"}


@dataclass(frozen=True)
class Preview:
    """What reading a file will give.

    Attributes:
        table: The first rows; its notes and columns speak of these rows, its source carries the settings filled in.
        reader: Key of the reader.
        settings: Its settings with every guess filled in.
        whole: Whether the rows are all that the file has.
        alternatives: Other plausible readings: a sentence, and the settings that differ for it.
        rows: Rows of the file: counted where it was read whole, else estimated from its size.
        memory: Bytes that the table will take, estimated from these rows.
    """

    table: Table
    reader: str
    settings: Settings
    whole: bool
    alternatives: tuple[tuple[str, dict[str, Any]], ...] = ()
    rows: int = 0
    memory: int = 0


def preview(path: Path, asked: Settings | None = None, cancelled: IsCancelled = lambda: False) -> Preview:
    """Read the first rows of a file.

    Of texts only the beginning is read, whatever their size; of other formats everything, since their tables can
    begin anywhere.

    Args:
        path: The file.
        asked: The reader's settings as far as a person has set them; None for guesses alone.
        cancelled: Asked now and then; once true, :class:`Cancelled` is raised.

    Raises:
        StudioError: The file cannot be read so.
        Cancelled: ``cancelled`` said so.
    """
    check_file(path)
    if asked is None:
        entry = offered_reader(path)
        asked = entry.settings(kind=entry.key)
    else:
        entry = cast(ReaderEntry, registry("readers")[asked.kind])
    reading, whole, other, total = (
        _of_text(entry, asked, path, cancelled) if entry.key in _LINES else _of_all(entry, asked, path, cancelled)
    )
    if cancelled():
        raise Cancelled
    whole = whole and len(reading.frame) <= _ROWS
    stated = next((name for name, column in reading.columns.items() if column.role == "target"), None)
    columns = guess_columns(reading.frame, target=stated, known=reading.columns) if len(reading.frame) else ()
    table = Table(
        frame=reading.frame.head(_ROWS),
        columns=columns,
        name=path.name,
        source=FileSource(path=str(path), reader=reading.settings),
        data_hash="",
        notes=reading.notes,
        details=dict(reading.details),
    )
    held = int(reading.frame.memory_usage(deep=True).sum())
    memory = round(held * total / max(len(reading.frame), 1))
    return Preview(table, entry.key, reading.settings, whole, other, total, memory)


#: What was read, whether it is all, other readings, and the rows of the file.
_Found = tuple[Reading, bool, tuple[tuple[str, dict[str, Any]], ...], int]


def _of_all(entry: ReaderEntry, asked: Settings, path: Path, cancelled: IsCancelled) -> _Found:
    with unpacked(path, entry) as local:
        reading = entry.build(asked, local, lambda share: None, cancelled)
        return reading, True, (), len(reading.frame)


def _of_text(entry: ReaderEntry, asked: Settings, path: Path, cancelled: IsCancelled) -> _Found:
    shares = [1.0]
    with open_plain(path, shares.append) as stream:
        head = stream.read(_HEAD_BYTES)
        whole = len(head) < _HEAD_BYTES
        # What is read at once, so that the share is of all of it.
        seen = len(head) + len(stream.read(READ_BYTES - len(head)))
    settings = asked
    if entry.key == "csv" and not whole:
        from gdstudio.data.readers.csv import filled
        from gdstudio.data.text.dialect import find_dialect

        # The end of the file decides on its footer; the copy that is read has none.
        settings = filled(cast("CsvSettings", asked), find_dialect(cast("CsvSettings", asked), path))
        copied: Settings = settings.model_copy(update={"skip_footer": 0})
    else:
        copied = asked
    if whole:
        reading = entry.build(asked, path, lambda share: None, cancelled)
    else:
        with tempfile.TemporaryDirectory(prefix="gdstudio-") as folder:
            copy = Path(folder) / path.stem
            copy.write_bytes(_lines(head))
            reading = entry.build(copied, copy, lambda share: None, cancelled)
        # A quoted cell may be torn where the copy ends.
        kept = settings if entry.key == "csv" else reading.settings
        reading = Reading(reading.frame.iloc[:-1], kept, reading.notes, reading.details, reading.columns)
    other = _alternatives(asked, reading, head) if entry.key == "csv" else ()
    if whole and entry.key == "csv":
        other += _sum_row(asked, reading)
    # Of a compressed file the share that was read is known but roughly: it is unpacked in blocks.
    total = len(reading.frame) if whole else round(len(reading.frame) * seen / len(head) / max(shares[-1], 1e-6))
    return reading, whole, other, total


def _lines(head: bytes) -> bytes:
    """The whole lines of a text's first bytes; UTF-16 is cut at a letter."""
    end = head.rfind(b"\n")
    if b"\0" in head[:1000]:
        return head[: len(head) // 4 * 4]
    return head[: end + 1] if end > 0 else head


def _alternatives(asked: Settings, reading: Reading, head: bytes) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Other delimiters that cut the text nearly as well, and the other decimal mark where numbers can mean both."""
    from gdstudio.data.text.cells import lines_of
    from gdstudio.data.text.format import plausible_delimiters

    taken: Any = reading.settings
    wanted: Any = asked
    found: list[tuple[str, dict[str, Any]]] = []
    lines = lines_of(head.decode(taken.encoding, "replace"))[taken.skip_rows :]
    if not wanted.delimiter:
        for delimiter in plausible_delimiters(lines, taken.delimiter, taken.quote, taken.escape, _PLAUSIBLE):
            name = _DELIMITER_NAMES.get(delimiter, repr(delimiter))
            found.append((f"The values could be separated by {name} instead.", {"delimiter": delimiter}))
    if not wanted.decimal:
        for heading, column in reading.frame.items():
            texts = _texts(head, taken, reading.frame, str(heading)) if pd.api.types.is_numeric_dtype(column) else []
            if len(texts) > 1 and all(map(_THREE_BEHIND.fullmatch, texts)):
                mark = texts[0].lstrip("+-").lstrip("0123456789")[0]
                other = "," if mark == "," else "."
                if mark == taken.decimal:
                    other = "." if mark == "," else ","
                what = "thousands" if mark == taken.decimal else "decimals"
                found.append(
                    (f"In '{heading}', {texts[0]} could mean {what} behind the mark instead.", {"decimal": other})
                )
                break
    return tuple(found)


def _sum_row(asked: Settings, reading: Reading) -> tuple[tuple[str, dict[str, Any]], ...]:
    """A last row that adds up the others, to judge by its first words."""
    taken: Any = reading.settings
    wanted: Any = asked
    if wanted.skip_footer is not None or len(reading.frame) < 3:
        return ()
    words = [str(value) for value in reading.frame.iloc[-1].head(2) if isinstance(value, str)]
    name = next((word for word in words if word.strip(" :").casefold().startswith(_SUMS)), "")
    if not name:
        return ()
    return ((f"The last row, '{name}', seems to add up the others: it can be left out.",
             {"skip_footer": taken.skip_footer + 1}),)  # fmt: skip


def _texts(head: bytes, taken: Any, frame: pd.DataFrame, name: str) -> list[str]:
    """The first cells of a column as they stand."""
    from gdstudio.data.text.cells import Format, cut, lines_of

    lines = lines_of(head.decode(taken.encoding, "replace"))[taken.skip_rows :]
    place = list(map(str, frame.columns)).index(name)
    rows = [row for row, _ in cut(lines[:60], Format(taken.delimiter, taken.quote, taken.escape))]
    cells = [row[place].strip() for row in rows[taken.header :] if len(row) > place]
    return [cell for cell in cells if cell and cell not in taken.missing_words][:40]
