"""Milliseconds from the first click on Start, once all is warm, to the state Running, the first step and its curve.

Run: ``python tests/benchmarks/first_start.py [rounds]``, on a screen or with ``QT_QPA_PLATFORM=offscreen``. Each round
is a fresh program; what the first run of a process has to import or compile is what is looked for.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

SAMPLES = ("purchase", "moons", "diabetes", "digits")
BOUND = 200.0

WINDOW = """
import json, os, sys, tempfile, time
from pathlib import Path
import gdstudio.paths
folder = Path(tempfile.mkdtemp())
gdstudio.paths.user_config = gdstudio.paths.user_state = lambda: folder
from PySide6.QtWidgets import QApplication
from PySide6.QtGui import QAction
from gdstudio.core.registry import registry
from gdstudio.gui.app import create_main_window, warm_up
application = QApplication([])
window = create_main_window()
window.show()
session = window.session

def until(condition):
    while not condition():
        application.processEvents()
        time.sleep(0.0005)

warm = []
session.warmed_up.connect(warm.append)
until(lambda: session.dataset is not None)
session.load(registry("samples").settings(sys.argv[1]))
until(lambda: not session.loading and session.spec.data.source.kind == sys.argv[1])
until(lambda: session.dataset is not None and session.dataset.table is session.table)
session.warm_up(warm_up)
until(lambda: warm)
until(lambda: not window._jobs.busy)
quiet = time.perf_counter() + 1
until(lambda: time.perf_counter() > quiet)

times, late = {}, 0.0
running = lambda state: times.setdefault(state, time.perf_counter())
session.state_changed.connect(running)
action = window.findChild(QAction, "run.start")
last = began = time.perf_counter()
action.trigger()
while len(session.history.epochs) == 0 and session.state == "Running":
    application.processEvents()
    now = time.perf_counter()
    late, last = max(late, now - last), now
    if len(session.history.steps):
        times.setdefault("step", now)
    time.sleep(0.0005)
times.setdefault("step", time.perf_counter())
print(json.dumps({"running": times["Running"] - began, "step": times["step"] - began, "blocked": late}), flush=True)
os._exit(0)
"""


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"{'ms, median (worst)':16}{'Running':>16}{'first step':>18}{'window blocked':>18}")
    worst = 0.0
    for sample in SAMPLES:
        found = []
        for _ in range(rounds):
            done = subprocess.run(
                [sys.executable, "-c", WINDOW, sample], capture_output=True, text=True, check=True, env=os.environ
            )
            found.append(json.loads(done.stdout.splitlines()[-1]))
        cells = []
        for name in ("running", "step", "blocked"):
            values = [1_000 * row[name] for row in found]
            cells.append(f"{statistics.median(values):.0f} ({max(values):.0f})")
        worst = max(worst, max(1_000 * row["step"] for row in found))
        print(f"{sample:16}{cells[0]:>18}{cells[1]:>18}{cells[2]:>18}")
    print(f"worst first step {worst:.0f} ms (bound {BOUND:.0f} ms)")


if __name__ == "__main__":
    main()
