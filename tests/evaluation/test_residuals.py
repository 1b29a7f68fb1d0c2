"""Q–Q plots against scipy, prediction intervals against their promise, columns as places on an axis."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

from gdstudio.evaluation.entry import UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions
from gdstudio.evaluation.residuals import axis_values, coverage, prediction_interval, quantile_plot


def missing_by(residual: np.ndarray, predicted: np.ndarray | None = None) -> Predictions:
    predicted = np.zeros(len(residual)) if predicted is None else predicted
    return Predictions(np.arange(len(residual)), predicted + residual, predicted)


def test_quantiles_of_the_diabetes_residuals_equal_fillibens_formula():
    x, y = load_diabetes(return_X_y=True)
    predicted = LinearRegression().fit(x, y).predict(x)
    found = quantile_plot(missing_by(y - predicted, predicted))
    n = len(y)
    middle = stats.norm.ppf((np.arange(2, n) - 0.3175) / (n + 0.365))
    assert found.normal[1:-1] == pytest.approx(middle, abs=1e-12)
    assert found.normal[-1] == pytest.approx(stats.norm.ppf(0.5 ** (1 / n)))
    assert found.ordered == pytest.approx(np.sort(y - predicted))
    assert found.correlation == pytest.approx(np.corrcoef(found.normal, found.ordered)[0, 1])
    assert (found.slope, found.intercept) == pytest.approx(tuple(np.polyfit(found.normal, found.ordered, 1)))


@pytest.mark.parametrize("missed", [np.zeros(9), np.ones(2)])
def test_no_quantiles_say_why(missed):
    with pytest.raises(UndefinedScoreError):
        quantile_plot(missing_by(missed))


def test_the_interval_is_the_order_statistic_of_split_conformal_prediction():
    missed = np.random.default_rng(0).permutation(np.arange(1.0, 20)) * np.random.default_rng(1).choice([-1, 1], 19)
    found = prediction_interval(missing_by(missed), 0.9)
    # ceil(20 * 0.9) = 18: the 18th smallest of 1 … 19.
    assert (found.half_width, found.n) == (18.0, 19)
    assert coverage(found, missing_by(np.array([17.9, -18.0, 18.1, 0]))) == (3, 4)


def test_too_few_rows_for_the_level_are_told_how_many_it_takes():
    with pytest.raises(UndefinedScoreError, match="takes at least 99 rows, and there are 98"):
        prediction_interval(missing_by(np.arange(98.0)), 0.99)
    assert prediction_interval(missing_by(np.arange(99.0)), 0.99).half_width == 98


@pytest.mark.parametrize("level", [0.5, 0.9])
@pytest.mark.parametrize("draw", [lambda r, n: r.standard_t(2, n), lambda r, n: r.exponential(size=n) - 1])
def test_new_rows_are_held_as_often_as_promised_whatever_the_distribution(draw, level):
    random = np.random.default_rng(7)
    shares = []
    for _ in range(400):
        found = prediction_interval(missing_by(draw(random, 60)), level)
        held, count = coverage(found, missing_by(draw(random, 100)))
        shares.append(held / count)
    # Between level and level + 1 / (n + 1) on average (Lei et al., theorem 2), with three standard errors.
    error = 3 * np.std(shares) / np.sqrt(len(shares))
    assert level - error <= np.mean(shares) <= level + 1 / 61 + error


def test_columns_lie_on_an_axis():
    assert axis_values(pd.Series([1, 2, None])).values == pytest.approx([1, 2, np.nan], nan_ok=True)
    assert axis_values(pd.Series(["1.5", "2"], dtype=object)).values.tolist() == [1.5, 2.0]
    found = axis_values(pd.Series(["b", "a", None, "b"], dtype=object))
    assert found.names == ("b", "a")
    assert found.values == pytest.approx([0, 1, np.nan, 0], nan_ok=True)
    many = axis_values(pd.Series([f"k{i:02}" for i in range(30)] + ["k00"], dtype=object))
    assert len(many.names) == 20
    assert many.names[-1] == "all others"
    assert (many.values == 19).sum() == 11
    assert axis_values(pd.Series([True, False, True])).names == ("True", "False")
    assert axis_values(pd.Series([2, 1, 2]), category=True).names == ("2", "1")
    assert axis_values(pd.Series([2.0, 1.0, 2.0, None]), category=True).names == ("2", "1")
