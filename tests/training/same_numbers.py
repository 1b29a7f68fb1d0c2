"""What tests of quicker ways to train share: all numbers of a run, and control of it at a chosen moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sized
from typing import Any

import numpy as np

from gdstudio.core.control import RunControl
from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment


def numbers(
    spec: ExperimentSpec, dataset: Dataset, *, snapshots: bool = False, **options: Any
) -> dict[str, np.ndarray]:
    """All that must be equal to the bit; with the snapshots along the run, of which a resumed one has fewer."""
    history = RunHistory()
    result = run_experiment(spec, dataset=dataset, history=history, **options)
    found = {f"steps.{n}": c for n, c in history.steps.snapshot().items() if n != "seconds"}
    found |= {f"epochs.{n}": c for n, c in history.epochs.snapshot().items() if n != "seconds"}
    found |= {n: t.numpy() for n, t in result.model.state_dict().items()}
    for number, snapshot in enumerate(history.snapshots if snapshots else ()):
        found |= {f"snapshot {number}.{n}": v for n, v in snapshot.state.items()}
        found[f"snapshot {number}"] = np.array(snapshot.step)
    assert result.checkpoint is not None
    state = result.checkpoint.state["optimizer"]
    return found | {f"{n}.{k}": np.asarray(v) for n, entry in state.items() for k, v in entry.items()}


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    assert not [n for n in one if not np.array_equal(one[n], other[n], equal_nan=True)]


class CancelAfter(RunControl):
    """Cancels when ``noted`` has so many entries."""

    def __init__(self, noted: Sized, count: int) -> None:
        super().__init__()
        self.noted, self.count = noted, count

    @property
    def wanted(self) -> bool:
        if len(self.noted) >= self.count:
            self._cancelled = True
        return self._cancelled

    @wanted.setter
    def wanted(self, value: bool) -> None: ...


def interfere(spec: ExperimentSpec, dataset: Dataset, taken: Callable[[], int], enough: int) -> RunHistory:
    """Pause a run, take one step, change its rate, go on and end it, and look at its steps.

    Args:
        spec: With a rate that is not 0.02, and more epochs than will be needed.
        dataset: Its rows.
        taken: How much was taken in the way that is tested so far.
        enough: So much of it is waited for, before the pause and after it.
    """
    control, history = RunControl(), RunHistory()
    results: list[RunResult] = []
    thread = threading.Thread(
        target=lambda: results.append(run_experiment(spec, dataset=dataset, control=control, history=history))
    )
    thread.start()
    try:
        until(lambda: taken() > enough)
        control.pause()
        until(lambda: standing(history))
        there = len(history.steps)
        control.step()
        until(lambda: len(history.steps) == there + 1)
        control.set_learning_rate(0.02)
        control.resume()
        before = taken()
        until(lambda: taken() > before + enough)
    finally:
        control.cancel()
        thread.join()
    steps = history.steps.snapshot()
    assert np.array_equal(steps["step"], np.arange(1, len(steps["step"]) + 1))
    assert (np.diff(steps["seconds"]) >= 0).all()
    changed = int(np.argmax(steps["learning_rate"] == 0.02))
    assert changed in (there, there + 1)
    assert set(steps["learning_rate"][changed:]) == {0.02}
    (change,) = results[0].spec.training.lr_changes
    assert change.step == changed + 1
    return history


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def standing(history: RunHistory) -> bool:
    """Whether nothing is added for a while that is longer than any call."""
    before = len(history.steps)
    time.sleep(0.3)
    return len(history.steps) == before
