"""The curves behind the scores: ROC, precision against recall, calibration, gain and lift, residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gdstudio.evaluation.classification import known_probabilities
from gdstudio.evaluation.entry import UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions
from gdstudio.evaluation.regression import known_values

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RocCurve:
    """One class against the rest.

    Attributes:
        false_positive_rate, true_positive_rate: ``(m,)``, from (0, 0) to (1, 1).
        thresholds: ``(m,)``: a row counts as the class from this probability on; the first is infinite.
        area: Area under the curve.
    """

    false_positive_rate: Floats
    true_positive_rate: Floats
    thresholds: Floats
    area: float


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """One class against the rest.

    Attributes:
        recall, precision: ``(m + 1,)``; the last point is (0, 1).
        thresholds: ``(m,)``, rising.
        average_precision: The score that sums the curve up.
        share: Share of the class: the precision of guessing.
    """

    recall: Floats
    precision: Floats
    thresholds: Floats
    average_precision: float
    share: float


@dataclass(frozen=True, eq=False)
class CalibrationCurve:
    """Whether rows that are given 70 % are right 70 % of the time.

    Attributes:
        predicted: ``(m,)`` mean probability of each bin that has rows.
        observed: ``(m,)`` share of its rows that are of the class.
        counts: ``(m,)`` rows of the bin.
    """

    predicted: Floats
    observed: Floats
    counts: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GainCurve:
    """What is found by taking the rows with the highest probabilities first; rows with equal ones go together.

    Attributes:
        taken: ``(m,)`` share of all rows that is taken, from 0 to 1.
        gain: ``(m,)`` share of the class that is among them.
        lift: ``(m,)`` how many times as many as by chance, ``gain / taken``; NaN where no row is taken.
        thresholds: ``(m,)``: rows are taken from this probability on; the first is infinite.
        share: Share of the class among all rows.
    """

    taken: Floats
    gain: Floats
    lift: Floats
    thresholds: Floats
    share: float


@dataclass(frozen=True, eq=False)
class Residuals:
    """What a regression misses.

    Attributes:
        rows: ``(n,)`` rows in the source.
        predicted: ``(n,)`` in the target's own unit.
        residual: ``(n,)`` target − prediction.
    """

    rows: NDArray[np.int64]
    predicted: Floats
    residual: Floats


def roc_curve(predictions: Predictions, cls: str) -> RocCurve:
    """The ROC curve of a class against the rest; points on a straight line are left out.

    Source: Fawcett (2006), An introduction to ROC analysis, Pattern Recognition Letters 27.

    Raises:
        UndefinedScoreError: There are no rows of the class, or no others.
    """
    from sklearn.metrics import auc
    from sklearn.metrics import roc_curve as sklearn_curve

    is_class, share = against_the_rest(predictions, cls)
    false_rate, true_rate, thresholds = sklearn_curve(is_class, share)
    return RocCurve(false_rate, true_rate, thresholds, float(auc(false_rate, true_rate)))


def precision_recall_curve(predictions: Predictions, cls: str) -> PrecisionRecallCurve:
    """Precision against recall of a class over all thresholds; raises as :func:`roc_curve` does.

    Source: Davis and Goadrich (2006), The relationship between Precision-Recall and ROC curves.
    """
    from sklearn.metrics import average_precision_score
    from sklearn.metrics import precision_recall_curve as sklearn_curve

    is_class, share = against_the_rest(predictions, cls)
    precision, recall, thresholds = sklearn_curve(is_class, share, drop_intermediate=True)
    area = float(average_precision_score(is_class, share))
    return PrecisionRecallCurve(recall, precision, thresholds, area, float(is_class.mean()))


def calibration_curve(predictions: Predictions, cls: str, bins: int = 10) -> CalibrationCurve:
    """Observed share against predicted probability, in bins of equal width; raises as :func:`roc_curve` does.

    Source: Niculescu-Mizil and Caruana (2005), Predicting good probabilities with supervised learning.
    """
    from sklearn.calibration import calibration_curve as sklearn_curve

    is_class, share = against_the_rest(predictions, cls)
    observed, predicted = sklearn_curve(is_class, share, n_bins=bins, strategy="uniform")
    edges = np.linspace(0.0, 1.0, bins + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], share), minlength=bins)
    return CalibrationCurve(predicted, observed, counts[counts > 0])


def gain_curve(predictions: Predictions, cls: str) -> GainCurve:
    """Cumulative gain and lift of a class; raises as :func:`roc_curve` does.

    Source: Vuk and Curk (2006), ROC curve, lift chart and calibration plot, Metodološki zvezki 3(1).
    """
    is_class, share = against_the_rest(predictions, cls)
    order = np.argsort(-share, kind="stable")
    found = np.cumsum(is_class[order])
    # Only the last row of equal ones: within them no order is known.
    last = np.append(np.flatnonzero(np.diff(share[order])), len(order) - 1)
    taken = np.concatenate(([0.0], (last + 1) / len(order)))
    gain = np.concatenate(([0.0], found[last] / found[-1]))
    with np.errstate(invalid="ignore"):
        lift = gain / taken
    thresholds = np.concatenate(([np.inf], share[order][last]))
    return GainCurve(taken, gain, lift, thresholds, float(is_class.mean()))


def residuals(predictions: Predictions) -> Residuals:
    """Target minus prediction of each row of a regression.

    Raises:
        UndefinedScoreError: There are no rows, or predictions that are not finite.
    """
    target, predicted = known_values(predictions)
    return Residuals(predictions.rows, predicted, target - predicted)


def against_the_rest(predictions: Predictions, cls: str) -> tuple[NDArray[np.bool_], Floats]:
    """Whether each row is of a class ``(n,)``, and the probability given to it ``(n,)``; both kinds of rows occur.

    Raises:
        UndefinedScoreError: There are no rows of the class, or no others.
    """
    target, shares = known_probabilities(predictions)
    column = predictions.classes.index(cls)
    is_class = target == column
    if not is_class.any():
        raise UndefinedScoreError(f"No row of this part is of the class {cls!r}.")
    if is_class.all():
        raise UndefinedScoreError(f"Every row of this part is of the class {cls!r}.")
    return is_class, shares[:, column]
