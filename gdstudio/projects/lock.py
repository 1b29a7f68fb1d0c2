"""One window at a time edits a project: a lock file beside it, which says who has it.

The system's own lock on that file is what counts: it goes with its process, however that ends, so that nothing that
a crash leaves behind keeps anybody out. Where the disk has no such locks, or the file names another machine, whose
locks need not be seen from here, what stands in it is believed for a day.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import json
import os
import platform
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from gdstudio.core.errors import StudioError

#: Another machine's lock, or one on a disk without locks, is given up after so long.
_BELIEVED_SECONDS: Final = 24 * 3600.0
#: What a system says whose lock is held by another …
_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
#: Windows locks bytes for reading too: the one that is locked lies behind the text.
_LOCKED_BYTE = 1 << 30
_MOST_TEXT = 4_096


@dataclass(frozen=True)
class Holder:
    """Who has a project open.

    Attributes:
        pid: Their process.
        host: Their machine.
        user: Their name there.
        since: Seconds since 1970.
    """

    pid: int
    host: str
    user: str
    since: float


class LockedError(StudioError):
    """Another window has the project.

    Args:
        path: The project.
        holder: Who has it; None where that cannot be read.
    """

    def __init__(self, path: Path, holder: Holder | None) -> None:
        who = "another window"
        if holder is not None:
            where = "on this machine" if holder.host == platform.node() else f"on {holder.host}"
            since = time.strftime("%d %b %H:%M", time.localtime(holder.since))
            who = f"another window of {holder.user} {where}, since {since}"
        super().__init__(f"{path.name} is open in {who}.", "Open it read-only, or close it there first.")
        self.holder = holder


class FileLock:
    """A lock that its process holds on a file.

    Args:
        path: Made where it is not there, and removed on release.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """Whether it is held here."""
        return self._handle is not None

    def acquire(self, *, take_over: bool = False) -> bool:
        """Take it; False where another has it.

        Args:
            take_over: Take it also where only the text in the file says that another has it.

        Raises:
            OSError: The file cannot be made or written.
        """
        while self._handle is None:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
            try:
                state = _lock(handle)
                if state == "held" or (not take_over and _is_believed(_holder(handle), state)):
                    os.close(handle)
                    return False
                if not _is_at(handle, self.path):  # removed by the one who had it, between the two calls
                    os.close(handle)
                    continue
                mine = Holder(os.getpid(), platform.node(), _user(), time.time())
                os.lseek(handle, 0, os.SEEK_SET)
                os.ftruncate(handle, 0)
                os.write(handle, json.dumps(asdict(mine)).encode())
            except OSError:
                with contextlib.suppress(OSError):
                    os.close(handle)
                raise
            self._handle = handle
        return True

    def release(self) -> None:
        """Give it back; nothing happens where it is not held."""
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        with contextlib.suppress(OSError):
            if sys.platform == "win32":  # an open file cannot be removed there
                os.ftruncate(handle, 0)
            elif _is_at(handle, self.path):
                self.path.unlink()
        with contextlib.suppress(OSError):
            os.close(handle)
        if sys.platform == "win32":
            with contextlib.suppress(OSError):
                self.path.unlink()

    def holder(self) -> Holder | None:
        """Who stands in the file; None where nobody does."""
        try:
            handle = os.open(self.path, os.O_RDONLY)
        except OSError:
            return None
        try:
            return _holder(handle)
        finally:
            os.close(handle)


def lock_path(path: Path) -> Path:
    """The lock file of a project."""
    return path.with_name(f".{path.name}.lock")


def lock_project(path: Path, *, take_over: bool = False) -> FileLock:
    """Take a project for this window, until ``release()``.

    Args:
        path: The project; it need not be there yet.
        take_over: Take it from a window on another machine that is known to be gone.

    Raises:
        LockedError: Another window has it; says who.
        StudioError: Nothing can be written beside it: it can only be opened read-only.
    """
    lock = FileLock(lock_path(path))
    try:
        taken = lock.acquire(take_over=take_over)
    except OSError as error:
        raise StudioError(
            f"{path.name} can only be read: nothing can be written beside it ({error.strerror or error}).",
            "Save it under another name to change it.",
        ) from None
    if not taken:
        raise LockedError(path, lock.holder())
    return lock


def _lock(handle: int) -> str:
    """``taken``, ``held`` by another, or ``unknown`` on a disk without locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return "held" if error.errno in _HELD else "unknown"
    return "taken"


def _is_believed(holder: Holder | None, state: str) -> bool:
    """Whether what stands in the file keeps others out, although the system's lock does not."""
    if holder is None or not -_BELIEVED_SECONDS < time.time() - holder.since < _BELIEVED_SECONDS:
        return False
    if holder.host != platform.node():
        return True
    return state == "unknown" and holder.pid != os.getpid() and _is_alive(holder.pid)


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":  # os.kill would end the process; disks without locks are not met there
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _holder(handle: int) -> Holder | None:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        found = json.loads(os.read(handle, _MOST_TEXT))
        return Holder(int(found["pid"]), str(found["host"])[:80], str(found["user"])[:80], float(found["since"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _is_at(handle: int, path: Path) -> bool:
    """Whether the open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"
