"""Where a project's data are: a file of its own, found again where it was moved, or carried in the project."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gdstudio.core.errors import StudioError
from gdstudio.core.files import make_folder, write_bytes
from gdstudio.core.spec import FileSource

#: So many files beside the project are looked at when the data have moved.
_MOST_LOOKED_AT: Final = 2_000


@dataclass(frozen=True)
class DataLink:
    """A data file of a project.

    Attributes:
        source: Path, hash of the bytes, and the reader's settings.
        size: Length in bytes.
        relative: The path from the project's folder, with ``/``; empty where there is none, as on another drive.
        content: The file itself where the project carries it.
    """

    source: FileSource
    size: int
    relative: str = ""
    content: bytes | None = None


@dataclass(frozen=True)
class FoundData:
    """Where a link's file lies now.

    Attributes:
        path: The file.
        same: Whether it holds what it held.
    """

    path: Path
    same: bool


def link_to(source: FileSource, *, carry: bool = False) -> DataLink:
    """A link to a file that was read.

    Args:
        source: As the table names it, hash and reader filled in.
        carry: Whether the project takes the file along.

    Raises:
        StudioError: The file is to be taken along and cannot be read, or holds something else by now.
    """
    path = Path(source.path).expanduser().absolute()
    source = source.model_copy(update={"path": str(path)})
    try:
        if not carry:
            return DataLink(source, path.stat().st_size)
        content = path.read_bytes()
    except OSError as error:
        if not carry:
            return DataLink(source, -1)
        raise StudioError(
            f"{path} cannot be taken into the project: {error.strerror or error}.", "Link to it instead."
        ) from None
    if source.sha256 and hashlib.sha256(content).hexdigest() != source.sha256:
        raise StudioError(
            f"{path} cannot be taken into the project: it has changed since it was read.",
            "Open it again, or link to it instead.",
        )
    return DataLink(source, len(content), content=content)


def placed(link: DataLink, project_path: Path) -> DataLink:
    """The link as seen from a project's file; one whose file is not there keeps the way that it knew."""
    try:
        if not Path(link.source.path).is_file():
            return link
        relative = Path(os.path.relpath(link.source.path, project_path.absolute().parent)).as_posix()
    except (OSError, ValueError):  # another drive
        relative = ""
    return replace(link, relative=relative)


def find_data(link: DataLink, project_path: Path, also: Iterable[Path] = ()) -> FoundData | None:
    """Where the data are: where they were, as far from the project as before, beside it, or under another name.

    Args:
        link: What is sought.
        project_path: The project's file, wherever it is now.
        also: Further folders to look in, e.g. those of the recent files.

    Returns:
        A file with the same bytes; else the file at the old place, which holds something else; None where there is
        none. Content that the project carries is not looked at: see :func:`unpack_data`.
    """
    changed: Path | None = None
    for path in _places(link, project_path.absolute().parent, also):
        try:
            if not path.is_file():
                continue
            if not link.source.sha256 or (link.size in (-1, path.stat().st_size) and _hash(path) == link.source.sha256):
                return FoundData(path, same=True)
        except (OSError, ValueError):
            continue
        if changed is None and path.name == Path(link.source.path).name:
            changed = path
    return None if changed is None else FoundData(changed, same=False)


def unpack_data(link: DataLink, folder: Path) -> Path:
    """Write the data that a project carries into a folder, where they can be read; what is there already is kept.

    Raises:
        StudioError: The project carries none, or the folder cannot be written.
    """
    if link.content is None:
        raise StudioError("The project does not carry its data.", "Choose the file that they are in.")
    place = folder / link.source.sha256[:16]
    path = place / (_file_name(link.source.path) or "data")
    make_folder(place)
    try:
        there = path.is_file() and _hash(path) == link.source.sha256
    except OSError:
        there = False
    if not there:
        write_bytes(path, link.content)
    return path


def _hash(path: Path) -> str:
    """SHA-256 of a file's bytes in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _file_name(path: str) -> str:
    """The last part, whichever system wrote the path."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1].strip()
    return "" if name in (".", "..") or any(c in name for c in ':*?"<>|\0') else name


def _places(link: DataLink, folder: Path, also: Iterable[Path]) -> Iterator[Path]:
    yield Path(link.source.path)
    if link.relative:
        yield folder / link.relative
    name = _file_name(link.source.path)
    folders = [folder, folder / "data", *also]
    if name:
        yield from (place / name for place in folders)
    if not link.source.sha256:
        return
    looked_at = 0
    for place in folders:
        try:
            for path in place.iterdir():
                looked_at += 1
                if looked_at > _MOST_LOOKED_AT:
                    return
                if path.is_file() and path.stat().st_size == link.size:
                    yield path
        except OSError:
            continue
