"""Partial dependence and individual conditional expectation (ICE) of one raw column.

Source: Friedman (2001), Greedy Function Approximation, Annals of Statistics 29, section 8.2; Goldstein, Kapelner,
Bleich, Pitkin (2015), Peeking Inside the Black Box, JCGS 24. Definitions are those of scikit-learn's
``partial_dependence(method="brute")``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.data.values import parsed, sorted_labels
from gdstudio.evaluation.explain.predictor import Floats, IsCancelled, Predictor, Progress, some_rows

#: Rows that are averaged over; more change the mean less than a line is wide.
SAMPLE_ROWS = 2_000
#: The grid leaves out the outermost rows at either end, where there is hardly anything to average over.
PERCENTILES = (0.05, 0.95)
#: Categories beyond this many commonest are left out of the picture.
MOST_CATEGORIES = 30


@dataclass(frozen=True, eq=False)
class Dependence:
    """What the model says on average as one column is set to each of several values.

    Attributes:
        column: The raw column.
        grid: ``(g,)`` numbers, or category names as objects.
        numeric: Whether the grid holds numbers.
        average: ``(g, c)`` mean over the rows: probabilities of the classes, or one value in the target's own unit.
        individual: ``(m, g, c)`` the same for single rows.
        individual_rows: ``(m,)`` places of those rows in the frame.
        observed: ``(m,)`` what the column holds in those rows, as in ``grid``.
        rows: Rows that were averaged over.
        of: Rows that there are.
    """

    column: str
    grid: NDArray[Any]
    numeric: bool
    average: Floats
    individual: Floats
    individual_rows: NDArray[np.intp]
    observed: NDArray[Any]
    rows: int
    of: int


def partial_dependence(
    predictor: Predictor,
    frame: pd.DataFrame,
    column: str,
    *,
    points: int = 50,
    individuals: int = 60,
    most_rows: int = SAMPLE_ROWS,
    progress: Progress = lambda share: None,
    cancelled: IsCancelled = lambda: False,
) -> Dependence:
    """Set one raw column to each value of a grid in every row, and average the predictions.

    Args:
        predictor: The model.
        frame: Raw rows.
        column: One of the preparation's raw columns.
        points: Grid points between the 5th and the 95th percentile; the values themselves where there are fewer.
        individuals: Rows that are also kept singly.
        most_rows: A larger frame is sampled, the same rows each time.
        progress: Called with the share that is done.
        cancelled: Asked before each grid point; once true, :class:`Cancelled` is raised.

    Raises:
        StudioError: The column holds nothing among these rows.
        Cancelled: ``cancelled`` said so.
    """
    preparation = predictor.preparation
    places = some_rows(len(frame), most_rows)
    some = frame.iloc[places]
    prepared = next(c for c in preparation.columns if c.name == column)
    numeric = prepared.kind in ("numeric", "transformed")
    grid: Any = _numbers(some[column], points) if numeric else _categories(some[column])
    if not len(grid):
        raise StudioError(f"The column {column!r} holds no value among these rows.", "Choose another column or part.")
    block = prepared.encode(pd.Series(grid, name=column))
    features = preparation.transform(some)
    inputs = predictor.inputs_of(column)
    kept = some_rows(len(some), individuals, seed=1)
    average, individual = [], []
    for index, row in enumerate(block):
        if cancelled():
            raise Cancelled
        features[:, inputs] = row
        values = predictor.values(features)
        average.append(values.mean(axis=0))
        individual.append(values[kept])
        progress((index + 1) / len(block))
    observed = parsed(some[column])[kept] if numeric else _names(some[column])[kept]
    names = grid if numeric else _names(pd.Series(grid))
    return Dependence(
        column=column,
        grid=names,
        numeric=numeric,
        average=np.array(average),
        individual=np.stack(individual, axis=1),
        individual_rows=places[kept],
        observed=observed,
        rows=len(some),
        of=len(frame),
    )


def _numbers(series: pd.Series[Any], points: int) -> Floats:
    """Evenly spaced numbers, or the different ones where there are fewer; as scikit-learn chooses them."""
    from scipy.stats.mstats import mquantiles  # type: ignore[import-untyped]

    values = parsed(series)
    values = values[np.isfinite(values)]
    different = np.unique(values)
    if len(different) < points:
        return different
    low, high = (float(q) for q in mquantiles(values, prob=PERCENTILES))
    # A column that is nearly always the same has no such range: its whole range is drawn.
    return np.linspace(low, high, points) if high > low else np.linspace(different[0], different[-1], points)


def _categories(series: pd.Series[Any]) -> list[Any]:
    """The commonest values as they stand in the column, in the order of their names."""
    counts = series.value_counts().head(MOST_CATEGORIES)
    values = dict(zip(_names(pd.Series(counts.index)), counts.index, strict=True))
    return [values[name] for name in sorted_labels(list(values))]


def _names(series: pd.Series[Any]) -> NDArray[Any]:
    """``(n,)`` what a person calls the values: whole numbers without a point, missing ones empty."""
    from gdstudio.data.values import labels

    codes, found = labels(series)
    return np.array([*found, ""], dtype=object)[codes]
