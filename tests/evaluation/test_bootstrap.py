"""Percentile intervals against draws made here, and against what theory says of a share."""

from __future__ import annotations

import numpy as np
import pytest

from gdstudio.evaluation.bootstrap import bootstrap_intervals
from gdstudio.evaluation.predictions import Predictions

NAMES = np.array(["no", "yes"], dtype=object)


def predictions(n: int, seed: int = 0) -> Predictions:
    random = np.random.default_rng(seed)
    codes = random.integers(0, 2, n)
    share = 1 / (1 + np.exp(-(2 * codes - 1 + random.normal(size=n))))
    called = NAMES[(share > 0.5).astype(int)]
    return Predictions(np.arange(n), NAMES[codes], called, np.column_stack([1 - share, share]), ("no", "yes"))


def test_the_interval_is_that_of_the_same_draws() -> None:
    made = predictions(150)
    found = bootstrap_intervals(made, "binary", resamples=200, seed=3)["accuracy"]
    right = made.target == made.prediction
    random = np.random.default_rng(3)
    drawn = [right[random.integers(0, 150, 150)].mean() for _ in range(200)]
    assert found.value == pytest.approx(right.mean())
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])))
    assert found.resamples == 200


def test_a_share_has_about_the_width_of_the_normal_approximation() -> None:
    made = predictions(2_000)
    found = bootstrap_intervals(made, "binary", resamples=400)["accuracy"]
    expected = 2 * 1.96 * np.sqrt(found.value * (1 - found.value) / 2_000)
    assert found.high - found.low == pytest.approx(expected, rel=0.2)


def test_a_score_without_a_value_has_no_interval() -> None:
    made = predictions(40)
    one_class = Predictions(
        made.rows, np.full(40, "yes", dtype=object), made.prediction, made.probabilities, made.classes
    )
    found = bootstrap_intervals(one_class, "binary", resamples=20)
    assert "roc_auc" not in found
    assert "accuracy" in found


def test_numbers_have_intervals_too() -> None:
    random = np.random.default_rng(0)
    target = random.normal(size=200)
    made = Predictions(np.arange(200), target, target + 0.1 * random.normal(size=200))
    found = bootstrap_intervals(made, "regression", resamples=50)
    assert found["r2"].low < found["r2"].value < found["r2"].high


def test_many_rows_have_the_width_of_the_normal_approximation_around_their_own_score() -> None:
    made = predictions(200_000)
    found = bootstrap_intervals(made, "binary")["accuracy"]
    expected = 1.96 * np.sqrt(found.value * (1 - found.value) / 200_000)
    assert (found.low + found.high) / 2 == pytest.approx(found.value, abs=0.3 * expected)
    assert found.high - found.low == pytest.approx(2 * expected, rel=0.2)
    assert found.resamples == 400
