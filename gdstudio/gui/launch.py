"""From a command line to a window, or to a sentence that says why there is none.

Qt aborts the whole process when its platform plugin cannot load or its display does not answer, so both are
looked for first.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gdstudio import paths
from gdstudio.core.errors import StudioError
from gdstudio.gui.splash import OPTION, show_splash, splash


class _Packages(NamedTuple):
    """What brings one shared library."""

    debian: str
    fedora: str


#: What Qt links against that a Linux without a desktop may lack.
_BASE_LIBRARIES = {
    "libEGL.so.1": _Packages("libegl1", "libglvnd-egl"),
    "libGL.so.1": _Packages("libgl1", "libglvnd-glx"),
    "libX11.so.6": _Packages("libx11-6", "libX11"),
    "libxkbcommon.so.0": _Packages("libxkbcommon0", "libxkbcommon"),
    "libfontconfig.so.1": _Packages("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": _Packages("libfreetype6", "freetype"),
    "libdbus-1.so.3": _Packages("libdbus-1-3", "dbus-libs"),
    "libglib-2.0.so.0": _Packages("libglib2.0-0", "glib2"),
    "libgthread-2.0.so.0": _Packages("libglib2.0-0", "glib2"),
}
_XCB_LIBRARIES = {
    "libxcb.so.1": _Packages("libxcb1", "libxcb"),
    "libX11-xcb.so.1": _Packages("libx11-xcb1", "libX11-xcb"),
    "libxcb-cursor.so.0": _Packages("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": _Packages("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": _Packages("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": _Packages("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-randr.so.0": _Packages("libxcb-randr0", "libxcb"),
    "libxcb-render.so.0": _Packages("libxcb-render0", "libxcb"),
    "libxcb-render-util.so.0": _Packages("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-shape.so.0": _Packages("libxcb-shape0", "libxcb"),
    "libxcb-shm.so.0": _Packages("libxcb-shm0", "libxcb"),
    "libxcb-sync.so.1": _Packages("libxcb-sync1", "libxcb"),
    "libxcb-util.so.1": _Packages("libxcb-util1", "xcb-util"),
    "libxcb-xfixes.so.0": _Packages("libxcb-xfixes0", "libxcb"),
    "libxcb-xkb.so.1": _Packages("libxcb-xkb1", "libxcb"),
    "libxkbcommon-x11.so.0": _Packages("libxkbcommon-x11-0", "libxkbcommon-x11"),
}
_WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": _Packages("libwayland-client0", "libwayland-client"),
    "libwayland-cursor.so.0": _Packages("libwayland-cursor0", "libwayland-cursor"),
}

_HEADLESS = "Run it on a desktop, or train without a window: gdstudio train --sample purchase --out runs/purchase"

NO_WINDOW = 2


def launch(arguments: Sequence[str]) -> int:
    """Open the window and run it until it is closed.

    Args:
        arguments: A file, if any, and :data:`gdstudio.__main__.WINDOW_OPTIONS`.

    Returns:
        The exit code: 0, or 2 where no window can be shown.
    """
    options = [argument for argument in arguments if argument.startswith("--")]
    files = [argument for argument in arguments if argument not in options]
    if OPTION in options:
        return show_splash()
    problem = missing_for_a_window(os.environ) or _prepare_folders(options)
    if problem:
        return _complain(problem)
    if sys.platform != "win32":
        return _open_window(files, lambda: None)
    # WORKAROUND: https://github.com/pytorch/pytorch/issues/166628 - torch >= 2.9 imported after Qt can fail
    # with WinError 1114, so there it comes first.
    with splash() as shown:
        try:
            _import_torch()
        except (ImportError, OSError) as error:
            return _complain(f"PyTorch cannot be loaded: {error}.\nInstall the program again.")
        return _open_window(files, shown.end)


def _import_torch() -> None:
    import torch  # noqa: F401


def _prepare_folders(options: Sequence[str]) -> str:
    """Do what the options ask for; returns why that is not possible."""
    try:
        if "--portable" in options:
            paths.make_portable()
        if "--reset-settings" in options:
            from gdstudio.gui.preferences.files import set_settings_aside

            set_settings_aside(paths.user_config())
    except StudioError as error:
        return f"{error.message}\n{error.hint}"
    return ""


def _open_window(files: Sequence[str], seen: Callable[[], object]) -> int:
    # Imports make hundreds of thousands of objects that stay, and looking through them for garbage takes a twentieth
    # of the start; the window does its own collecting later.
    gc.disable()
    try:
        from gdstudio.gui.app import run
    except ImportError as error:
        if (error.name or "").startswith("gdstudio"):
            raise
        return _complain(_import_problem(error))
    try:
        return run(files, seen)
    finally:
        gc.enable()


def missing_for_a_window(environment: Mapping[str, str]) -> str:
    """Why no window can be shown here, with what mends it; empty where one can.

    Args:
        environment: The process's variables; on Linux they say which displays there are.
    """
    if not sys.platform.startswith("linux"):
        return ""
    asked = [name.split(":")[0] for name in environment.get("QT_QPA_PLATFORM", "").split(";") if name]
    unknown = [name for name in asked if not _has_platform(name)]
    if asked and len(unknown) == len(asked):
        return (
            f"QT_QPA_PLATFORM asks for {' or '.join(unknown)}, which this Qt does not have.\n"
            "Unset QT_QPA_PLATFORM to let Qt choose."
        )
    if any(name not in ("xcb", "wayland", "wayland-egl", *unknown) for name in asked):
        return _missing_libraries(_BASE_LIBRARIES)
    # Qt tries one after the other where nothing else is asked for, so one that works is enough.
    problems = []
    if (not asked or not {"wayland", "wayland-egl"}.isdisjoint(asked)) and _wayland_answers(environment):
        problems.append(_missing_libraries(_BASE_LIBRARIES | _WAYLAND_LIBRARIES))
    display = environment.get("DISPLAY", "")
    if (not asked or "xcb" in asked) and display:
        problem = _missing_libraries(_BASE_LIBRARIES | _XCB_LIBRARIES)
        if not problem and not _x_answers(display):
            problem = f"The display {display} does not answer.\n{_HEADLESS}"
        problems.append(problem)
    if not problems:
        return f"There is no display to open a window on.\n{_HEADLESS}"
    return "" if "" in problems else problems[0]


def _missing_libraries(needed: Mapping[str, _Packages]) -> str:
    missing = {name: packages for name, packages in needed.items() if not _loads(name)}
    if not missing:
        return ""
    return (
        f"The window needs system libraries that are not installed: {', '.join(missing)}.\n{_advice(missing.values())}"
    )


def _import_problem(error: ImportError) -> str:
    """What an import that failed asks for: a package of Python's, or a library of the system's."""
    if isinstance(error, ModuleNotFoundError):
        return (
            f"The window needs the Python package {error.name}, which is not installed.\n"
            "Install the program with what it needs: python -m pip install --editable ."
        )
    found = re.search(r"lib[\w.+-]+\.so[\d.]*", str(error))
    packages = _BASE_LIBRARIES.get(found.group()) if found else None
    advice = _advice([packages] if packages else _BASE_LIBRARIES.values())
    return f"The window cannot open: {error}.\n{advice if sys.platform.startswith('linux') else ''}"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_platform(name: str) -> bool:
    """Whether Qt has a plugin of that name; unknown names pass where Qt's own folder is not where wheels have it."""
    found = importlib.util.find_spec("PySide6")
    folder = Path(found.origin).parent / "Qt/plugins/platforms" if found and found.origin else None
    if folder is None or not folder.is_dir():
        return True
    return any(folder.glob(f"libq{re.sub(r'[^a-z0-9]', '', name.removesuffix('-egl'))}.so"))


