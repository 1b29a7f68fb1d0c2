"""The curves of a class against the rest in one form, so that one chart draws and one file holds any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gdstudio.evaluation.curves import (
    against_the_rest,
    calibration_curve,
    gain_curve,
    precision_recall_curve,
    roc_curve,
)
from gdstudio.evaluation.entry import UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions
from gdstudio.evaluation.threshold import Outcome

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClassCurve:
    """One class against the rest.

    Attributes:
        x, y: ``(m,)`` in the order in which the points are joined; NaN where there is none.
        thresholds: ``(m,)`` rows count as the class from this probability on; None where that makes no sense.
        summary: The number that sums the curve up, e.g. ``AUC 0.981``.
        counts: ``(m,)`` rows behind each point; None where every point is made from all rows.
        guessing: The height of guessing where that is a level line of this curve.
    """

    x: Floats
    y: Floats
    thresholds: Floats | None
    summary: str
    counts: NDArray[np.int64] | None = None
    guessing: float | None = None


@dataclass(frozen=True)
class CurveKind:
    """What a kind of curve is.

    Attributes:
        key, label: Its name, for programs and for people.
        x_label, y_label: The axes.
        columns: Names of x and y in a file.
        guide: What is drawn to compare with: the diagonal, or a level line.
        guide_label: What that is.
        make: ``(predictions, cls) -> ClassCurve``; raises UndefinedScoreError.
        point: Where an outcome lies on it; None where there is no such point.
        help: How it is read.
    """

    key: str
    label: str
    x_label: str
    y_label: str
    columns: tuple[str, str]
    guide: Literal["diagonal", "level"]
    guide_label: str
    make: Callable[[Predictions, str], ClassCurve]
    point: Callable[[Outcome], tuple[float, float] | None]
    help: str


def curves_of(
    kind: CurveKind, predictions: Predictions, classes: tuple[str, ...]
) -> tuple[Mapping[str, ClassCurve], Mapping[str, str]]:
    """The curves of some classes, and for those that have none the reason."""
    found: dict[str, ClassCurve] = {}
    reasons: dict[str, str] = {}
    for name in classes:
        try:
            found[name] = kind.make(predictions, name)
        except UndefinedScoreError as error:
            reasons[name] = error.reason
    return found, reasons


def thinned(curve: ClassCurve, most: int = 2_000) -> NDArray[np.intp]:
    """Points ``(k,)`` that draw the curve: ``most`` of them, spread evenly along its length, both ends among them."""
    count = len(curve.x)
    if count <= most:
        return np.arange(count)
    step = np.abs(np.diff(curve.x)) + np.abs(np.diff(curve.y)) / max(1.0, float(np.nanmax(np.abs(curve.y))))
    length = np.concatenate(([0.0], np.cumsum(np.nan_to_num(step))))
    return np.unique(np.append(np.searchsorted(length, np.linspace(0, length[-1], most)), count - 1))


def _roc(predictions: Predictions, cls: str) -> ClassCurve:
    made = roc_curve(predictions, cls)
    return ClassCurve(made.false_positive_rate, made.true_positive_rate, made.thresholds, f"AUC {made.area:.3f}")


def _precision_recall(predictions: Predictions, cls: str) -> ClassCurve:
    made = precision_recall_curve(predictions, cls)
    thresholds = np.append(made.thresholds, np.inf)
    return ClassCurve(
        made.recall, made.precision, thresholds, f"AP {made.average_precision:.3f}", guessing=made.share
    )  # fmt: skip


def _calibration(predictions: Predictions, cls: str) -> ClassCurve:
    made = calibration_curve(predictions, cls)
    is_class, share = against_the_rest(predictions, cls)
    brier = float(np.mean((share - is_class) ** 2))
    return ClassCurve(made.predicted, made.observed, None, f"Brier {brier:.4f}", counts=made.counts)


def _gain(predictions: Predictions, cls: str) -> ClassCurve:
    made = gain_curve(predictions, cls)
    tenth = float(np.interp(0.1, made.taken, made.gain))
    return ClassCurve(made.taken, made.gain, made.thresholds, f"{tenth:.0%} in the first 10 %")


def _lift(predictions: Predictions, cls: str) -> ClassCurve:
    made = gain_curve(predictions, cls)
    tenth = float(np.interp(0.1, made.taken, made.gain)) / 0.1
    summary = f"lift {tenth:.2f} in the first 10 %"
    return ClassCurve(made.taken, made.lift, made.thresholds, summary, guessing=1.0)


def _called(outcome: Outcome) -> float:
    return (outcome.true_positive + outcome.false_positive) / int(outcome.matrix.sum())


def _lift_point(outcome: Outcome) -> tuple[float, float] | None:
    called = _called(outcome)
    return (called, outcome.recall / called) if called else None


def _precision_point(outcome: Outcome) -> tuple[float, float] | None:
    called = outcome.true_positive + outcome.false_positive
    return (outcome.recall, outcome.precision) if called else None


KINDS: Mapping[str, CurveKind] = {
    kind.key: kind
    for kind in (
        CurveKind(
            "roc",
            "ROC curve",
            "False positive rate",
            "True positive rate",
            ("false_positive_rate", "true_positive_rate"),
            "diagonal",
            "guessing",
            _roc,
            lambda outcome: (1 - outcome.specificity, outcome.recall),
            "What share of the class is found, against what share of the others is taken for it, at every threshold. "
            "The upper left corner is perfect; the area under the curve (AUC) is the chance that a row of the class "
            "gets a higher probability than another row.",
        ),
        CurveKind(
            "precision_recall",
            "Precision and recall",
            "Recall",
            "Precision",
            ("recall", "precision"),
            "level",
            "guessing",
            _precision_recall,
            _precision_point,
            "How many of the called rows are right, against how many of the class are found. Tells more than the ROC "
            "curve where the class is rare.",
        ),
        CurveKind(
            "calibration",
            "Calibration",
            "Mean probability given",
            "Share that is of the class",
            ("predicted", "observed"),
            "diagonal",
            "taken at its word",
            _calibration,
            lambda outcome: None,
            "Of the rows that are given about 70 %, about 70 % should be of the class: on the diagonal the "
            "probabilities can be taken at their word. Larger points stand for more rows.",
        ),
        CurveKind(
            "gain",
            "Gain",
            "Share of the rows taken, highest probability first",
            "Share of the class that is found",
            ("taken", "gain"),
            "diagonal",
            "by chance",
            _gain,
            lambda outcome: (_called(outcome), outcome.recall),
            "Taking the rows with the highest probabilities first, how much of the class is found: who can only call "
            "a tenth of the customers reads off what that brings.",
        ),
        CurveKind(
            "lift",
            "Lift",
            "Share of the rows taken, highest probability first",
            "Times as many as by chance",
            ("taken", "lift"),
            "level",
            "by chance",
            _lift,
            _lift_point,
            "How many times as many rows of the class are found as by taking rows at random.",
        ),
    )
}
