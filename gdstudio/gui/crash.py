"""Errors that nobody foresaw: every one is logged, the first opens a dialog, the others are counted in it.

The log is the one channel: whatever logs an error with its traceback, in whichever thread, is heard here. So the hooks
below only log, and background work need not know that there is a dialog.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from pathlib import Path

    from gdstudio.gui.dialogs.crash import CrashDialog
    from gdstudio.gui.session import Session

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Incident:
    """One error.

    Attributes:
        what: Its kind and message, in one line.
        trace: The traceback as text.
        thread: Name of the thread in which it was raised.
        place: File and line that raised it; with the kind, what makes two errors the same.
        at: When, as a local time.
    """

    what: str
    trace: str
    thread: str
    place: str
    at: str = field(default_factory=lambda: time.strftime("%H:%M:%S"))


class _Listener(logging.Handler):
    """Hears what the program, not a library, logs with a traceback."""

    def __init__(self, heard: Callable[[Incident], object]) -> None:
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("gdstudio") and record.exc_info and record.exc_info[1] is not None:
            self._heard(incident(record.exc_info[1], record.threadName or ""))


def incident(error: BaseException, thread: str = "") -> Incident:
    """An error as it is reported."""
    frames = traceback.extract_tb(error.__traceback__)
    kind = type(error).__name__
    said = str(error).strip().splitlines()
    return Incident(
        what=f"{kind}: {said[0][:300]}" if said else kind,
        trace="".join(traceback.format_exception(error)),
        thread=thread,
        place=f"{kind} {frames[-1].filename}:{frames[-1].lineno}" if frames else kind,
    )


class CrashReports(QObject):
    """Opens one dialog for what nobody foresaw; the program goes on behind it.

    The same error is shown once: one that comes back with every redraw would leave no moment to save. All are logged.

    Args:
        window: The dialog's parent, closed when the person quits.
        kept: Says what is not lost, as sentences.
        log_file: Shown by the dialog; None where there is none.
    """

    _heard = Signal(object)

    def __init__(self, window: QWidget, kept: Callable[[], str], log_file: Path | None) -> None:
        super().__init__(window)
        self._window, self._kept, self._log_file = window, kept, log_file
        self._seen: set[str] = set()
        self._dialog: CrashDialog | None = None
        # Queued always: a dialog must not open inside of a paint event, nor in another thread.
        self._heard.connect(self._report, Qt.ConnectionType.QueuedConnection)
        self._listener = _Listener(self._heard.emit)
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)

    def install(self) -> None:
        """Hear of every error from now on; after pyqtgraph was imported, which sets hooks of its own."""
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._raised
        threading.excepthook = self._raised_in_thread
        sys.unraisablehook = self._raised_nowhere
        logging.getLogger().addHandler(self._listener)

    def uninstall(self) -> None:
        """Leave errors to Python again."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        logging.getLogger().removeHandler(self._listener)

    def _raised(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):  # Ctrl+C in the terminal
            self._window.close()
            return
        log.critical("Unexpected error", exc_info=(kind, error, trace))

    def _raised_in_thread(self, raised: threading.ExceptHookArgs) -> None:
        if raised.exc_value is not None and not issubclass(raised.exc_type, SystemExit):
            log.critical("Unexpected error", exc_info=(raised.exc_type, raised.exc_value, raised.exc_traceback))

    def _raised_nowhere(self, raised: sys.UnraisableHookArgs) -> None:
        error = raised.exc_value or raised.exc_type()
        what = raised.err_msg or "Exception ignored in"
        log.error("%s %r", what, raised.object, exc_info=(raised.exc_type, error, raised.exc_traceback))

    @Slot(object)
    def _report(self, found: Incident) -> None:
        if self._dialog is not None:
            self._dialog.add(found)
        elif found.place not in self._seen:
            from gdstudio.gui.dialogs.crash import CrashDialog

            self._dialog = CrashDialog(found, self._kept(), self._log_file, self._window)
            self._dialog.quit_wanted.connect(self._window.close)
            self._dialog.finished.connect(self._closed)
            self._dialog.open()
        self._seen.add(found.place)

    @Slot()
    def _closed(self) -> None:
        self._dialog = None


def what_is_kept(session: Session) -> str:
    """What an unexpected error has not taken, as sentences."""
    kept = ["The experiment on screen is still there."]
    ended = len(session.runs)
    if ended:
        kept.append(f"So {'is the run' if ended == 1 else f'are the {ended:,} runs'} that ended.")
    if session.busy:
        every = session.run_spec.training.checkpoint_seconds
        kept.append("The run that was going goes on." + (f" It is kept every {every:g} s." if every else ""))
    return " ".join(kept)


def show_fatal(error: BaseException, log_file: Path | None) -> None:
    """Say why the window could not be made, which nobody would see where there is no terminal."""
    from gdstudio.gui.dialogs.crash import CrashDialog

    log.critical("The window cannot be made", exc_info=error)
    dialog = CrashDialog(incident(error, "MainThread"), "Your files were not touched.", log_file)
    dialog.quit_wanted.connect(dialog.reject)
    dialog.exec()
