"""How late the window's event loop is while a large table is read, prepared and explored in it.

Run: ``python tests/benchmarks/load_lateness.py [rows]``, on a screen or with ``QT_QPA_PLATFORM=offscreen``; a million
rows of 28 columns (about 290 MB) by default.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from load_table import write_table  # beside this file
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QTabWidget, QWidget

from gdstudio.core.spec import FileSource
from gdstudio.gui.app import create_main_window, warm_up
from gdstudio.gui.settings import WindowSettings

INTERVAL = 0.005


class Lateness:
    """Milliseconds by which a precise 5 ms timer fires late, for as long as something is going on."""

    def __init__(self, application: QApplication) -> None:
        self._application = application
        self._late: list[float] = []
        self._last = 0.0
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=round(1000 * INTERVAL))
        self._timer.timeout.connect(self._fire)

    def _fire(self) -> None:
        now = time.perf_counter()
        self._late.append(1000 * max(0.0, now - self._last - INTERVAL))
        self._last = now

    def during(self, name: str, going: object) -> None:
        """Run the event loop until ``going()`` is false, then print a line."""
        self._late.clear()
        self._last = began = time.perf_counter()
        self._timer.start()
        while going():  # type: ignore[operator]
            self._application.processEvents()
            time.sleep(0.0005)
        self._timer.stop()
        median, high, worst = np.percentile(self._late or [np.nan], [50, 99, 100])
        print(f"{name:28}{median:9.2f}{high:9.2f}{worst:9.2f}{time.perf_counter() - began:10.1f}", flush=True)


def main() -> None:
    """Print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    application = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        import gdstudio.paths

        gdstudio.paths.user_config = lambda: Path(folder)  # type: ignore[assignment]
        path = Path(folder) / "large.csv"
        write_table(path, rows)
        window = create_main_window(WindowSettings())
        window.resize(1280, 800)
        window.show()
        session = window.session
        while session.dataset is None:
            application.processEvents()
        warm: list[str] = []
        session.warmed_up.connect(warm.append)
        session.warm_up(warm_up)
        while not warm:
            application.processEvents()
        measured = Lateness(application)
        size = f"{path.stat().st_size / 1e6:.0f} MB"
        print(f"{size:28}{'median':>9}{'p99':>9}{'max':>9}{'seconds':>10}   (lateness in ms)")
        end = time.perf_counter() + 3
        measured.during("idle", lambda: time.perf_counter() < end)
        session.load(FileSource(path=str(path)))
        measured.during("reading", lambda: session.loading)
        prepared = lambda: session.dataset is not None and session.dataset.table is session.table  # noqa: E731
        measured.during("preparing", lambda: not prepared())
        explore = window.findChild(QWidget, "explore")
        for tabs in window.findChildren(QTabWidget):
            for page in map(tabs.widget, range(tabs.count())):
                if page is explore or page.isAncestorOf(explore):
                    tabs.setCurrentWidget(page)
        while not explore.busy:
            application.processEvents()
        measured.during("exploring", lambda: explore.busy)
        window.close()


if __name__ == "__main__":
    main()
