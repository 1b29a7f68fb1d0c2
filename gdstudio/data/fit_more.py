"""Fitting the prepared columns of :mod:`gdstudio.data.transforms` to the training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.spec import PreparationSpec, Task
from gdstudio.data.preparation import filling, scaling
from gdstudio.data.transforms import (
    DATE_PARTS,
    CappedColumn,
    DateColumn,
    TargetMeanColumn,
    TransformedColumn,
    date_parts,
    is_day_first,
    transformed,
)
from gdstudio.data.values import labels, sorted_labels

Floats = NDArray[np.float64]

#: Folds of the cross-fitting; fewer training rows cannot be cross-fitted.
FOLDS = 5


def needs_transform(how: PreparationSpec) -> bool:
    """Whether numbers are prepared in more than filling and scaling."""
    return how.clip != "none" or how.log or how.indicator


def fit_transformed(name: str, values: Floats, how: PreparationSpec) -> TransformedColumn:
    """From the training values ``(n,)``, some of which are there; missing ones are NaN."""
    present = values[~np.isnan(values)]
    low = high = None
    if how.clip == "quantiles":
        low, high = (float(q) for q in np.percentile(present, [1, 99]))
    elif how.clip == "fences":
        q1, q3 = np.percentile(present, [25, 75])
        low, high = float(q1 - 1.5 * (q3 - q1)), float(q3 + 1.5 * (q3 - q1))
    fill = filling(present, how)
    ready = transformed(np.where(np.isnan(values), fill, values), low, high, how.log)
    center, scale = scaling(ready, how.scale)
    indicator = how.indicator and bool(np.isnan(values).any())
    return TransformedColumn(
        name=name, fill=fill, low=low, high=high, log=how.log, center=center, scale=scale, indicator=indicator
    )


def fit_capped(name: str, seen: list[str], counts: dict[str, int], fill: str, most: int) -> CappedColumn:
    """The commonest ``most - 1`` of the categories, and one column for the others."""
    kept = sorted(seen, key=lambda category: -counts[category])[: most - 1]
    return CappedColumn(name=name, categories=tuple(sorted_labels(kept)), known=tuple(seen), fill=fill)


def fit_date(name: str, series: pd.Series[Any], train: NDArray[np.int64], how: PreparationSpec) -> DateColumn | None:
    """The parts that vary among the training rows; None where none does."""
    day_first = is_day_first(series)
    block = date_parts(series.iloc[train], DATE_PARTS, day_first)
    kept: dict[str, tuple[float, float, float]] = {}
    for part, values in zip(DATE_PARTS, block.T, strict=True):
        present = values[~np.isnan(values)]
        if len(present) and present.min() < present.max():
            fill = float(np.median(present))
            kept[part] = (fill, *scaling(np.where(np.isnan(values), fill, values), how.scale))
    if not kept:
        return None
    fills, centers, scales = zip(*kept.values(), strict=True)
    return DateColumn(name=name, parts=tuple(kept), fills=fills, centers=centers, scales=scales, day_first=day_first)


def fit_target_mean(
    name: str, series: pd.Series[Any], target: Any, task: Task, classes: tuple[str, ...], how: PreparationSpec
) -> tuple[TargetMeanColumn, Floats]:
    """The means, and the training rows' own cross-fitted values.

    A training row's value comes from the other folds alone: its own target would otherwise be part of its feature.
    Smoothing and folds are those of scikit-learn's TargetEncoder (Micci-Barreca 2001, empirical Bayes).

    Args:
        name: The column.
        series: ``(n,)`` its training values; missing ones form a category of their own while fitting.
        target: ``(n,)`` class numbers, or amounts.
        task: What the target asks for.
        classes: Class names.
        how: Scaling.

    Returns:
        The column, and ``(n, c)`` prepared values of the training rows.
    """
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import TargetEncoder

    codes, found = labels(series)
    # One target a column: amounts, the positive class, or each class against the rest.
    wanted = [target] if task == "regression" else [target == 1] if task == "binary" else _each(target, len(classes))
    blocks, means, overall, missing = [], [], [], []
    for one in wanted:
        folds = KFold(FOLDS, shuffle=True, random_state=0)
        encoder: Any = TargetEncoder(target_type="continuous", smooth="auto", cv=folds)
        blocks.append(encoder.fit_transform(codes[:, None].astype(np.int64), one.astype(np.float64))[:, 0])
        encoded = dict(zip(encoder.categories_[0], map(float, encoder.encodings_[0]), strict=True))
        overall.append(float(encoder.target_mean_))
        missing.append(encoded.get(-1, overall[-1]))
        means.append([encoded[code] for code in range(len(found))])
    crossed = np.stack(blocks, axis=1)
    width = crossed.shape[1]
    columns = [scaling(crossed[:, i], how.scale) for i in range(width)]
    suffixes = classes if width > 1 else (f"share of {classes[-1]}",) if classes else ("mean of the target",)
    column = TargetMeanColumn(
        name=name,
        categories=tuple(found),
        means=tuple(zip(*means, strict=True)),
        overall=tuple(overall),
        missing=tuple(missing),
        suffixes=suffixes,
        centers=tuple(c for c, _ in columns),
        scales=tuple(s for _, s in columns),
    )
    return column, column.scaled(crossed)


def _each(target: NDArray[np.int64], classes: int) -> list[NDArray[np.bool_]]:
    return [target == number for number in range(classes)]
