"""The learning-rate range test: one run whose rate grows from tiny to huge.

Source: Smith (2017), Cyclical Learning Rates for Training Neural Networks, section 3.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdstudio.labs.entry import LabResult, Progress
from gdstudio.labs.picture import Picture, PictureSeries

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.registry import Settings
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset

Array = NDArray[np.float64]

#: How much of the smoothed loss is kept at each step.
_MEMORY = 0.9
#: Beyond this multiple of the lowest smoothed loss the test has seen enough.
_BLOWN_UP = 4.0
#: The loss that counts as falling lies this share of the whole fall below the start.
_BEGUN = 0.05
#: What is read off, and what it is called.
_PLACES = (
    ("suggested_rate", "suggested"), ("steepest_rate", "falls fastest"), ("lowest_loss_rate", "lowest loss"),
    ("begins_at", "begins to fall"), ("blown_up_rate", "blown up"),
)  # fmt: skip


def range_test(
    settings: Settings,
    spec: ExperimentSpec,
    dataset: Dataset,
    control: RunControl,
    progress: Progress,
    *,
    lowest: float,
    highest: float,
    steps: int,
) -> LabResult:
    """Train once, the rate growing by the same factor at each step, and read off where the loss falls.

    Args:
        settings: Of the laboratory.
        spec: The experiment; its schedule is left out, since the test is one.
        dataset: Of it.
        control: A cancel keeps what was seen.
        progress: Called with the share that is done.
        lowest: First rate.
        highest: Rate of the last step.
        steps: How many are wanted; a last epoch is taken whole.
    """
    from gdstudio.core.history import RunHistory
    from gdstudio.training.run import run_experiment

    size = spec.training.batch_size
    per_epoch = 1 if size == 0 or size >= len(dataset.train) else -(-len(dataset.train) // size)
    epochs = -(-steps // per_epoch)
    rates = np.geomspace(lowest, highest, steps)
    # The run is an ordinary one, in which somebody sets another rate before every step.
    changes = [{"step": k + 1, "lr": float(rate)} for k, rate in enumerate(rates)]
    tested = spec.with_values(
        {
            "optimizer.lr": lowest, "schedule.kind": "constant", "training.lr_changes": changes,
            "training.epochs": epochs, "training.evaluate_every": epochs, "training.patience": 0,
            "training.checkpoint_seconds": 0,
        }
    )  # fmt: skip
    history = RunHistory()
    result = run_experiment(tested, dataset=dataset, control=control, history=history, health=False)
    table = history.steps.snapshot()
    # The steps that fill the last epoch keep the highest rate and tell nothing new.
    losses, used = table["train_loss"][:steps], table["learning_rate"][:steps]
    smooth = smoothed(losses)
    findings, sentences = judge(used, smooth)
    findings["status"] = result.status
    rows = [
        {"run": 0, "step": k + 1, "learning_rate": float(r), "loss": _known(value), "smoothed_loss": _known(s)}
        for k, (r, value, s) in enumerate(zip(used, losses, smooth, strict=True))
    ]
    summary = [
        {"what": label, "learning_rate": findings[key],
         "smoothed_loss": _known(smooth[int(np.abs(np.log(used / findings[key])).argmin())])}
        for key, label in _PLACES if findings.get(key) is not None
    ]  # fmt: skip
    progress(1.0)
    return LabResult(
        "learning_rate", settings, result.spec, summary, rows, (), findings, sentences, _picture(rows, findings),
    )  # fmt: skip


def smoothed(losses: Array) -> Array:
    """``(n,)`` running mean that forgets, corrected for its beginning as Adam's moments are."""
    mean, found = 0.0, np.empty(len(losses))
    for k, loss in enumerate(losses):
        mean = _MEMORY * mean + (1 - _MEMORY) * loss
        found[k] = mean / (1 - _MEMORY ** (k + 1))
    return found


def judge(rates: Array, smooth: Array) -> tuple[dict[str, Any], list[str]]:
    """Where the loss begins to fall, falls fastest, is lowest and blows up; and which rate that suggests.

    Args:
        rates: ``(n,)`` ascending.
        smooth: ``(n,)`` smoothed losses.
    """
    finite = np.isfinite(smooth)
    count = len(smooth) if finite.all() else int(np.argmin(finite))
    if count < 4:
        return {"suggested_rate": None}, ["The loss was no number from the first steps on: begin with a lower rate."]
    running = np.minimum.accumulate(smooth[:count])
    beyond = np.flatnonzero(smooth[:count] > _BLOWN_UP * np.abs(running) + 1e-12)
    end = int(beyond[0]) if len(beyond) else count
    blown = float(rates[min(end, len(rates) - 1)]) if end < len(rates) else None
    bottom = int(np.argmin(smooth[:end]))
    fall = float(smooth[0] - smooth[bottom])
    findings: dict[str, Any] = {
        "lowest_loss_rate": float(rates[bottom]), "blown_up_rate": blown, "steepest_rate": None, "suggested_rate": None,
    }  # fmt: skip
    if fall <= 0.01 * abs(float(smooth[0])) or bottom < 3:
        return findings, ["The loss did not fall at any of these rates: begin lower, or look at model and data."]
    slope = np.gradient(smooth[: bottom + 1], np.log(rates[: bottom + 1]))
    begun = int(np.flatnonzero(smooth[: bottom + 1] <= smooth[0] - _BEGUN * fall)[0])
    steepest = begun + int(np.argmin(slope[begun:]))
    # A tenth of the rate of the lowest loss is the usual caution; where the loss fell fastest even earlier, that one.
    suggested = min(float(rates[steepest]), float(rates[bottom]) / 10)
    findings.update(steepest_rate=float(rates[steepest]), begins_at=float(rates[begun]), suggested_rate=suggested)
    reason = "where the loss falls fastest" if suggested == rates[steepest] else "a tenth of where the loss was lowest"
    sentences = [
        f"Learning rate {suggested:.3g} is suggested: {reason}.",
        f"The smoothed loss began to fall at {rates[begun]:.3g}, fell fastest at {rates[steepest]:.3g} and was lowest "
        f"at {rates[bottom]:.3g}.",
        f"From {blown:.3g} on it had blown up."
        if blown is not None
        else "It never blew up: the highest rate could be higher.",
        "Each rate was used for one step only, so this finds the region; the runs of this laboratory tell how a rate "
        "does in the long run.",
    ]
    return findings, sentences


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _picture(rows: list[dict[str, Any]], findings: dict[str, Any]) -> Picture:
    x = [row["learning_rate"] for row in rows]
    top = _BLOWN_UP * max((row["smoothed_loss"] for row in rows[: max(1, len(rows) // 4)] if row["smoothed_loss"]),
                          default=1.0)  # fmt: skip

    def shown(name: str) -> list[float | None]:
        """Without the heights of the blow-up, which would flatten all the rest."""
        return [None if row[name] is None or row[name] > top else row[name] for row in rows]

    marks = [(findings[key], label) for key, label in _PLACES[:3] if findings.get(key) is not None]
    return Picture(
        "Loss while the learning rate grows at each step", "Learning rate", "Loss of the batch",
        [PictureSeries("each batch", x, shown("loss"), style="points"),
         PictureSeries("smoothed", x, shown("smoothed_loss"), style="curve")],
        x_log=True, marks=marks,
    )  # fmt: skip
