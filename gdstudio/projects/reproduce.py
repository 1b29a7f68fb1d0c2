"""Whether a run comes out the same again: it is trained anew, and every number is compared."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import safetensors.numpy

from gdstudio.core.control import Cancelled, RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.events import Listener, ignore
from gdstudio.core.history import RunHistory
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.projects.descents import SavedDescent, load_descent, save_descent
from gdstudio.projects.export.verify import first_difference
from gdstudio.training.minimize import minimize
from gdstudio.training.run import run_experiment
from gdstudio.training.run_folder import SavedRun, load_run

if TYPE_CHECKING:
    from gdstudio.data.table import Table

#: What environment.json knows that can change digits, and how a sentence speaks of it.
_CAUSES = {
    "data_hash": "the data", "device": "the device", "device_name": "the device's name", "threads": "the threads",
    "torch": "torch", "numpy": "NumPy", "pandas": "pandas", "scikit-learn": "scikit-learn",
    "gdstudio": "gdstudio", "processor": "the processor", "system": "the system", "python": "Python",
}  # fmt: skip
#: Measured by the clock: no two runs agree.
_CLOCK = ("seconds",)


@dataclass(frozen=True)
class Reproduction:
    """What training again showed.

    Attributes:
        identical: Whether every number is equal to the last bit.
        text: The same as a sentence; otherwise what differs first, and at which step.
        causes: What is other than it was and can explain a difference, a phrase each, e.g. ``"torch was 2.12.0 and is
            2.13.0"``.
    """

    identical: bool
    text: str
    causes: tuple[str, ...] = ()

    @property
    def explanation(self) -> str:
        """What the causes say of the difference; empty where there is none."""
        if self.identical:
            return ""
        if not self.causes:
            return "Versions, device, threads and data are what they were: nothing explains the difference."
        return f"That can be explained: {'; '.join(self.causes)}."


def reproduce(
    folder: Path,
    *,
    table: Table | None = None,
    control: RunControl | None = None,
    history: RunHistory | None = None,
    on_event: Listener = ignore,
) -> Reproduction:
    """Train a saved run, or walk a saved descent, again and compare.

    Of a run that was stopped by hand the steps that it took are compared.

    Args:
        folder: The run's folder; it is only read.
        table: Its data where they are loaded already.
        control: To give up.
        history: Where rows are written while it trains.
        on_event: Hears of the run's life.

    Raises:
        StudioError: The folder is no run, is damaged, or its data cannot be read.
        Cancelled: ``control`` said so.
    """
    control = control or RunControl()
    descent = load_descent(folder)
    if descent is not None:
        return _descend(descent, control, history)
    run = load_run(folder)
    before = run.environment  # a damaged folder is refused before the time is spent
    # Data that have changed are trained on all the same: what comes out says how much that matters.
    table = table or load_table(run.spec.data.source, verify=False)
    spec = run.spec.model_copy(
        update={"data": run.spec.data.model_copy(update={"source": table.source}),
                "training": run.spec.training.model_copy(update={"checkpoint_seconds": 0.0})}
    )  # fmt: skip
    result = run_experiment(
        spec, dataset=prepare(spec.data, table), control=control, history=history, on_event=on_event, health=False
    )
    if result.status == "cancelled":
        raise Cancelled
    with tempfile.TemporaryDirectory(prefix="gdstudio-again-") as name:
        again = Path(name) / "run"
        result.save(again)
        difference, said = _compare(run, again, run.status == "cancelled")
    causes = _changed(before, result.environment)
    return Reproduction(not difference, difference or said, () if not difference else causes)


def _descend(descent: SavedDescent, control: RunControl, history: RunHistory | None) -> Reproduction:
    result = minimize(descent.spec, control=control, history=history)
    if result.status == "cancelled":
        raise Cancelled
    with tempfile.TemporaryDirectory(prefix="gdstudio-again-") as name:
        save_descent(result, Path(name))
        want, got = (_table(place / "history.csv") for place in (descent.folder, Path(name)))
    if descent.status == "cancelled":
        got = got.iloc[: len(want)]
    difference = first_difference(want, got, "step", "this time")
    return Reproduction(not difference, difference or f"Identical: {len(want) - 1:,} steps are equal to the last bit.")


def _compare(run: SavedRun, again: Path, only_begun: bool) -> tuple[str, str]:
    """What differs first, and what is the same, each a sentence of which one is empty or not needed."""
    same = []
    for name, counts, word in (
        ("history.csv", "step", "steps"), ("epochs.csv", "epoch", "epochs"), ("predictions.csv", "row", "predictions"),
    ):  # fmt: skip
        if not (run.folder / name).exists() and not (again / name).exists():
            continue
        if only_begun and counts == "row":
            continue
        want, got = (_table(place / name).drop(columns=list(_CLOCK), errors="ignore") for place in (run.folder, again))
        # A version that measures more than the run's did measures the rest the same.
        got = got[[column for column in got.columns if column in want.columns]]
        if only_begun:
            got = got.iloc[: len(want)]
        difference = first_difference(want, got, counts, "this time")
        if difference:
            return difference, ""
        same.append(f"{len(want):,} {word}")
    if only_begun:
        return "", f"Identical as far as it went before it was stopped: {' and '.join(same)} are equal to the last bit."
    one, other = (safetensors.numpy.load_file(place / "model.safetensors") for place in (run.folder, again))
    unequal = next((n for n in one if n not in other or not np.array_equal(one[n], other[n], equal_nan=True)), "")
    if unequal:
        return f"Every step is equal, and the weights {unequal} are not.", ""
    return "", f"Identical: {', '.join(same)} and every weight are equal to the last bit."


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype="str", keep_default_na=False)
    except (OSError, ValueError):
        raise StudioError(f"{path} cannot be read.", "Train the run again from its spec.json.") from None


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """What is other than it was."""
    causes = []
    for key, word in _CAUSES.items():
        if key not in before or before[key] == now.get(key):
            continue
        if key == "data_hash":
            causes.append(
                f"the data have changed (their hash was {str(before[key])[:12]}… and is {str(now[key])[:12]}…)"
            )
        else:
            verb = "were" if key == "threads" else "was"
            causes.append(f"{word} {verb} {before[key]} and {'are' if key == 'threads' else 'is'} {now.get(key)}")
    return tuple(causes)
