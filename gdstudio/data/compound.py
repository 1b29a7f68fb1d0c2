"""A look at the sector chains of an old Office file (.xls) before a library follows them.

Source: Microsoft [MS-CFB], Compound File Binary File Format, sections 2.2 to 2.5.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Numbers from here on are no sectors, but say that a chain ends or that a sector is free.
_FIRST_SPECIAL: Final = 0xFFFFFFFA
_HEADER: Final = 512
#: Sectors of the table that the header itself names; files beyond this (about 7 MB) name more elsewhere.
_NAMED: Final = 109


def chains_loop(path: Path) -> bool:
    """Whether a chain of sectors comes back to itself, so that following it would never end.

    False for files of other kinds, and for what is too short to tell.
    """
    with path.open("rb") as stream:
        header = stream.read(_HEADER)
        if len(header) < _HEADER or not header.startswith(_MAGIC):
            return False
        (shift,) = struct.unpack_from("<H", header, 30)
        if shift not in (9, 12):
            return False
        size = 1 << shift
        (small_start,) = struct.unpack_from("<I", header, 60)
        (more,) = struct.unpack_from("<I", header, 68)
        tables = [s for s in struct.unpack_from(f"<{_NAMED}I", header, 76) if s < _FIRST_SPECIAL]

        def sector(number: int) -> tuple[int, ...]:
            stream.seek((number + 1) * size)
            found = stream.read(size)
            return struct.unpack(f"<{len(found) // 4}I", found[: len(found) // 4 * 4])

        seen: set[int] = set()
        while more < _FIRST_SPECIAL:
            if more in seen:
                return True
            seen.add(more)
            content = sector(more)
            if not content:
                break
            tables += [s for s in content[:-1] if s < _FIRST_SPECIAL]
            more = content[-1]
        large: list[int] = []
        for number in dict.fromkeys(tables):
            large += sector(number)
        if has_loop(large):
            return True
        small: list[int] = []
        while small_start < len(large):
            small += sector(small_start)
            small_start = large[small_start]
        return has_loop(small)


def has_loop(following: Sequence[int]) -> bool:
    """Whether walking from some number to the one that follows it never ends.

    Args:
        following: For each number the next; one beyond the last ends the walk.
    """
    done = bytearray(len(following))
    for start in range(len(following)):
        at, walked = start, []
        while at < len(following) and not done[at]:
            done[at] = 1
            walked.append(at)
            at = following[at]
        if at < len(following) and done[at] == 1:
            return True
        for number in walked:
            done[number] = 2
    return False
