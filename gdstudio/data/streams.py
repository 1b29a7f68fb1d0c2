"""A file's bytes, decompressed where it is compressed, with a bound on how many there can be."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.data.entry import IsCancelled, Progress

#: A compressed file may unfold to so many bytes, and to so many times its size (a real table reaches about 50).
MOST_BYTES = 8 << 30
MOST_RATIO = 1000
#: Small files may have any ratio: a megabyte of one letter harms nobody.
FREE_BYTES = 64 << 20

#: Bytes that are read at once.
READ_BYTES = 1 << 20

_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile, NotImplementedError)


def compression_of(head: bytes) -> str:
    """``gzip``, ``bzip2``, ``xz``, ``zip`` or empty, from a file's first bytes."""
    for magic, name in ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"PK\x03\x04", "zip")):
        if head.startswith(magic):
            return name
    return ""


class Bounded(io.RawIOBase):
    """Reads through, counting: reports progress, obeys a cancel, refuses more bytes than any table needs.

    Args:
        stream: The decompressed bytes.
        below: The file itself, whose position tells how far reading is.
        size: Bytes of the file.
        path: For messages.
    """

    def __init__(
        self, stream: IO[bytes], below: IO[bytes], size: int, path: Path, progress: Progress, cancelled: IsCancelled
    ) -> None:
        self._stream, self._below, self._size, self._path = stream, below, max(size, 1), path
        self._progress, self._cancelled = progress, cancelled
        self._bound = min(MOST_BYTES, max(FREE_BYTES, size * MOST_RATIO))
        self._plain = stream is below
        self._read = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; raises StudioError for a damaged or boundless file, Cancelled when asked to stop."""
        if self._cancelled():
            raise Cancelled
        try:
            count = self._fill(buffer)
        except _DAMAGE as error:
            raise _damaged(self._path, error) from None
        self._read += count
        if self._read > self._bound and not self._plain:
            raise StudioError(
                f"{self._path} unfolds to more than {self._bound >> 20:,} MB: too much for a table.",
                "Unpack it by hand to see what it holds.",
            )
        if self._plain and self._read > self._size:
            # A file that is written faster than it is read would never end.
            raise StudioError(f"{self._path} changed while it was read.", "Open it again when it is finished.")
        self._progress(min(self._below.tell() / self._size, 1.0))
        return count

    def _fill(self, buffer: Any) -> int:
        if self._plain:
            return cast("io.RawIOBase", self._stream).readinto(buffer) or 0
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _damaged(path: Path, error: Exception) -> StudioError:
    return StudioError(
        f"{path} is a damaged or cut-off compressed file: {str(error) or 'it ends too early'}.",
        "Copy or download it again.",
    )


@contextmanager
def open_plain(
    path: Path, progress: Progress = lambda share: None, cancelled: IsCancelled = lambda: False
) -> Iterator[IO[bytes]]:
    """A file's bytes, decompressed by what its first bytes say (a zip archive by its only file).

    Raises:
        StudioError: It cannot be opened or decompressed; also while it is being read.
    """
    try:
        with path.open("rb", buffering=0) as below:
            kind = compression_of(below.read(8))
            below.seek(0)
            with _unfolded(below, kind, path) as stream:
                bounded = Bounded(stream, below, path.stat().st_size, path, progress, cancelled)
                yield io.BufferedReader(bounded, READ_BYTES)
    except _DAMAGE as error:
        raise _damaged(path, error) from None
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror or error}.", "Check that you may read it.") from None


def holds_one_file(path: Path) -> bool:
    """Whether a zip archive holds a single file, so that it is but that file compressed."""
    try:
        with zipfile.ZipFile(path) as archive:
            return len(_members(archive)) == 1
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX/")]


@contextmanager
def _unfolded(below: IO[bytes], kind: str, path: Path) -> Iterator[IO[bytes]]:
    if kind == "gzip":
        with gzip.GzipFile(fileobj=below) as unzipped:
            yield cast("IO[bytes]", unzipped)
    elif kind == "bzip2":
        with bz2.BZ2File(below) as unzipped_bz2:
            yield unzipped_bz2
    elif kind == "xz":
        with lzma.LZMAFile(below) as unzipped_xz:
            yield unzipped_xz
    elif kind == "zip":
        with zipfile.ZipFile(below) as archive:
            names = _members(archive)
            if len(names) == 1 and names[0].flag_bits & 1:
                raise StudioError(f"{path} is protected by a password.", "Unpack it by hand.")
            if len(names) == 1:
                with archive.open(names[0]) as stream:
                    yield stream
            else:
                # Office files are archives too: their readers open them by themselves.
                below.seek(0)
                yield below
    else:
        yield below