def _wayland_answers(environment: Mapping[str, str]) -> bool:
    """Whether a compositor's socket is where the environment says."""
    name = environment.get("WAYLAND_DISPLAY", "")
    return bool(name) and (Path(environment.get("XDG_RUNTIME_DIR", "")) / name).is_socket()


def _x_answers(display: str) -> bool:
    """Whether an X server accepts a connection, asked through the same library that Qt uses."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(), None))  # always an object, with or without error
    try:
        return not xcb.xcb_connection_has_error(connection)
    finally:
        xcb.xcb_disconnect(connection)


def _advice(packages: Iterable[_Packages]) -> str:
    """The command that installs the packages with this system's own tool."""
    wanted = list(packages)
    if shutil.which("dnf"):
        return f"Install them with: sudo dnf install {' '.join(sorted({p.fedora for p in wanted}))}"
    return f"Install them with: sudo apt-get install {' '.join(sorted({p.debian for p in wanted}))}"


def _complain(problem: str) -> int:
    if sys.stderr is None:  # a Windows program without a console has nowhere to print
        ctypes.WinDLL("user32").MessageBoxW(None, problem.strip(), "Gradient Descent Studio", 0x10)
    else:
        print(f"gdstudio: {problem.strip()}", file=sys.stderr)  # noqa: T201
    return NO_WINDOW
