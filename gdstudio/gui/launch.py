"""From a command line to a window, or to a sentence that says why there is none.

Qt aborts the whole process when its platform plugin cannot load, so what it needs is looked for first.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Sequence

#: Shared library → (Debian's package, Fedora's package) that a Linux desktop may lack.
_BASE_LIBRARIES = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl"),
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
}
_XCB_LIBRARIES = {
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
    "libxcb-xinerama.so.0": ("libxcb-xinerama0", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
}

NO_WINDOW = 2


def launch(arguments: Sequence[str]) -> int:
    """Open the window and run it until it is closed.

    Returns:
        The exit code: 0, or 2 where no window can be shown.
    """
    problem = missing_for_a_window(os.environ)
    if problem:
        print(f"gdstudio: {problem}", file=sys.stderr)  # noqa: T201
        return NO_WINDOW
    if sys.platform == "win32":
        # WORKAROUND: https://github.com/pytorch/pytorch/issues/166628 - torch >= 2.9 imported after Qt can fail
        # with WinError 1114, so there it comes first.
        import torch  # noqa: F401
    try:
        from gdstudio.gui.app import run
    except ImportError as error:
        print(f"gdstudio: The window cannot open: {error}.\n{_advice(_BASE_LIBRARIES.values())}", file=sys.stderr)  # noqa: T201
        return NO_WINDOW
    return run(list(arguments))


def missing_for_a_window(environment: os._Environ[str] | dict[str, str]) -> str:
    """Why no window can be shown here, and the command that mends it; empty where one can."""
    if not sys.platform.startswith("linux"):
        return ""
    platform = environment.get("QT_QPA_PLATFORM", "")
    needed = dict(_BASE_LIBRARIES)
    if platform.split(":")[0] in ("", "xcb") and environment.get("DISPLAY"):
        needed |= _XCB_LIBRARIES
    elif not platform and not environment.get("WAYLAND_DISPLAY"):
        return (
            "There is no display to open a window on.\n"
            "Run it on a desktop, or train without a window: gdstudio train --sample purchase --out runs/purchase"
        )
    missing = {name: packages for name, packages in needed.items() if not _loads(name)}
    if not missing:
        return ""
    return (
        f"The window needs system libraries that are not installed: {', '.join(missing)}.\n{_advice(missing.values())}"
    )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _advice(packages: Sequence[tuple[str, str]] | object) -> str:
    """The command that installs the packages with this system's own tool."""
    pairs = list(packages)  # type: ignore[call-overload]
    if shutil.which("dnf"):
        return f"Install them with: sudo dnf install {' '.join(sorted({p[1] for p in pairs}))}"
    return f"Install them with: sudo apt-get install {' '.join(sorted({p[0] for p in pairs}))}"
