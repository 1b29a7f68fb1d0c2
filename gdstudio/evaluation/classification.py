"""What the scores of classes share: checks, and precision, recall and F1 over one class or all."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.fields import setting
from gdstudio.evaluation.entry import Score, UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions

Average = Literal["auto", "macro", "weighted"]
Statistic = Literal["precision", "recall", "f1"]

_LABELS = {"auto": "Positive class, or macro", "macro": "Macro: every class alike", "weighted": "Weighted by rows"}


def average_setting() -> Any:
    """Over which classes a score is taken."""
    return setting(
        "auto",
        label="Over",
        help="The positive class where there are two classes and the plain mean over the classes otherwise; or always "
        "the plain mean; or the mean weighted by the number of rows of each class.",
        labels=_LABELS,
    )


def known_codes(predictions: Predictions) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Class numbers ``(n,)`` of target and prediction.

    Raises:
        UndefinedScoreError: There are no rows, a class that the model does not know, or outputs that are not finite.
    """
    if not len(predictions):
        raise UndefinedScoreError("There are no rows in this part.")
    if predictions.probabilities is not None and not np.isfinite(predictions.probabilities).all():
        raise UndefinedScoreError("The model's outputs are not finite numbers.")
    unknown = predictions.target_codes < 0
    if unknown.any():
        raise UndefinedScoreError(f"The model does not know the class of {unknown.sum()} of the {len(unknown)} rows.")
    return predictions.target_codes, predictions.prediction_codes


def counted_codes(predictions: Predictions) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The pairs of target and prediction that occur, and how often each does, ``(p,)`` each.

    All that counts rows is the same from these as from the rows, to the bit, however many there are.

    Raises:
        UndefinedScoreError: As :func:`known_codes` does.
    """
    target, predicted = known_codes(predictions)
    classes = len(predictions.classes)
    counts = np.bincount(target * classes + predicted, minlength=classes * classes)
    (pairs,) = np.nonzero(counts)
    return pairs // classes, pairs % classes, counts[pairs]


def known_probabilities(predictions: Predictions) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Class numbers ``(n,)`` of the target and probabilities ``(n, c)``; raises as :func:`known_codes` does."""
    target, _ = known_codes(predictions)
    if predictions.probabilities is None:
        raise UndefinedScoreError("The model gives no probabilities.")
    return target, predictions.probabilities


def need_every_class(target: NDArray[np.intp], classes: tuple[str, ...]) -> None:
    """Raises UndefinedScoreError where a class has no row, or there is only one class."""
    counts = np.bincount(target, minlength=len(classes))
    if np.count_nonzero(counts) == 1:
        only = classes[int(counts.argmax())]
        raise UndefinedScoreError(f"Every row of this part is of the class {only!r}; it takes rows of two classes.")
    for name, count in zip(classes, counts, strict=True):
        if not count:
            raise UndefinedScoreError(f"No row of this part is of the class {name!r}.")


def statistic(name: Statistic, average: Average) -> Score:
    """Precision, recall or F1 by scikit-learn.

    In an average a class for which it is not defined counts as 0, and one that is neither in the part nor predicted
    does not count: scikit-learn's defaults.
    """

    def score(predictions: Predictions, positive: str | None) -> float:
        from sklearn.metrics import precision_recall_fscore_support

        target, predicted, counts = counted_codes(predictions)
        one = average == "auto" and positive is not None
        labels = [predictions.classes.index(str(positive))] if one else np.union1d(target, predicted)
        over = None if one else "weighted" if average == "weighted" else "macro"
        values = precision_recall_fscore_support(
            target, predicted, labels=labels, average=over, sample_weight=counts, zero_division=0
        )
        if one:
            reason = undefined_reason(name, str(positive), (predicted == labels[0]).sum(), (target == labels[0]).sum())
            if reason:
                raise UndefinedScoreError(reason)
        value = values[("precision", "recall", "f1").index(name)]
        return float(value[0] if one else value)

    return score


def undefined_reason(name: Statistic, cls: str, predicted: int, actual: int) -> str:
    """Why a class has no precision, recall or F1; empty where it has."""
    if name == "precision" and not predicted:
        return f"The model never predicts the class {cls!r}, so there is nothing to be precise about."
    if name == "recall" and not actual:
        return f"No row of this part is of the class {cls!r}, so there is nothing to find."
    if name == "f1" and not predicted and not actual:
        return f"The class {cls!r} is neither in this part nor predicted."
    return ""
