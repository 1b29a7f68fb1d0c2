"""Where things lie: resources in a source tree, a wheel or a frozen program; the user's own folders."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import platformdirs

_APP = "gdstudio"


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


def user_config() -> Path:
    """Where the user's settings are kept; not created here."""
    return platformdirs.user_config_path(_APP, appauthor=False)


def user_state() -> Path:
    """Where logs and autosaves are kept; not created here."""
    return platformdirs.user_state_path(_APP, appauthor=False)
