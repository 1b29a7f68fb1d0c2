"""How late the window's event loop is while the purchase data train with charts visible, beside the idle figure.

Run: ``python tests/benchmarks/responsiveness.py [seconds]``, on a screen or with ``QT_QPA_PLATFORM=offscreen``.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from gdstudio.core.registry import registry
from gdstudio.gui.app import create_main_window, warm_up
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.settings import WindowSettings
from gdstudio.training.run import run_experiment

INTERVAL = 0.005


def lateness(application: QApplication, seconds: float) -> np.ndarray:
    """Milliseconds by which a precise 5 ms timer fires late."""
    late: list[float] = []
    timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=round(1000 * INTERVAL))
    last = time.perf_counter()

    def fire() -> None:
        nonlocal last
        now = time.perf_counter()
        late.append(max(0.0, now - last - INTERVAL))
        last = now

    timer.timeout.connect(fire)
    timer.start()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        application.processEvents()
        time.sleep(0.0005)
    timer.stop()
    return 1000 * np.array(late)


def row(name: str, late: np.ndarray, rate: float | None = None) -> None:
    """One line of the table."""
    median, high, worst = np.percentile(late, [50, 99, 100])
    steps = f"{rate:10,.0f}" if rate is not None else " " * 10
    print(f"{name:28}{median:9.2f}{high:9.2f}{worst:9.2f}{steps}")


def until(application: QApplication, condition: object) -> None:
    """Run the event loop until something holds."""
    while not condition():  # type: ignore[operator]
        application.processEvents()
        time.sleep(0.001)


def trained(application: QApplication, window: MainWindow, seconds: float) -> tuple[np.ndarray, float]:
    """Lateness while a run goes, and its steps a second."""
    window.session.start()
    until(application, lambda: len(window.session.history.steps) > 0)
    first, began = len(window.session.history.steps), time.perf_counter()
    late = lateness(application, seconds)
    rate = (len(window.session.history.steps) - first) / (time.perf_counter() - began)
    window.session.stop()
    until(application, lambda: not window.session.busy)
    return late, rate


def main() -> None:
    """Print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    application = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        import gdstudio.paths

        gdstudio.paths.user_config = lambda: Path(folder)  # type: ignore[assignment]
        window = create_main_window(WindowSettings())
        window.resize(1280, 800)
        window.show()
        until(application, lambda: window.session.dataset is not None)
        warm: list[str] = []
        window.session.warmed_up.connect(warm.append)
        window.session.warm_up(warm_up)
        until(application, lambda: warm)
        run_experiment(window.session.spec.with_values({"training.epochs": 1}))
        lateness(application, 1.0)
        print(f"{'':28}{'median':>9}{'p99':>9}{'max':>9}{'steps/s':>10}   (lateness in ms)")
        row("idle", lateness(application, seconds))
        window.session.edit({"training.epochs": 1_000_000})
        row("training purchase", *trained(application, window, seconds))
        window.session.load(registry("samples").settings("moons"))
        until(application, lambda: window.session.spec.data.source.kind == "moons" and not window.session.loading)
        lateness(application, 0.5)
        row("training moons, boundary", *trained(application, window, seconds))
        window.close()


if __name__ == "__main__":
    main()
