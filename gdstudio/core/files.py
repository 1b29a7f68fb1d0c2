"""Writing so that a file is always the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gdstudio.core.errors import StudioError

#: Windows: sharing violation, lock violation, access denied while a scanner or a viewer holds the file.
_PASSING_WINDOWS_ERRORS = (5, 32, 33)
_RETRY_SECONDS = 2.5
#: What a file system says that syncs no folders.
_NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM)


def write_atomic(path: Path, write: Callable[[Path], None], *, check: Callable[[Path], None] | None = None) -> None:
    """Have ``write`` fill a temporary file beside ``path``, make it durable, then put it in place.

    Args:
        path: The file that is to be replaced or made; its folder must exist.
        write: Fills the file whose path it is given.
        check: A last look at the durable temporary file, before it takes the old one's place; what it raises keeps
            the old one.

    Raises:
        StudioError: It could not be written; ``path`` then still holds what it held.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        os.close(handle)
        temporary = Path(name)
        try:
            write(temporary)
            # safetensors and pandas write without fsync: a power cut after the rename could leave an empty file.
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.chmod(0o666 & ~_umask())
            if check is not None:
                check(temporary)
            _replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise StudioError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Choose a folder that you may write to, with room on its disk.",
        ) from None


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends, atomically; raises StudioError like :func:`write_atomic`."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file's content atomically and read it back; raises StudioError like :func:`write_atomic`."""

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    def check(temporary: Path) -> None:
        if temporary.read_bytes() != content:
            raise OSError(errno.EIO, "what was written does not read back")

    write_atomic(path, write, check=check)


def make_folder(path: Path) -> None:
    """Make a folder that can be written to, with its parents.

    Raises:
        StudioError: It is a file, cannot be made, or cannot be written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with _probe(path):
            pass
    except FileExistsError:
        raise StudioError(f"{path} is a file, not a folder.", "Choose another name for the folder.") from None
    except OSError as error:
        raise StudioError(
            f"The folder {path} cannot be written: {error.strerror or error}.", "Choose another folder."
        ) from None


@contextlib.contextmanager
def _probe(folder: Path) -> Iterator[None]:
    with tempfile.TemporaryFile(dir=folder):
        yield


def _umask() -> int:
    """The process's umask; mkstemp made the file private, the person's other files are not."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _replace(temporary: Path, path: Path) -> None:
    deadline = time.monotonic() + _RETRY_SECONDS
    while True:
        try:
            temporary.replace(path)
            return
        except OSError as error:
            passing = getattr(error, "winerror", None) in _PASSING_WINDOWS_ERRORS
            if not passing or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    # Folders that may be entered and not listed, and many network drives, cannot be synced; their files can.
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NOT_FOR_FOLDERS:
            raise
    finally:
        os.close(handle)
