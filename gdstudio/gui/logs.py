"""The log file: what Qt says, and every unexpected error with its traceback. Nothing of it leaves the machine."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_MOST_BYTES = 1_000_000
_KEPT_FILES = 3
_HARD_CRASH = "hard-crash-"
_MOST_TRACE = 20_000
_DAY = 86_400.0
_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
log = logging.getLogger(__name__)
qt_log = logging.getLogger("qt")


def start_logging(folder: Path) -> Path | None:
    """Write the log to a rotating file.

    Args:
        folder: Made where it is not there.

    Returns:
        The file; None where it cannot be written, which is no reason not to start.
    """
    path = folder / "gdstudio.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            path, maxBytes=_MOST_BYTES, backupCount=_KEPT_FILES, encoding="utf-8", delay=False
        )
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.INFO)
    logging.getLogger().addHandler(handler)
    logging.getLogger("gdstudio").setLevel(logging.INFO)
    log_qt_messages()
    return path


class HardCrashes:
    """Notes where the program was when it is ended from below Python, and finds what an earlier start has noted.

    Args:
        folder: Gets a file for each window that is open.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{_HARD_CRASH}{os.getpid()}.txt"
        self._file: TextIO | None = None

    def watch(self) -> None:
        """Begin; nothing happens where the file cannot be written."""
        with contextlib.suppress(OSError):
            self._file = self._path.open("w", encoding="utf-8")
            faulthandler.enable(self._file)

    def earlier(self) -> bool:
        """Whether an earlier window was ended so; where each thread was then goes to the log, once."""
        found = False
        for path in self._path.parent.glob(f"{_HARD_CRASH}*.txt"):
            with contextlib.suppress(OSError):
                text = path.read_text(encoding="utf-8", errors="replace") if path != self._path else ""
                old = time.time() - path.stat().st_mtime > _DAY
                if text or (old and path != self._path):
                    # Windows keeps the file of a window that is open.
                    path.unlink()
                if text:
                    found = True
                    log.warning("An earlier window ended with a hard crash:\n%s", text[:_MOST_TRACE])
        return found

    def end(self) -> None:
        """The program ends as it should."""
        if self._file is not None:
            faulthandler.enable(sys.stderr) if sys.stderr is not None else faulthandler.disable()
            self._file.close()
            with contextlib.suppress(OSError):
                self._path.unlink()
        self._file = None


def log_qt_messages() -> None:
    """Send what Qt itself has to say to the log ``qt`` instead of the terminal."""
    qInstallMessageHandler(_log_qt_message)


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    where = f" ({context.category})" if context.category and context.category != "default" else ""
    qt_log.log(_QT_LEVELS.get(kind, logging.WARNING), "%s%s", text, where)
