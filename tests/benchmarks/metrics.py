"""How late the event loop is while the Metrics tab shows a million rows and its threshold moves.

Run: ``python tests/benchmarks/metrics.py [rows]``, on a screen or with ``QT_QPA_PLATFORM=offscreen``.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from predictions import LIMIT, Lateness
from PySide6.QtWidgets import QApplication, QComboBox, QSlider

from gdstudio.core.spec import ExperimentSpec
from gdstudio.gui.garbage import GarbageCollector
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.metrics import MetricsTab
from gdstudio.gui.theme import Theme
from gdstudio.training.run import run_experiment


def trained(rows: int) -> Any:
    """A run whose test part has so many rows."""
    random = np.random.default_rng(0)
    count = round(rows / 0.8)
    x = random.normal(size=(count, 5))
    frame = pd.DataFrame(np.round(x, 4), columns=[f"x{i}" for i in range(5)])
    frame["bought"] = np.where(x @ [1, -2, 0.5, 0, 1] + random.normal(size=count) > 1, "yes", "no")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        frame.to_csv(path, index=False)
        spec = ExperimentSpec().with_values(
            {
                "data.source": {"kind": "file", "path": str(path)}, "data.target": "bought", "data.split.test": 0.8,
                "data.split.validation": 0.1, "training.epochs": 1, "training.batch_size": 4096,
            }
        )  # fmt: skip
        return run_experiment(spec, health=False)


def window(rows: int) -> None:
    """The table of lateness."""
    result = trained(rows)
    application = QApplication([])
    theme = Theme(application, "light")
    jobs = Jobs()
    session = Session(jobs)
    garbage = GarbageCollector(session)
    tab = MetricsTab(session, theme, jobs)
    tab.resize(1000, 700)
    session.result = result
    watch = Lateness()

    def choose(name: str, key: str) -> Callable[[], object]:
        def work() -> None:
            combo = tab.findChild(QComboBox, name)
            combo.setCurrentIndex(combo.findData(key))
            combo.activated.emit(combo.currentIndex())

        return work

    slider = tab.findChild(QSlider, "metrics.threshold.slider")

    def drag() -> None:
        for value in range(200, 800, 20):
            slider.setValue(value)
            application.processEvents()

    steps: list[tuple[str, Callable[[], object]]] = [
        ("open: intervals, linear model", lambda: (tab.show(), tab.refresh())),
        ("threshold and ROC curve", lambda: tab._pages.setCurrentWidget(tab.curves)),
        ("30 positions of the slider", drag),
        ("best threshold for F1", choose("metrics.goal", "f1")),
        *((key, choose("metrics.curve", key)) for key in ("precision_recall", "calibration", "gain", "lift")),
    ]
    print(f"{rows:,} test rows{'':17}{'seconds':>9}{'median':>9}{'p99':>9}{'max':>9}   (lateness in ms)")
    worst = 0.0
    for name, begin in steps:
        seconds = watch.during(application, begin, lambda: tab.busy)
        median, high, most = np.percentile(watch.late, [50, 99, 100])
        worst = max(worst, most)
        print(f"{name:32}{seconds:9.2f}{median:9.2f}{high:9.2f}{most:9.2f}", flush=True)
    began = time.perf_counter()
    for value in range(0, 1000, 10):
        slider.setValue(value)
    print(f"One move of the threshold: {10 * (time.perf_counter() - began):.2f} ms")
    print(f"Latest: {worst:.0f} ms; {'within' if worst <= LIMIT else 'ABOVE'} {LIMIT:.0f} ms")
    garbage.stop()
    jobs.shutdown()
    tab.close()


if __name__ == "__main__":
    window(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
