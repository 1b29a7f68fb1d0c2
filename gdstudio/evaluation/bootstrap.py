"""How far a score would move with other rows: percentile intervals from resampling them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.registry import registry
from gdstudio.core.spec import Task
from gdstudio.evaluation.entry import ScoreEntry, UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions
from gdstudio.evaluation.resampling import Resampling

Floats = NDArray[np.float64]

#: Rows times samples that are looked at together.
_CELLS = 2_000_000
#: Of more rows than these, samples are drawn from so many subsets of so many rows.
_WHOLE, _SUBSETS, _SUBSET = 50_000, 8, 20_000


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
        cancelled: Is asked between portions of draws; what was found until then is used.

    Returns:
        Score → interval; a score that is not defined on all rows, or in fewer than half of the samples, is left out.
    """
    positive = predictions.classes[-1] if task == "binary" else None
    entries = scores_of(task)
    values = {key: value_of(entry, predictions, positive) for key, entry in entries.items()}
    known = {key: value for key, value in values.items() if value is not None}
    drawn: dict[str, list[Floats]] = {key: [] for key in known}
    for samples in draws(predictions, resamples, seed):
        if cancelled():
            break
        for key, value in known.items():
            drawn[key].append(shifted(entries[key], samples, positive, value))
    made = {}
    for key, value in known.items():
        found = percentiles(drawn[key], resamples, level)
        if found is not None:
            low, high, count = found
            made[key] = Interval(value, low, high, level, count)
    return made


def scores_of(task: Task) -> Mapping[str, ScoreEntry]:
    """Every score that fits the task."""
    entries = {key: cast(ScoreEntry, entry) for key, entry in registry("scores").items()}
    return {key: entry for key, entry in entries.items() if task in entry.tasks}


def draws(predictions: Predictions, resamples: int, seed: int) -> Iterator[Resampling]:
    """Samples of as many rows as there are, drawn with replacement, in portions that fit into memory.

    Of many rows, each portion is drawn from a few thousand of them, so often that it has as many rows as there are:
    what such samples vary around is the score of those few thousand. Source: Kleiner, Talwalkar, Sarkar, Jordan
    (2014), A scalable bootstrap for massive data, Journal of the Royal Statistical Society B 76.
    """
    random = np.random.default_rng(seed)
    n = len(predictions)
    if n > _WHOLE:
        for place in range(_SUBSETS):
            rows = np.sort(random.choice(n, _SUBSET, replace=False))
            count = resamples // _SUBSETS + (place < resamples % _SUBSETS)
            if count:
                counts = random.multinomial(n, np.full(_SUBSET, 1 / _SUBSET), size=count)
                yield Resampling(_taken(predictions, rows), counts)
        return
    samples = Resampling(predictions, np.empty((0, n), dtype=np.int64))
    size = max(1, _CELLS // max(n, 1))
    for start in range(0, resamples, size):
        count = min(size, resamples - start)
        yield samples.with_counts(np.stack([np.bincount(random.integers(0, n, n), minlength=n) for _ in range(count)]))


def shifted(entry: ScoreEntry, samples: Resampling, positive: str | None, value: float) -> Floats:
    """``(b,)`` the score of each sample, moved from around the score of the rows it was drawn from to ``value``."""
    found = resampled(entry, samples, positive)
    own = value_of(entry, samples.predictions, positive)
    return found + (value - own) if own is not None else np.full(len(found), np.nan)


def resampled(entry: ScoreEntry, samples: Resampling, positive: str | None) -> Floats:
    """``(b,)`` the score of each sample, NaN where it has no value."""
    settings = entry.settings(kind=entry.key)
    if entry.resampled is not None:
        return entry.resampled(settings)(samples, positive)
    rows = np.arange(len(samples.predictions))
    values = [value_of(entry, _taken(samples.predictions, np.repeat(rows, one)), positive) for one in samples.counts]
    return np.array([np.nan if value is None else value for value in values])


def percentiles(drawn: list[Floats], resamples: int, level: float) -> tuple[float, float, int] | None:
    """Ends of the interval and the number of samples with a value; None where fewer than half have one."""
    values = np.concatenate(drawn) if drawn else np.empty(0)
    values = values[np.isfinite(values)]
    if not len(values) or 2 * len(values) < resamples:
        return None
    tail = 50 * (1 - level)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high), len(values)


def _taken(predictions: Predictions, rows: NDArray[np.int64]) -> Predictions:
    target, shares = predictions.target, predictions.probabilities
    return replace(
        predictions,
        rows=predictions.rows[rows],
        target=None if target is None else target[rows],
        prediction=predictions.prediction[rows],
        probabilities=None if shares is None else shares[rows],
    )


def value_of(entry: ScoreEntry, predictions: Predictions, positive: str | None) -> float | None:
    """A score of these rows; None where it has no value."""
    score = entry.build(entry.settings(kind=entry.key))
    try:
        with warnings.catch_warnings():
            # A class that is missing from a sample is not news: such a sample gives the score no value.
            warnings.simplefilter("ignore")
            found = float(score(predictions, positive))
    except (UndefinedScoreError, ValueError):
        return None
    return found if np.isfinite(found) else None
