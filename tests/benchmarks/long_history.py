"""What drawing a run of a million steps costs: the training tab's own redraw and the painting, each time rows come.

Run: ``python tests/benchmarks/long_history.py [steps] [frames]``, on a screen or with ``QT_QPA_PLATFORM=offscreen``.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from gdstudio.core.history import EPOCH_COLUMNS, STEP_COLUMNS, RunHistory
from gdstudio.gui.app import create_main_window
from gdstudio.gui.settings import WindowSettings

#: Rows that come between two frames, at some 5,000 steps a second.
NEW_ROWS = 250
STEPS_PER_EPOCH = 100
BOUND_MS = 33


def grow(history: RunHistory, rows: int) -> None:
    """Steps and epochs of a noisy, falling loss."""
    draw = np.random.default_rng(len(history.steps))
    steps = np.arange(len(history.steps) + 1, len(history.steps) + 1 + rows, dtype=np.float64)
    loss = 1 / (1 + steps / 1000) + 0.1 * draw.random(rows)
    epochs = steps // STEPS_PER_EPOCH
    known = {"step": steps, "epoch": epochs, "train_loss": loss, "gradient_norm": loss, "seconds": steps}
    history.steps.append({name: known.get(name, np.full(rows, 0.01)) for name in STEP_COLUMNS})
    ends = steps[steps % STEPS_PER_EPOCH == 0]
    if len(ends):
        scores = {name: np.full(len(ends), 0.5) for name in EPOCH_COLUMNS}
        history.epochs.append({**scores, "step": ends, "epoch": ends // STEPS_PER_EPOCH, "seconds": ends})


def main() -> None:
    """Print the table."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    frames = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    application = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        import gdstudio.paths

        gdstudio.paths.user_config = lambda: Path(folder)  # type: ignore[assignment]
        window = create_main_window(WindowSettings())
        window.resize(1280, 800)
        window.show()
        while window.session.dataset is None:
            application.processEvents()
        tab = window.findChild(object, "tab.training")
        history = window.session.history
        grow(history, steps)
        tab.redraw()
        application.processEvents()
        taken = []
        for _ in range(frames):
            grow(history, NEW_ROWS)
            began = time.perf_counter()
            tab.refresh()
            application.processEvents()
            taken.append(1000 * (time.perf_counter() - began))
        median, high, worst = np.percentile(taken, [50, 99, 100])
        print(f"{steps:,} steps, all four charts redrawn and painted at once, ms a frame (bound {BOUND_MS})")
        print(f"median {median:.1f}   p99 {high:.1f}   max {worst:.1f}")
        window.close()


if __name__ == "__main__":
    main()
