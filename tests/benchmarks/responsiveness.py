"""How late the window's event loop is while something trains with charts visible, and what the charts cost the run.

The purchase data, two features with the decision boundary, and two networks of the engine's own benchmark (small:
1,000 x 6, 64-64, batch 32; large: 100,000 x 28, 256-256, batch 1024). Those two are also run without a window, in
turn with the window's runs, for the ratio of their steps a second.

Run: ``python tests/benchmarks/responsiveness.py [seconds]``, on a screen or with ``QT_QPA_PLATFORM=offscreen``.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication
from training_speed import CASES, Case, dataset_of  # beside this file

from gdstudio.core.control import RunControl
from gdstudio.core.history import RunHistory
from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec, FileSource
from gdstudio.data.table import Table
from gdstudio.gui.app import create_main_window, warm_up
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.settings import WindowSettings
from gdstudio.training.run import run_experiment

INTERVAL = 0.005
Measure = Callable[[QApplication, float], np.ndarray]


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


def watched(application: QApplication, seconds: float) -> np.ndarray:
    """Let the window live as it does, without a timer that asks for Python's lock two hundred times a second."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()
    return np.empty(0)


def trained(
    application: QApplication, window: MainWindow, seconds: float, measure: Measure = lateness
) -> tuple[np.ndarray, float]:
    """Lateness while a run goes, and its steps a second."""
    window.session.start()
    until(application, lambda: len(window.session.history.steps) > 0)
    first, began = len(window.session.history.steps), time.perf_counter()
    late = measure(application, seconds)
    rate = (len(window.session.history.steps) - first) / (time.perf_counter() - began)
    window.session.stop()
    until(application, lambda: not window.session.busy)
    for run in window.session.runs:  # earlier curves would be drawn beside the next run's
        window.session.delete_run(run.id)
    return late, rate


def headless(spec: ExperimentSpec, table: Table, seconds: float) -> float:
    """Steps a second of the same run on a thread while the window's thread sleeps."""
    history, control = RunHistory(), RunControl()
    thread = threading.Thread(
        target=lambda: run_experiment(spec, table=table, control=control, history=history), name="headless"
    )
    thread.start()
    while not len(history.steps):
        time.sleep(0.001)
    first, began = len(history.steps), time.perf_counter()
    time.sleep(seconds)
    rate = (len(history.steps) - first) / (time.perf_counter() - began)
    control.cancel()
    thread.join()
    return rate


def beside_headless(application: QApplication, window: MainWindow, case: Case, folder: Path, seconds: float) -> None:
    """Rows of one case: the window's lateness and rate, and the median ratio of five turns to the headless rate."""
    spec, dataset = dataset_of(case)
    path = folder / f"{case.name}.csv"
    dataset.table.frame.to_csv(path, index=False)
    window.session.load(FileSource(path=str(path)))
    until(application, lambda: (t := window.session.table) is not None and t.name == path.name)
    names = ("model.hidden", "optimizer.kind", "optimizer.lr", "training.batch_size")
    window.session.edit({name: spec.get(name) for name in names} | {"training.epochs": 1_000_000})
    until(application, lambda: window.session.dataset is not None and window.session.dataset.table.name == path.name)
    lateness(application, 1.0)
    row(f"training {case.name}", *trained(application, window, seconds))
    ratios = []
    for _ in range(5):
        without = headless(window.session.spec, window.session.table, seconds)
        ratios.append(trained(application, window, seconds, watched)[1] / without)
    print(f"{'':28}{np.median(ratios):.3f} of the steps/s without a window (bound 0.95)")


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
        for case in (CASES[0], CASES[2]):
            beside_headless(application, window, case, Path(folder), seconds)
        window.close()


if __name__ == "__main__":
    main()
