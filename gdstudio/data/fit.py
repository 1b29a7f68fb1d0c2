"""Fitting a preparation to the training rows, and saying in words what it does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ColumnSpec, DataSpec, PreparationSpec, Task
from gdstudio.data.fit_more import FOLDS, fit_capped, fit_date, fit_target_mean, fit_transformed, needs_transform
from gdstudio.data.preparation import (
    NumericColumn,
    OneHotColumn,
    OrderedColumn,
    Preparation,
    PreparedColumn,
    filling,
    scaling,
)
from gdstudio.data.transforms import DateColumn, TargetMeanColumn, TransformedColumn
from gdstudio.data.values import affirmative, labels, numbers, sorted_labels

#: So many prepared columns are refused: memory, and almost surely an identifier taken for a category.
_MOST_FEATURES = 20_000


def fit_preparation(
    spec: DataSpec, frame: pd.DataFrame, train: NDArray[np.int64], task: Task, classes: tuple[str, ...]
) -> tuple[Preparation, list[str], dict[str, NDArray[np.float64]]]:
    """Fit to the training rows.

    Args:
        spec: Resolved; its features are prepared in the frame's order.
        frame: All rows: what is checked (text among numbers) is checked everywhere.
        train: ``(n,)`` rows that are learned from.
        task: What the target asks for.
        classes: Class names in order; empty for a regression.

    Returns:
        The preparation; what it does to missing values and the like, as sentences; and by column the training rows'
        own values ``(n, c)``, where those are not what the preparation gives for new rows.

    Raises:
        StudioError: No feature is left, or a column's values do not fit its type.
    """
    columns: list[PreparedColumn] = []
    notes: list[str] = []
    crossed: dict[str, NDArray[np.float64]] = {}
    for name, column in spec.columns.items():
        if column.role != "feature":
            continue
        series = frame[name]
        how = spec.preparation.of(column)
        fitted: PreparedColumn | None
        if column.type == "category" and how.encode == "target_mean" and series.iloc[train].count() >= FOLDS:
            wanted = _target_values(frame[str(spec.target)].iloc[train], str(spec.target), task, classes)
            fitted, crossed[name] = fit_target_mean(name, series.iloc[train], wanted, task, classes, how)
        else:
            fitted = _fit_column(name, column, series, train, how)
        if fitted is None:
            lacking = (
                "do not vary" if column.type == "datetime" and series.iloc[train].notna().any() else "hold no values"
            )
            notes.append(f"'{name}' is left out: its training rows {lacking}.")
            continue
        columns.append(fitted)
        missing = int(series.isna().sum())
        if missing:
            notes.append(_filled(missing, name, fitted, how))
    if not columns:
        raise StudioError(
            "No feature is left to predict from: every column but the target is ignored or empty.",
            "Set the role of at least one column to feature.",
        )
    width = sum(len(c.feature_names) for c in columns)
    if width > _MOST_FEATURES:
        widest = max(columns, key=lambda c: len(c.feature_names))
        raise StudioError(
            f"The features would take {width:,} inputs, most of them for {widest.name!r} "
            f"({len(widest.feature_names):,} categories).",
            "Ignore columns with so many categories.",
        )
    target = str(spec.target)
    center, scale = 0.0, 1.0
    if task == "regression" and spec.preparation.scale_target:
        center, scale = scaling(numbers(frame[target].iloc[train], target), "standard")
    preparation = Preparation(
        task=task, target=target, columns=tuple(columns), classes=classes, target_center=center, target_scale=scale
    )
    return preparation, notes, crossed


def _target_values(series: pd.Series[Any], target: str, task: Task, classes: tuple[str, ...]) -> Any:
    """Training targets ``(n,)``: class numbers, or amounts."""
    if task == "regression":
        return numbers(series, target)
    codes, found = labels(series)
    return np.array([classes.index(name) for name in found], dtype=np.int64)[codes]


def _fit_column(
    name: str, column: ColumnSpec, series: pd.Series[Any], train: NDArray[np.int64], how: PreparationSpec
) -> PreparedColumn | None:
    if column.type == "numeric":
        values = numbers(series, name)[train]
        present = values[~np.isnan(values)]
        if not len(present):
            return None
        if needs_transform(how):
            return fit_transformed(name, values, how)
        fill = filling(present, how)
        center, scale = scaling(np.where(np.isnan(values), fill, values), how.scale)
        return NumericColumn(name=name, fill=fill, center=center, scale=scale)
    if column.type == "datetime":
        return fit_date(name, series, train, how)
    all_codes, found = labels(series)
    codes = all_codes[train]
    counts = np.bincount(codes[codes >= 0], minlength=len(found))
    if not counts.sum():
        return None
    if column.type == "boolean":
        return _fit_boolean(name, found, counts)
    if column.type == "ordered" or (column.type == "category" and how.encode == "ordinal"):
        order = column.categories + tuple(n for n in sorted_labels(found) if n not in column.categories)
        # The middle one, as the median of places: categories have no mean.
        places = np.repeat([order.index(n) for n in found], counts)
        fill_place = int(np.percentile(places, 50, method="lower"))
        lookup = np.array([*(order.index(n) for n in found), fill_place])
        center, scale = scaling(lookup[codes].astype(np.float64), how.scale)
        return OrderedColumn(name=name, categories=order, fill=order[fill_place], center=center, scale=scale)
    seen = sorted_labels([n for n, count in zip(found, counts, strict=True) if count])
    most = found[int(np.argmax(counts))]
    if 0 < how.max_categories < len(seen):
        return fit_capped(name, seen, dict(zip(found, counts.tolist(), strict=True)), most, how.max_categories)
    return OneHotColumn(name=name, categories=tuple(seen), fill=most)


def _fit_boolean(name: str, found: list[str], counts: NDArray[np.intp]) -> OrderedColumn:
    if len(found) > 2:
        raise StudioError(
            f"The yes/no column {name!r} has {len(found)} different values: {', '.join(map(repr, found[:5]))}…",
            "Set its type to category.",
        )
    names = sorted_labels(found)
    positive = affirmative(names) or names[-1]
    order = (*(n for n in names if n != positive), positive)
    return OrderedColumn(name=name, categories=order, fill=found[int(np.argmax(counts))], boolean=True)


_FILL_WORDS = {
    "median": "the median", "mean": "the mean", "most_frequent": "the most frequent value", "constant": "the constant",
}  # fmt: skip


def _filled(missing: int, name: str, column: PreparedColumn, how: PreparationSpec) -> str:
    values = "value" if missing == 1 else "values"
    if isinstance(column, DateColumn):
        return f"{missing:,} missing {values} in '{name}' filled with the median of each part of the date."
    if isinstance(column, NumericColumn | TransformedColumn):
        what = f"{_FILL_WORDS[how.impute]} {column.fill:.6g}"
    elif isinstance(column, OrderedColumn) and not column.boolean:
        what = f"the middle category '{column.fill}'"
    elif isinstance(column, TargetMeanColumn):
        what = "the mean of the target among them"
    else:
        what = f"the most frequent category '{column.fill}'"
    return f"{missing:,} missing {values} in '{name}' filled with {what}."
