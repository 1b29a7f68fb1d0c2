"""The versions of a project before the last save, kept beside it as ``name.gdstudio~1`` (newest) to ``~3``."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Final

KEPT: Final = 3


def previous_versions(path: Path) -> list[Path]:
    """The older versions that are there, newest first; they may be damaged like any file."""
    return [version for number in range(1, KEPT + 1) if (version := _version(path, number)).is_file()]


def keep_version(path: Path) -> str:
    """Keep what a file holds before it is replaced; the oldest version is given up.

    Returns:
        Empty, or a sentence that says why it could not be kept: that is no reason not to save.
    """
    newest = _version(path, 1)
    # A name beside the others, which no other save uses.
    copy = path.with_name(f".{path.name}~{os.getpid()}.part")
    try:
        if not path.exists() or (newest.exists() and path.samefile(newest)):
            return ""
        _copy(path, copy)
        for number in range(KEPT, 1, -1):
            with contextlib.suppress(FileNotFoundError):
                _version(path, number - 1).replace(_version(path, number))
        copy.replace(newest)
    except OSError as error:
        with contextlib.suppress(OSError):
            copy.unlink(missing_ok=True)
        return f"The version before this one could not be kept: {error.strerror or error}."
    return ""


def _copy(path: Path, copy: Path) -> None:
    """A second name for the same file costs nothing; where the disk knows none, a copy."""
    copy.unlink(missing_ok=True)
    try:
        os.link(path, copy)
    except OSError:
        shutil.copyfile(path, copy)


def _version(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}~{number}")
