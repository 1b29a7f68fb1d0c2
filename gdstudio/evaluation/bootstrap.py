"""How far a score would move with other rows: percentile intervals from resampling them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from gdstudio.core.registry import registry
from gdstudio.core.spec import Task
from gdstudio.evaluation.entry import UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Interval:
    """A score with its interval.

    Attributes:
        value: On all rows.
        low, high: Ends of the interval.
        level: Its nominal coverage, e.g. 0.95.
        resamples: Samples that gave the score a value.
    """

    value: float
    low: float
    high: float
    level: float
    resamples: int


def bootstrap_intervals(
    predictions: Predictions,
    task: Task,
    *,
    resamples: int = 400,
    level: float = 0.95,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Mapping[str, Interval]:
    """Percentile intervals of every score that has a value.

    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 13.3. Rows are drawn with
    replacement; the model stays as it is, so what the training itself would vary is not in the interval.

    Args:
        predictions: With known targets.
        task: Decides which scores there are.
        resamples: How often rows are drawn.
        level: Nominal coverage.
        seed: Of the draws.
        cancelled: Is asked between two draws; what was found until then is used.

    Returns:
        Score → interval; a score that is not defined on all rows, or in fewer than half of the samples, is left out.
    """
    positive = predictions.classes[-1] if task == "binary" else None
    random = np.random.default_rng(seed)
    scores = {}
    for key, entry in registry("scores").items():
        if task in entry.tasks:  # type: ignore[attr-defined]
            scores[key] = entry.build(entry.settings(kind=key))
    drawn: dict[str, list[float]] = {key: [] for key in scores}
    values = {key: _value(score, predictions, positive) for key, score in scores.items()}
    for _ in range(resamples):
        if cancelled():
            break
        sample = _taken(predictions, random.integers(0, len(predictions), len(predictions)))
        for key, score in scores.items():
            if values[key] is not None and (found := _value(score, sample, positive)) is not None:
                drawn[key].append(found)
    tail = 50 * (1 - level)
    made = {}
    for key, value in values.items():
        if value is not None and 2 * len(drawn[key]) >= resamples:
            low, high = np.percentile(drawn[key], [tail, 100 - tail])
            made[key] = Interval(value, float(low), float(high), level, len(drawn[key]))
    return made


def _taken(predictions: Predictions, rows: np.ndarray) -> Predictions:
    target, shares = predictions.target, predictions.probabilities
    return replace(
        predictions,
        rows=predictions.rows[rows],
        target=None if target is None else target[rows],
        prediction=predictions.prediction[rows],
        probabilities=None if shares is None else shares[rows],
    )


def _value(score: Callable[..., float], predictions: Predictions, positive: str | None) -> float | None:
    try:
        with warnings.catch_warnings():
            # A class that is missing from a sample is not news: such a sample gives the score no value.
            warnings.simplefilter("ignore")
            found = float(score(predictions, positive))
    except (UndefinedScoreError, ValueError):
        return None
    return found if np.isfinite(found) else None
