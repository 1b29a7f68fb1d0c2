"""Probabilities that can be taken at their word: how far off they are, and one number that mends them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gdstudio.evaluation.classification import known_probabilities
from gdstudio.evaluation.entry import UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions

Floats = NDArray[np.float64]

#: Farther than this from 1, in either direction as a factor, no temperature is looked for.
_FARTHEST = 1e3
_SMALLEST = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Calibration:
    """How far probabilities are off; less is better in each.

    Attributes:
        log_loss: Mean −log of the probability given to the true class.
        brier: Mean of the squared distance between probabilities and truth, over all classes (Brier 1950, divided by
            2, so that it equals the usual score of two classes).
        error: Expected calibration error: distance between confidence and accuracy in 15 bins of equal width, weighted
            by rows (Guo et al. 2017, equation 3).
    """

    log_loss: float
    brier: float
    error: float


def calibration(predictions: Predictions, bins: int = 15) -> Calibration:
    """How far the probabilities are off.

    Raises:
        UndefinedScoreError: There are no rows, or no probabilities for them.
    """
    target, shares = known_probabilities(predictions)
    rows = np.arange(len(target))
    truth = np.zeros_like(shares)
    truth[rows, target] = 1.0
    confidence, right = shares.max(axis=1), shares.argmax(axis=1) == target
    place = np.clip(np.ceil(confidence * bins).astype(np.intp) - 1, 0, bins - 1)
    gap = np.bincount(place, right - confidence, minlength=bins)
    losses = -np.log(np.maximum(shares[rows, target], np.finfo(np.float64).eps))
    return Calibration(
        log_loss=float(losses.mean()),
        brier=float(((shares - truth) ** 2).sum(axis=1).mean() / 2),
        error=float(np.abs(gap).sum() / len(target)),
    )


def fit_temperature(predictions: Predictions) -> float:
    """The temperature that makes the log loss of these rows as small as possible; fit it on the validation part.

    Above 1 the model is too sure of itself, below 1 not sure enough. The order of the rows, and which class is the
    likeliest, stay as they are. Source: Guo, Pleiss, Sun, Weinberger (2017), On calibration of modern neural networks.

    Raises:
        UndefinedScoreError: There are no rows or probabilities, or every row is predicted right or all are wrong, so
            that no finite temperature is the best one.
    """
    from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]

    target, shares = known_probabilities(predictions)
    logits = np.log(np.maximum(shares, _SMALLEST))
    rows = np.arange(len(target))
    # The loss is convex in 1 / temperature. Its slope there tends to the mean of max z - z_y as that grows, and is the
    # mean of mean z - z_y where it is 0: it has a lowest point in between only where the one is > 0 and the other < 0.
    true = logits[rows, target]
    if not (logits.max(axis=1) - true).any():
        raise _no_temperature("right")
    if (logits.mean(axis=1) - true).mean() >= 0:
        raise _no_temperature("no more often right than by chance")

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        top = scaled.max(axis=1)
        return float((top + np.log(np.exp(scaled - top[:, None]).sum(axis=1)) - scaled[rows, target]).mean())

    reach = np.log(_FARTHEST)
    found = minimize_scalar(loss, bounds=(-reach, reach), method="bounded", options={"xatol": 1e-10})
    return float(np.exp(found.x))


def _no_temperature(why: str) -> UndefinedScoreError:
    return UndefinedScoreError(
        f"The predictions of these rows are {why} whatever the probabilities, so no temperature is the best one."
    )


def with_temperature(predictions: Predictions, temperature: float) -> Predictions:
    """The same predictions with their probabilities ``softmax(log p / temperature)``."""
    if predictions.probabilities is None:
        raise UndefinedScoreError("The model gives no probabilities.")
    scaled = np.log(np.maximum(predictions.probabilities, _SMALLEST)) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    return Predictions(predictions.rows, predictions.target, predictions.prediction, shares, predictions.classes)
