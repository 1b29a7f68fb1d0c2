"""What a regression misses: whether it is normal, how it goes with a column, and how wide a prediction must be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.evaluation.curves import residuals
from gdstudio.evaluation.entry import UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions

Floats = NDArray[np.float64]

#: Categories that are told apart on an axis; the rest is one of them.
_MOST_CATEGORIES = 20


@dataclass(frozen=True, eq=False)
class QuantilePlot:
    """Residuals in order, against where a normal distribution would have put them.

    Attributes:
        normal: ``(n,)`` quantiles of the standard normal distribution, rising.
        ordered: ``(n,)`` residuals, rising.
        slope, intercept: Of the straight line through them by least squares: about the standard deviation and mean.
        correlation: Of the points with the line; 1 where the residuals are normal.
    """

    normal: Floats
    ordered: Floats
    slope: float
    intercept: float
    correlation: float


def quantile_plot(predictions: Predictions) -> QuantilePlot:
    """The normal Q–Q plot of the residuals.

    Source: Filliben (1975), The probability plot correlation coefficient test for normality, Technometrics 17: the
    places are his estimates of the order statistics' medians.

    Raises:
        UndefinedScoreError: There are fewer than three rows, predictions that are not finite, or equal residuals.
    """
    from scipy.stats import probplot  # type: ignore[import-untyped]

    missed = residuals(predictions).residual
    if len(missed) < 3:
        raise UndefinedScoreError("A Q–Q plot takes at least three rows.")
    if np.ptp(missed) == 0:
        raise UndefinedScoreError("Every residual of this part is the same, so there is no distribution to look at.")
    (normal, ordered), (slope, intercept, correlation) = probplot(missed)
    return QuantilePlot(normal, ordered, float(slope), float(intercept), float(correlation))


@dataclass(frozen=True)
class PredictionInterval:
    """Prediction ± ``half_width`` is to hold the target of a new row.

    Attributes:
        half_width: In the target's own unit.
        level: The share of new rows that it holds at least, on average over samples of rows.
        n: Rows that it was made from.
    """

    half_width: float
    level: float
    n: int


def prediction_interval(held: Predictions, level: float = 0.9) -> PredictionInterval:
    """The interval around a prediction, from residuals of rows that the model was not trained on.

    Source: split conformal prediction: Papadopoulos, Proedrou, Vovk, Gammerman (2002), Inductive confidence machines
    for regression; Lei, G'Sell, Rinaldo, Tibshirani, Wasserman (2018), Distribution-free predictive inference for
    regression, JASA 113, algorithm 2: half the width is the ⌈(n + 1) level⌉-th smallest absolute residual. It holds
    whatever the distribution is, as long as new rows are like these.

    Args:
        held: Rows that had no part in the training: the validation part. Where a run was stopped early by these very
            rows, the interval is a little too narrow.
        level: Share of new rows that are to be held, 0 … 1.

    Raises:
        UndefinedScoreError: There are too few rows for the level, or predictions that are not finite.
    """
    missed = np.sort(np.abs(residuals(held).residual))
    n = len(missed)
    # Rounded first: 10 * 0.9 is a hair above 9 in binary.
    place = math.ceil(round((n + 1) * level, 9))
    if place > n:
        needed = math.ceil(round(level / (1 - level), 9)) if level < 1 else 0
        takes = f"takes at least {needed:,} rows" if needed else "takes infinitely many rows"
        raise UndefinedScoreError(f"An interval of {level:.0%} {takes}, and there are {n:,}.")
    return PredictionInterval(float(missed[place - 1]), level, n)


def coverage(interval: PredictionInterval, predictions: Predictions) -> tuple[int, int]:
    """How many rows have their target within the interval, and of how many."""
    missed = np.abs(residuals(predictions).residual)
    return int((missed <= interval.half_width).sum()), len(missed)


@dataclass(frozen=True, eq=False)
class AxisValues:
    """A column as places on an axis.

    Attributes:
        values: ``(n,)``; NaN where the value is missing.
        names: For categories, what stands at 0, 1, 2, …; empty for numbers.
    """

    values: Floats
    names: tuple[str, ...] = ()


def axis_values(series: pd.Series[Any], *, category: bool = False) -> AxisValues:
    """A column for the axis of a chart: numbers as they are, categories by how frequent they are.

    Args:
        series: ``(n,)``.
        category: Whether it is one, also where its values look like numbers.
    """
    if not category and pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype):
        return AxisValues(series.to_numpy(dtype=np.float64, na_value=np.nan))
    if pd.api.types.is_float_dtype(series.dtype) and not (series.dropna() % 1).any():
        series = series.astype("Int64")  # missing values had made whole numbers into 1.0 and 2.0
    texts = series.astype("string")
    parsed = np.asarray(pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))
    numeric = not category and not pd.api.types.is_bool_dtype(series.dtype)
    if numeric and not np.isnan(parsed[texts.notna().to_numpy()]).any():
        return AxisValues(parsed)
    names = [str(name) for name in texts.value_counts().index]
    shown = (*names[: _MOST_CATEGORIES - 1], "all others") if len(names) > _MOST_CATEGORIES else tuple(names)
    codes = np.minimum(pd.Index(names).get_indexer(pd.Index(texts.fillna("\0"))), len(shown) - 1)
    return AxisValues(np.where(codes < 0, np.nan, codes.astype(np.float64)), shown)
