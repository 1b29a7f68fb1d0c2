"""Reading a new file the way that an older one was read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import Settings
from gdstudio.core.spec import FileSource
from gdstudio.data.load import load_table
from gdstudio.data.opening import HEAD_BYTES, offered_reader
from gdstudio.data.streams import open_plain
from gdstudio.data.table import Table

#: Settings that say where the table stands in its file, not how its values are written: another file has its own.
_PLACES = ("skip_rows", "skip_footer")


def load_like(path: Path, source: Settings, check: Callable[[pd.DataFrame], object]) -> Table:
    """Read a file with the reader settings of another, where they fit it; with guesses of its own where they do not.

    What stands before and behind the table is first found anew, since no two files need share it; so is the encoding
    where the file is plainly UTF-8.

    Args:
        path: The new file.
        source: What the older rows were read from; anything but a file of the same format gives guesses.
        check: Raises a StudioError where a frame is not what is needed; settings that lead there do not fit.

    Raises:
        StudioError: The file cannot be read at all.
    """
    old = source.reader if isinstance(source, FileSource) else None
    if old is None or not path.is_file() or offered_reader(path).key != old.kind:
        return load_table(FileSource(path=str(path)))
    anew: dict[str, object] = {name: None for name in _PLACES if name in type(old).model_fields}
    if "encoding" in type(old).model_fields and _is_utf8(path):
        anew["encoding"] = "utf-8"
    for reader in (old.model_copy(update=anew), old):
        try:
            table = load_table(FileSource(path=str(path), reader=reader))
            check(table.frame)
        except StudioError:
            continue
        return table
    table = load_table(FileSource(path=str(path)))
    note = f"{path} does not fit the settings that the training data were read with; it was read by its own look."
    return replace(table, notes=(note, *table.notes))


def _is_utf8(path: Path) -> bool:
    """Whether a file begins with text that is UTF-8 and not merely plain ASCII."""
    with open_plain(path) as stream:
        head = stream.read(HEAD_BYTES)
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A letter may be torn at the end of what was read.
        return error.start > len(head) - 4 and not head[: error.start].isascii()
    return not head.isascii()
