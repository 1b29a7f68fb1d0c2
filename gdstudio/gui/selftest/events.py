"""What both window steps need: an application, and waiting while its events are handled."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from gdstudio.selftest.step import Unmet

_PATIENCE_SECONDS = 120.0


def application() -> QApplication:
    """The application of this process, made on the first call."""
    found = QApplication.instance()
    return found if isinstance(found, QApplication) else QApplication(["gdstudio"])


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Handle events until it holds.

    Raises:
        Unmet: It takes minutes; ``what`` says what was waited for.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > until:
            raise Unmet(f"After {_PATIENCE_SECONDS:.0f} s {what} has not happened.")
        QApplication.processEvents()
        time.sleep(0.005)


def settle() -> None:
    """Handle what waits, deletions included."""
    for _ in range(3):
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
