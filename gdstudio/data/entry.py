"""What samples and readers declare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdstudio.core.registry import Entry, Settings
from gdstudio.core.spec import ColumnSpec, Task

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[float], None]
IsCancelled = Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class SampleEntry(Entry):
    """A table that comes with the program.

    ``build(settings) -> pandas.DataFrame``; equal settings give an equal frame on every machine.

    Attributes:
        task: What its target asks for with the default settings.
        target: The column to predict.
        columns: What is known of columns beyond what a guess would find, e.g. the order of categories.
    """

    task: Task
    target: str
    columns: Mapping[str, ColumnSpec] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What a reader made of a file.

    Attributes:
        frame: The values as they were read, index 0 … n-1.
        settings: The reader's settings with every guess filled in: read again with them, the same file gives the
            same frame.
        notes: What a person should know, as sentences.
        details: What was detected, for ``gdstudio data``: encoding, delimiter, sheet and the like.
        columns: What the file itself says of columns: types, roles, the order of categories.
    """

    frame: pd.DataFrame
    settings: Settings
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, ColumnSpec] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ReaderEntry(Entry):
    """A file format.

    ``build(settings, path, progress, cancelled) -> Reading``: ``progress`` is called with the share that is done
    (0 … 1), ``cancelled`` is asked now and then; a reader that is cancelled raises
    :class:`gdstudio.core.control.Cancelled`. A file that cannot be read is a StudioError that names it.

    Attributes:
        offers: ``(path, head) -> confidence`` from 0 (cannot be read) to 1 (certain), from the file's first bytes
            (decompressed) before its name.
        extensions: Endings of file names, with the dot, in small letters.
        rows: ``(settings, path) -> iterator of rows of text``, the column names first where the file has them: each
            cell's text as it stands in the file. None for formats whose values have types of their own.
        unpacks: Compressions that it undoes by itself; for others it is given an unpacked copy.
    """

    offers: Callable[[Path, bytes], float]
    extensions: tuple[str, ...]
    rows: Callable[[Any, Path], Iterator[list[str]]] | None = None
    unpacks: tuple[str, ...] = ()
