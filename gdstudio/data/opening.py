"""Looking at a file before it is read: is it one, can it be opened, which reader is it for."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.data.entry import ReaderEntry
from gdstudio.data.streams import compression_of, holds_one_file, open_plain

#: Bytes that readers judge a file by.
HEAD_BYTES = 1 << 16


def check_file(path: Path) -> None:
    """Raise a StudioError unless ``path`` is a regular file with bytes in it."""
    try:
        if path.is_dir():
            raise StudioError(f"{path} is a folder, not a file.", "Choose a file in it.")
        if not path.exists():
            raise StudioError(f"There is no file {path}.", "Check its name, or choose another file.")
        if not path.is_file():
            raise StudioError(f"{path} is a device or a pipe, not a file.", "Choose a file.")
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise StudioError(f"{str(path)[:200]} cannot be opened: {getattr(error, 'strerror', None) or error}.") from None
    if not size:
        raise StudioError(f"{path} is empty.", "Choose a file with a row of column names and rows of values.")


@contextmanager
def unpacked(path: Path, entry: ReaderEntry) -> Iterator[Path]:
    """A file that ``entry`` can open: ``path``, or a temporary copy where it is compressed in a way it cannot undo.

    Raises:
        StudioError: It cannot be unpacked, or the reader refuses it; the message names ``path``.
    """
    with path.open("rb") as file:
        kind = compression_of(file.read(8))
    if not kind or kind in entry.unpacks or (kind == "zip" and not holds_one_file(path)):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="gdstudio-") as folder:
        copy = Path(folder) / path.stem
        with open_plain(path) as stream, copy.open("wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
        try:
            yield copy
        except StudioError as error:
            raise StudioError(error.message.replace(str(copy), str(path)), error.hint) from None


def offered_reader(path: Path) -> ReaderEntry:
    """The reader that is surest of a file, by its first bytes before its name.

    Raises:
        StudioError: No reader knows it, or it cannot be opened.
    """
    with open_plain(path) as stream:
        head = stream.read(HEAD_BYTES)
    entries = [cast(ReaderEntry, entry) for entry in registry("readers").values()]
    best = max(entries, key=lambda entry: entry.offers(path, head))
    if best.offers(path, head) <= 0:
        raise StudioError(
            f"{path} is not a table in a format that is known: its content is binary.",
            f"Formats: {', '.join(entry.label for entry in entries)}.",
        )
    return best
