"""The zip that a project file is: named members, each with its length and hash in ``manifest.json``.

``manifest.json`` says ``{"format", "schema_version", "program", "members": {name: {"size", "sha256"}}}`` and is
written first. Nothing is ever unpacked to disk while reading: members are read in portions into memory, and only
after everything that the archive claims about itself was found to be possible.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Final

from gdstudio import __version__
from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_atomic

FORMAT: Final = "gdstudio project"
MANIFEST: Final = "manifest.json"

#: Beyond this a zip needs its 64-bit extension, which no project uses.
MOST_BYTES: Final = 3 * 2**30
MOST_MEMBERS: Final = 20_000
#: The list of members at a zip's end may be so long.
_MOST_DIRECTORY = 4 * 2**20
_MOST_MANIFEST = 16 * 2**20
#: Unpacked, an archive may be so many times as long as the file, beyond a free allowance.
_MOST_RATIO = 20
_FREE_BYTES = 50 * 2**20
_PORTION = 2**20
#: Small members are compressed; large ones are numbers or data, which hardly shrink and would take long.
_COMPRESSED_BELOW = 2**20
_END_OF_ZIP = struct.Struct("<4s4H2LH")
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: What zipfile and zlib raise over bytes that are no zip's.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, UnicodeError, struct.error, ValueError, RuntimeError,
    OverflowError,
)  # fmt: skip


class DamagedError(StudioError):
    """The file is no project, or not a whole one any more."""


def write_archive(
    path: Path, members: Mapping[str, bytes], version: int, before: Callable[[], None] = lambda: None
) -> None:
    """Write members with their manifest, read everything back, then put it in the place of the old file.

    Args:
        path: The file; its folder must exist.
        members: Name → content.
        version: Schema version.
        before: Called when the new file is known to be good, before it replaces the old one.

    Raises:
        StudioError: It cannot be written, or is larger than a project may be; the old file is as it was.
    """
    total = sum(map(len, members.values()))
    if total > MOST_BYTES or len(members) > MOST_MEMBERS:
        raise StudioError(
            f"The project would be {total / 2**30:.1f} GB large, and {MOST_BYTES / 2**30:.0f} GB is the most.",
            "Link the data instead of keeping them in the project, or delete runs.",
        )
    entries = {name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in members.items()}
    manifest = {"format": FORMAT, "schema_version": version, "program": __version__, "members": entries}
    first = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file, zipfile.ZipFile(file, "w", allowZip64=False) as archive:
            for name, data in {MANIFEST: first, **members}.items():
                archive.writestr(_info(name, data), data)

    def check(temporary: Path) -> None:
        try:
            found = _read(temporary, _only_hash)
        except StudioError:
            raise OSError(errno.EIO, "what was written does not read back") from None
        if found[0] != manifest:
            raise OSError(errno.EIO, "what was written does not read back")
        before()

    write_atomic(path, write, check=check)


def read_archive(path: Path) -> tuple[int, dict[str, bytes]]:
    """The schema version and the members of an archive, every length and hash checked.

    Raises:
        DamagedError: It is none, is damaged, or claims what cannot be; says which.
        StudioError: It cannot be read.
    """
    manifest, members = _read(path, b"".join)
    return manifest["schema_version"], members


def _info(name: str, data: bytes) -> zipfile.ZipInfo:
    """Without a clock and a user, so that equal projects are equal files."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system = 3
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    small = len(data) < _COMPRESSED_BELOW and not name.endswith(".safetensors")
    # A reader refuses what grows much: text that shrinks beyond that is left as it is.
    if small and len(data) <= _MOST_RATIO * len(zlib.compress(data)):
        info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _only_hash(portions: list[bytes]) -> bytes:
    return b""


def _read(path: Path, gather: Callable[[list[bytes]], bytes]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest and what ``gather`` makes of each member's portions."""
    try:
        with _opened(path) as file:
            _check_ends(path, file)
            with zipfile.ZipFile(file) as archive:
                return _members(path, archive, gather)
    except _BROKEN:
        raise _damaged(path) from None
    except MemoryError:
        raise StudioError(f"{path} does not fit into this machine's memory.", "Close other programs.") from None
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror or error}.") from None


