"""Whether a project's file is still what was read or written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

#: A zip ends with the checksums of all its members; of the manifest, they are those of everything.
_TAIL = 1 << 16


@dataclass(frozen=True)
class Fingerprint:
    """What tells two contents of a file apart.

    Attributes:
        size: Bytes.
        changed: When it was written, in nanoseconds since 1970.
        end: Hash of its last bytes.
    """

    size: int
    changed: int
    end: str


def fingerprint(path: Path) -> Fingerprint | None:
    """Taken after a save, and *before* a load; None where there is no file that can be read."""
    try:
        with path.open("rb") as file:
            status = path.stat()
            file.seek(max(0, status.st_size - _TAIL))
            end = hashlib.sha256(file.read(_TAIL)).hexdigest()
    except OSError:
        return None
    return Fingerprint(status.st_size, status.st_mtime_ns, end)


def disk_state(path: Path, since: Fingerprint) -> Literal["same", "changed", "gone"]:
    """Whether a file still holds what it held; cheap enough to ask each time the window comes to the front.

    A copy with another date is the same.
    """
    try:
        status = path.stat()
    except OSError:
        return "gone"
    if (status.st_size, status.st_mtime_ns) == (since.size, since.changed):
        return "same"
    now = fingerprint(path)
    if now is None:
        return "gone"
    return "same" if (now.size, now.end) == (since.size, since.end) else "changed"
