"""The composition root: makes the application, the theme, the session and the window, and ends them in order."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

import gdstudio
from gdstudio import paths
from gdstudio.gui.crash import CrashReports, show_fatal, what_is_kept
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.logs import HardCrashes, start_logging
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.preferences.control import enter_folder
from gdstudio.gui.session import Session
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.theme import Theme

log = logging.getLogger(__name__)

#: The exit code where the program itself has failed.
FAILED = 1
_SWITCH_SECONDS = 0.00002
#: What competes with the first painting waits so long.
_FIRST_PAINT_MILLISECONDS = 30


def create_main_window(settings: WindowSettings | None = None, first: Path | None = None) -> MainWindow:
    """The window, on the QApplication that exists and without a running event loop.

    Args:
        settings: What is remembered between starts.
        first: A file to open; the sample of the settings otherwise.
    """
    window = _make_window(settings or WindowSettings(), complete=True)
    QTimer.singleShot(0, window, lambda: window.begin_with(first))
    return window


def _make_window(settings: WindowSettings, *, complete: bool = False) -> MainWindow:
    """The window with what is seen at first, or with all."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise RuntimeError("a QApplication must exist")
    # The window's thread gives up Python's lock at every call into Qt and then waits for the thread that trains to
    # let go of it, which in turn waits for the window's at every call into torch. At Python's usual 5 ms a redraw of
    # many calls took ten times as long, and a small network lost half of its steps; at 0.2 ms it lost 9 % between
    # the frames of its charts, and at 0.02 ms 4 %.
    sys.setswitchinterval(_SWITCH_SECONDS)
    chosen = settings.preferences.values
    enter_folder(chosen.folder)
    theme = Theme(application, chosen.scheme, text_scale=chosen.text_scale, line_width=chosen.line_width)
    jobs = Jobs()
    session = Session(jobs)
    session.spec = settings.preferences.first_spec()
    with theme.unstyled():
        window = MainWindow(session, theme, settings, jobs)
        if complete:
            window.complete()
    jobs.setParent(window)
    session.setParent(window)
    theme.setParent(window)
    return window


def run(arguments: Sequence[str], seen: Callable[[], object] = lambda: None) -> int:
    """Open the window and run it until it is closed.

    Args:
        arguments: A file to open, if any.
        seen: Called when the window is there.

    Returns:
        The exit code.
    """
    QGuiApplication.setApplicationDisplayName("Gradient Descent Studio")
    application = QApplication(["gdstudio"])
    application.setApplicationName("gdstudio")
    application.setApplicationVersion(gdstudio.__version__)
    application.setDesktopFileName("gdstudio")
    application.setWindowIcon(QIcon(str(paths.resources() / "icons" / "gdstudio.png")))
    log_file = start_logging(paths.user_state())
    log.info("Gradient Descent Studio %s starts", gdstudio.__version__)
    crashes = HardCrashes(paths.user_state())
    # Before the folder for files is entered, from which a relative path would lead elsewhere.
    first = Path(arguments[0]).absolute() if arguments else None
    try:
        window = _make_window(WindowSettings())
    except Exception as error:
        show_fatal(error, log_file)
        return FAILED
    # After pyqtgraph was imported, which sets hooks of its own.
    reports = CrashReports(window, partial(what_is_kept, window.session), log_file)
    reports.install()
    crashes.watch()
    window.show()

    def go_on() -> None:
        seen()
        window.complete()
        if crashes.earlier():
            text = "The program ended without a word at an earlier start."
            window.session.message.emit("warning", text, f"Where it was then is in the log, {log_file}.")
        window.begin_with(first)
        # Torch takes seconds to import: the window is there first, and Start finds it warm.
        window.session.warm_up(warm_up)

    QTimer.singleShot(_FIRST_PAINT_MILLISECONDS, window, go_on)
    code = application.exec()
    reports.uninstall()
    crashes.end()
    return code


def warm_up(job: Job) -> str:
    """Have everything ready that the first run needs; returns what is known of CUDA."""
    from gdstudio.training.device import cuda_report
    from gdstudio.training.warm_up import warm_up as warm_up_training

    warm_up_training()
    return cuda_report().text
