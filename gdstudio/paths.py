"""Where things lie: resources in a source tree, a wheel or a frozen program; the user's own folders, the lab's."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import platformdirs

from gdstudio.core.errors import StudioError

_APP = "gdstudio"
#: A file or folder of one of these names beside the program makes it leave everything there.
_PORTABLE_MARKS = ("portable", "portable.txt")
_PORTABLE_FOLDER = "gdstudio-data"
_LAB_FILE = "lab-defaults.json"


@cache
def resources() -> Path:
    """The folder with icons, samples and the like.

    Frozen, it lies in the bundle; from a wheel, inside the package; from a source tree, beside it.
    """
    bundle = getattr(sys, "_MEIPASS", None)
    here = Path(__file__).resolve().parent
    candidates = ([Path(bundle) / "resources"] if bundle else []) + [here / "resources", here.parent / "resources"]
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"No resources folder in {', '.join(map(str, candidates))}: the installation is damaged.")


def program_folder() -> Path:
    """The folder that the program lies in: what is carried along on a stick.

    Frozen, it is the one with the executable (of a macOS bundle, the one with the bundle); from a source tree, the
    tree's; from a wheel, the environment's.
    """
    if getattr(sys, "frozen", False):
        executable = Path(sys.executable).resolve()
        bundle = next((parent for parent in executable.parents if parent.suffix == ".app"), None)
        return bundle.parent if bundle else executable.parent
    tree = Path(__file__).resolve().parent.parent
    return tree if (tree / "pyproject.toml").is_file() else Path(sys.prefix)


def portable_folder() -> Path | None:
    """Where a portable program keeps everything; None for one that is installed."""
    beside = program_folder()
    folder = beside / _PORTABLE_FOLDER
    return folder if folder.is_dir() or any((beside / name).exists() for name in _PORTABLE_MARKS) else None


def make_portable() -> Path:
    """Have the program keep everything beside itself, now and at every later start.

    Raises:
        StudioError: Nothing can be written there.
    """
    folder = program_folder() / _PORTABLE_FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise StudioError(
            f"The program cannot be made portable: {folder} cannot be made: {error.strerror or error}.",
            "Copy the program's folder to a place that you may write to, and start it there.",
        ) from None
    return folder


def user_config() -> Path:
    """Where the user's settings are kept; not created here."""
    portable = portable_folder()
    return portable / "config" if portable else platformdirs.user_config_path(_APP, appauthor=False)


def user_state() -> Path:
    """Where logs and autosaves are kept; not created here."""
    portable = portable_folder()
    return portable / "state" if portable else platformdirs.user_state_path(_APP, appauthor=False)


def lab_defaults() -> list[Path]:
    """Where a lab may lay its defaults, those of the system's place above those beside the program."""
    site = platformdirs.site_config_path(_APP, appauthor=False)
    return [program_folder() / _LAB_FILE, site / _LAB_FILE]
