"""Orange's .tab: three header rows, or one with flags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.core.spec import ColumnSpec, ColumnType, Role
from gdstudio.data.entry import IsCancelled, Progress, ReaderEntry, Reading
from gdstudio.data.text.csv_settings import CsvSettings

if TYPE_CHECKING:
    from gdstudio.data.text.dialect import Dialect

_TYPES: dict[str, ColumnType] = {
    "c": "numeric", "continuous": "numeric", "float": "numeric", "d": "category", "discrete": "category",
    "class": "category", "s": "text", "string": "text", "text": "text", "t": "datetime", "time": "datetime",
}  # fmt: skip
_ROLES: dict[str, Role] = {"class": "target", "c": "target", "meta": "ignore", "m": "ignore", "i": "ignore",
                           "ignore": "ignore", "skip": "ignore"}  # fmt: skip
_ATTRIBUTE = re.compile(r"[\w-]+=.*")
_FLAGGED = re.compile(r"^([mci][CDST]?|[CDST])#")


class OrangeSettings(Settings):
    """Nothing to choose: the file says everything itself."""

    kind: Literal["orange"] = "orange"


def offers(path: Path, head: bytes) -> float:
    """Tabs, and a second row of type words; or flags before the names."""
    rows = [line.split("\t") for line in head[:20_000].decode("utf-8", "replace").splitlines()[:3]]
    if not rows or not rows[0]:
        return 0.0
    if any(_FLAGGED.match(cell) for cell in rows[0]):
        return 0.7
    if len(rows) < 3 or len(rows[0]) != len(rows[1]) or not any(cell.strip() for cell in rows[1]):
        return 0.0
    if len(rows[2]) > len(rows[0]) or not all(_is_flags(cell) for cell in rows[2]):
        return 0.0
    if len(rows[0]) == 1 and rows[1][0].strip().lower() not in _TYPES:
        # One column of words with a space may be anything cut by another mark than tabs.
        return 0.0
    return 0.95 if all(_is_type(cell) for cell in rows[1]) else 0.0


def _is_type(cell: str) -> bool:
    cell = cell.strip()
    return not cell or cell.lower() in _TYPES or (" " in cell and not any(c in cell for c in ".,"))


def _is_flags(cell: str) -> bool:
    return all(part.lower() in _ROLES or _ATTRIBUTE.fullmatch(part) or part == "-dc" for part in cell.split())


def build(settings: OrangeSettings, path: Path, progress: Progress, cancelled: IsCancelled) -> Reading:
    """Read; types and roles are the file's own."""
    from gdstudio.data.text.read import read_text

    dialect, columns = _dialect(path)
    frame, notes = read_text(dialect, path, progress, cancelled)
    return Reading(frame, settings, (*dialect.notes, *notes), dialect.details, columns)


def rows(settings: OrangeSettings, path: Path) -> Iterator[list[str]]:
    """Names, then each row's cells as they stand."""
    from gdstudio.data.text.read import Ragged, rectangular, table_rows

    dialect, _ = _dialect(path)
    yield list(dialect.names)
    yield from rectangular(table_rows(dialect, path, lambda share: None, lambda: False), len(dialect.names), Ragged())


def _dialect(path: Path) -> tuple[Dialect, dict[str, ColumnSpec]]:
    from dataclasses import replace

    from gdstudio.data.text.dialect import MISSING_WORDS, find_dialect, name_columns

    dialect = find_dialect(
        CsvSettings(delimiter="\t", header=3, skip_rows=0, missing_words=(*MISSING_WORDS, ".", "~")), path
    )
    heads = _heads(path, dialect.encoding)
    columns: dict[str, ColumnSpec] = {}
    if any(_FLAGGED.match(cell) for cell in heads[0]):
        dialect = find_dialect(
            CsvSettings(delimiter="\t", header=1, skip_rows=0, missing_words=(*MISSING_WORDS, ".", "~")), path
        )
        flags = [_FLAGGED.match(cell) for cell in heads[0]]
        plain = [cell[match.end() :] if match else cell for cell, match in zip(heads[0], flags, strict=True)]
        raw, names, notes = name_columns([plain], len(plain))
        for name, match in zip(names, flags, strict=True):
            marks = match.group(1) if match else ""
            role = next((_ROLES[m] for m in marks if m in "mci"), None)
            columns[name] = ColumnSpec(role=role, type=next((_TYPES[m.lower()] for m in marks if m in "CDST"), None))
        return replace(dialect, raw_names=raw, names=names, notes=tuple(notes)), columns
    raw, names, notes = name_columns([heads[0]], len(heads[0]))
    for index, name in enumerate(names):
        kind = heads[1][index].strip() if index < len(heads[1]) else ""
        flags_of = heads[2][index].split() if index < len(heads[2]) else []
        role = next((_ROLES[f.lower()] for f in flags_of if f.lower() in _ROLES), None)
        guessed = _TYPES.get(kind.lower(), "category" if kind else None)
        # Text columns are no features in Orange either.
        role = role or ("ignore" if guessed in ("text", "datetime") else None)
        columns[name] = ColumnSpec(role=role, type=guessed)
    return replace(dialect, raw_names=raw, names=names, notes=tuple(notes)), columns


def _heads(path: Path, encoding: str) -> list[list[str]]:
    import csv

    from gdstudio.data.streams import open_plain
    from gdstudio.data.text.cells import lines_of
    from gdstudio.data.text.dialect import SAMPLE_BYTES, decode

    with open_plain(path) as stream:
        text = decode(stream.read(SAMPLE_BYTES), encoding, path)
    found = list(csv.reader(lines_of(text)[:3], delimiter="\t"))
    return found + [[]] * (3 - len(found))


ENTRY = ReaderEntry(
    key="orange",
    label="Orange table",
    settings=OrangeSettings,
    build=build,
    offers=offers,
    extensions=(".tab",),
    help="Orange's table with types and roles in its second and third row.",
    order=70,
    rows=rows,
    unpacks=("gzip", "bzip2", "xz", "zip"),
)
