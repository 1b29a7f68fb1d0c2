"""How late the event loop is while a million predictions open, sort, filter and are searched; and predicting to disk.

Run: ``python tests/benchmarks/predictions.py [rows]``, on a screen or with ``QT_QPA_PLATFORM=offscreen``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from gdstudio.core.spec import ExperimentSpec
from gdstudio.evaluation.predictions import Predictions
from gdstudio.gui.garbage import GarbageCollector
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.predictions import PredictionsTab
from gdstudio.gui.theme import Theme
from gdstudio.training.run import run_experiment

INTERVAL = 0.005
#: What a person still takes for at once, in milliseconds: a frame of a film is 42.
LIMIT = 100.0
_MEASURE = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "gdstudio", *sys.argv[1:]], check=True, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


class Lateness:
    """Milliseconds by which a precise 5 ms timer fires late, while it is on."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=round(1000 * INTERVAL))
        self._timer.timeout.connect(self._fire)
        self._last = 0.0

    def _fire(self) -> None:
        now = time.perf_counter()
        self.late.append(1000 * max(0.0, now - self._last - INTERVAL))
        self._last = now

    def during(self, application: QApplication, begin: Callable[[], object], busy: Callable[[], bool]) -> float:
        """Begin something and run the event loop until it is over and drawn; returns the seconds it took."""
        self.late = []
        self._last = time.perf_counter()
        self._timer.start()
        began = time.perf_counter()
        begin()
        while busy():
            application.processEvents()
            time.sleep(0.0003)
        seconds = time.perf_counter() - began
        end = time.perf_counter() + 0.3
        while time.perf_counter() < end:
            application.processEvents()
            time.sleep(0.0003)
        self._timer.stop()
        return seconds


def fake_result(rows: int) -> Any:
    """A result of so many test rows, with numbers, a category and free text beside them."""
    random = np.random.default_rng(0)
    numbers = {f"x{i}": random.normal(size=rows) for i in range(8)}
    kinds = np.array(["red", "green", "blue", "grey"], dtype=object)
    frame = pd.DataFrame(
        {
            **numbers,
            "kind": pd.Series(kinds[random.integers(0, 4, rows)]).astype("str"),
            "note": pd.Series(random.integers(0, 10**9, rows)).astype("str"),
        }
    )
    classes = ("no", "maybe", "yes")
    names = np.array(classes, dtype=object)
    shares = random.dirichlet([1, 1, 1], rows)
    target = random.integers(0, 3, rows)
    frame["bought"] = names[target]
    found = Predictions(np.arange(rows), names[target], names[shares.argmax(axis=1)], shares, classes)
    dataset = SimpleNamespace(
        table=SimpleNamespace(frame=frame), preparation=SimpleNamespace(target="bought"), classes=classes
    )
    return SimpleNamespace(predictions={"test": found}, dataset=dataset)


def window(rows: int) -> None:
    """The table of lateness."""
    application = QApplication([])
    theme = Theme(application, "light")
    jobs = Jobs()
    session = Session(jobs)
    # As in the program: objects are collected between events, never inside one.
    garbage = GarbageCollector(session)
    tab = PredictionsTab(session, theme, jobs)
    tab.resize(1000, 700)
    session.result = fake_result(rows)
    watch = Lateness()
    names = ["target", "prediction", "probability", "error", *(f"x{i}" for i in range(8)), "kind", "note"]

    def click(column: str) -> Callable[[], object]:
        return lambda: tab.view.horizontalHeader().sectionClicked.emit(names.index(column))

    def choose(key: str) -> Callable[[], object]:
        def work() -> None:
            combo = tab._bar._which
            combo.setCurrentIndex(combo.findData(key))
            combo.activated.emit(combo.currentIndex())

        return work

    steps: list[tuple[str, Callable[[], object]]] = [
        ("open", tab.show),
        ("sort by a number", click("x3")),
        ("sort by a number, down", click("x3")),
        ("sort by class", click("prediction")),
        ("sort by a category", click("kind")),
        ("sort by a million texts", click("note")),
        ("wrong only", choose("wrong")),
        ("least certain", choose("uncertain")),
        ("largest error", choose("error")),
        ("all rows", choose("all")),
        ("search a text", lambda: tab._bar._search.setText("gree")),
        ("search a number", lambda: tab._bar._search.setText("1.25")),
        ("scroll to the end", lambda: (tab._bar._search.clear(), tab.view.scrollToBottom())),
    ]
    print(f"{rows:,} rows{'':19}{'seconds':>9}{'median':>9}{'p99':>9}{'max':>9}   (lateness in ms)")
    worst = 0.0
    for name, begin in steps:
        seconds = watch.during(application, begin, lambda: tab.busy or tab.view.model() is None)
        median, high, most = np.percentile(watch.late, [50, 99, 100])
        worst = max(worst, most)
        print(f"{name:28}{seconds:9.2f}{median:9.2f}{high:9.2f}{most:9.2f}")
    print(f"Latest: {worst:.0f} ms; {'within' if worst <= LIMIT else 'ABOVE'} {LIMIT:.0f} ms")
    garbage.stop()
    jobs.shutdown()
    tab.close()


def disk(rows: int) -> None:
    """Seconds and peak memory of ``gdstudio predict`` on few rows, and on so many."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        run_experiment(ExperimentSpec().with_values({"training.epochs": 2})).save(place / "run")
        random = np.random.default_rng(0)
        for count in (1_000, rows):
            new = pd.DataFrame(
                {
                    "age": random.integers(18, 80, count),
                    "income": random.integers(15, 90, count) * 1000,
                    "education": np.array(["primary", "secondary", "bachelor"])[random.integers(0, 3, count)],
                }
            )
            new.to_csv(place / "new.csv", index=False)
            words = ["predict", str(place / "run"), "--data", str(place / "new.csv"), "--out", str(place / "out.csv")]
            began = time.perf_counter()
            # A small process in between: a child's peak begins with that of the process which started it.
            said = subprocess.run(
                [sys.executable, "-c", _MEASURE, *words], check=True, stdout=subprocess.PIPE, text=True
            ).stdout
            seconds = time.perf_counter() - began
            read, written = ((place / name).stat().st_size / 2**20 for name in ("new.csv", "out.csv"))
            print(
                f"predict {count:>9,} rows ({read:.0f} MB) to disk ({written:.0f} MB): {seconds:.1f} s, "
                f"peak memory {int(said) / 1024:.0f} MB"
            )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    disk(count)
    window(count)