def _opened(path: Path) -> IO[bytes]:
    """The file, once it is known to be one: opening a pipe would wait for ever."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise DamagedError(f"{path} is a folder, not a project.", "Choose a file that ends in .gdstudio.")
    if not stat.S_ISREG(mode):
        raise DamagedError(f"{path} is not a file.", "Choose a file that ends in .gdstudio.")
    return path.open("rb")


def _check_ends(path: Path, file: IO[bytes]) -> None:
    """Refuse what is no archive, is cut off, or has a list of members that is too long to look at."""
    size = os.fstat(file.fileno()).st_size
    begin = file.read(4)
    if begin != b"PK\x03\x04":
        what = "is empty" if not size else "is not a project file, whatever its name says"
        raise DamagedError(f"{path} {what}.", "Choose a file that this program has saved.")
    if size > MOST_BYTES + _MOST_DIRECTORY + _MOST_MANIFEST:
        raise DamagedError(f"{path} is larger than a project can be.")
    if size < _END_OF_ZIP.size:
        raise _damaged(path)
    file.seek(size - _END_OF_ZIP.size)
    mark, _, _, _, count, length, start, comment = _END_OF_ZIP.unpack(file.read(_END_OF_ZIP.size))
    if mark != b"PK\x05\x06" or comment or start + length + _END_OF_ZIP.size != size:
        raise _damaged(path)
    if length > _MOST_DIRECTORY or count > MOST_MEMBERS + 1:
        raise DamagedError(f"{path} claims to hold more parts than a project can have.")
    file.seek(0)


def _members(
    path: Path, archive: zipfile.ZipFile, gather: Callable[[list[bytes]], bytes]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    infos = archive.infolist()
    _check_claims(path, infos, path.stat().st_size)
    by_name = {info.filename: info for info in infos}
    if MANIFEST not in by_name or by_name[MANIFEST].file_size > _MOST_MANIFEST:
        raise DamagedError(f"{path} is an archive, but not of a project.", "Choose a file that this program has saved.")
    manifest = _manifest(path, _portions(path, archive, by_name.pop(MANIFEST)))
    entries = manifest["members"]
    if entries.keys() != by_name.keys():
        odd = sorted(entries.keys() ^ by_name.keys())[0]
        raise DamagedError(f"{path} is damaged: its list of parts and its parts differ, first in {odd[:80]!r}.")
    members = {}
    for name, info in by_name.items():
        portions = _portions(path, archive, info)
        digest = hashlib.sha256()
        for portion in portions:
            digest.update(portion)
        if entries[name] != {"size": info.file_size, "sha256": digest.hexdigest()}:
            raise DamagedError(f"{path} is damaged: {name} does not hold what was written.")
        members[name] = gather(portions)
    return manifest, members


def _check_claims(path: Path, infos: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse an archive for what it says of itself, before anything of it is unpacked."""
    seen: set[str] = set()
    for info in infos:
        name, kind = info.filename, stat.S_IFMT(info.external_attr >> 16)
        what = ""
        if name in seen:
            what = "twice"
        elif name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
            what = "which lies outside of it"
        elif info.flag_bits & _ENCRYPTED:
            what = "which is encrypted"
        elif kind not in (0, stat.S_IFREG) or info.is_dir():
            what = "which is a link, a folder or a device"
        elif info.compress_type not in _METHODS:
            what = "which is compressed in a way that no project is"
        elif info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
            what = "whose length is wrong"
        if what:
            raise DamagedError(
                f"{path} is no project that this program has saved: it holds {name[:80]!r}, {what}.",
                "Do not trust it; ask who made it for the project.",
            )
        seen.add(name)
    if sum(info.compress_size for info in infos) > size:
        raise _damaged(path)
    if sum(info.file_size for info in infos) > _FREE_BYTES + _MOST_RATIO * size:
        raise DamagedError(
            f"{path} would grow to {sum(info.file_size for info in infos) / 2**20:,.0f} MB from {size / 2**20:,.1f} MB:"
            " no project does.",
            "Do not trust it; ask who made it for the project.",
        )


def _portions(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> list[bytes]:
    """A member's content; never more than it claims."""
    portions, left = [], info.file_size
    with archive.open(info) as stream:
        while portion := stream.read(_PORTION):
            left -= len(portion)
            if left < 0:
                break
            portions.append(portion)
    if left:
        raise DamagedError(f"{path} is damaged: {info.filename[:80]!r} is not as long as it says.")
    return portions


def _manifest(path: Path, portions: list[bytes]) -> dict[str, Any]:
    try:
        manifest = json.loads(b"".join(portions))
    except (ValueError, RecursionError):
        raise _damaged(path) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise DamagedError(f"{path} is an archive, but not of a project.", "Choose a file that this program has saved.")
    version = manifest.get("schema_version")
    if type(version) is not int or version < 1 or not isinstance(manifest.get("members"), dict):
        raise _damaged(path)
    return manifest


def _damaged(path: Path) -> DamagedError:
    return DamagedError(f"{path} is damaged or cut off: it is not what was written.")
