"""What each column seems to be and is used for; which column is predicted; what its classes are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from gdstudio.core.errors import StudioError, nearest
from gdstudio.core.spec import ColumnSpec, DataSpec, Task
from gdstudio.data.guess import guess_column
from gdstudio.data.table import Column, Table
from gdstudio.data.values import affirmative, labels, sorted_labels

#: Names that say "predict me", the clearest first.
_TARGET_NAMES = (
    "target", "label", "class", "y", "outcome", "response", "survived", "churn", "churned", "diagnosis", "species",
    "bought", "purchased", "fraud", "is_fraud",
)  # fmt: skip
_TARGET_TYPES = ("numeric", "category", "ordered", "boolean")


def guess_columns(
    frame: pd.DataFrame,
    target: str | None = None,
    known: Mapping[str, ColumnSpec] | None = None,
    counts: Mapping[str, tuple[int, int]] | None = None,
) -> tuple[Column, ...]:
    """Types and roles of a frame's columns.

    Args:
        frame: The values.
        target: The column to predict where it is known; guessed otherwise.
        known: What is known of columns already; only what it leaves open is guessed.
        counts: Missing and different values of columns where they were counted before.

    Returns:
        A column for each of the frame's; at most one has the role ``"target"``.
    """
    known = known or {}
    counts = counts or {}
    columns = [
        _with_known(guess_column(frame[name], str(name), counts=counts.get(str(name))), known.get(str(name)))
        for name in frame.columns
    ]
    reason = ""
    if target is None:
        target, reason = _guess_target(columns)
    return tuple(
        _with_known(guess_column(frame[c.name], c.name, as_target=True, reason=reason), known.get(c.name), target=True)
        if c.name == target
        else c
        for c in columns
    )


def _with_known(column: Column, spec: ColumnSpec | None, target: bool = False) -> Column:
    if spec is None:
        return column
    if spec.type is not None and spec.type != column.type:
        kept = column.missing == 0 or column.distinct > 0
        column = replace(column, type=spec.type, role=column.role if target or not kept else "feature", reason="")
    if spec.categories:
        column = replace(column, categories=spec.categories)
    if spec.role is not None and not target:
        column = replace(column, role="feature" if spec.role == "target" else spec.role)
    return column


def _guess_target(columns: list[Column]) -> tuple[str | None, str]:
    """Name of the column to predict and why it; None where no column is fit."""
    fit = [c for c in columns if c.type in _TARGET_TYPES and c.distinct > 1 and c.role != "ignore"]
    if len(fit) < 2:
        return None, ""
    by_name = {c.name.strip().casefold(): c.name for c in reversed(fit)}
    for name in _TARGET_NAMES:
        if name in by_name:
            return by_name[name], f"Taken as the target because it is called {by_name[name]!r}."
    return fit[-1].name, "Taken as the target because it is the last column that can be predicted."


def resolve(spec: DataSpec, table: Table) -> DataSpec:
    """Fill in what ``spec`` leaves open: source, target, every column's role and type, the positive class.

    Raises:
        StudioError: A column that is named does not exist, or the target cannot be predicted.
    """
    names = [c.name for c in table.columns]
    for name in spec.columns:
        if name not in names:
            raise StudioError(f"{table.name} has no column called {name!r}.", nearest(name, names))
    target = _target_name(spec, table, names)
    columns = {}
    for column in table.columns:
        given = spec.columns.get(column.name)
        is_target = column.name == target
        if is_target != (column.role == "target"):
            column = guess_column(table.frame[column.name], column.name, as_target=is_target)
        column = _with_known(column, given, target=is_target)
        role = "target" if is_target else column.role
        kind = column.type
        if is_target and kind not in _TARGET_TYPES:
            kind = "category"
        categories = column.categories if kind == "ordered" else ()
        if kind == "ordered":
            categories = _complete_order(categories, table.frame[column.name])
        kept = given or ColumnSpec()
        columns[column.name] = kept.model_copy(update={"role": role, "type": kind, "categories": categories})
    resolved = spec.model_copy(update={"source": table.source, "target": target, "columns": columns})
    task = task_of(resolved, table)
    positive = None
    if task == "binary":
        positive = class_names(resolved, table)[-1]
    return resolved.model_copy(update={"positive_class": positive})


def _target_name(spec: DataSpec, table: Table, names: list[str]) -> str:
    if len(names) < 2:
        raise StudioError(
            f"{table.name} has only one column, {names[0]!r}." if names else f"{table.name} has no columns.",
            "A target and at least one column to predict it from are needed; check the delimiter.",
        )
    if spec.target is not None:
        if spec.target not in names:
            raise StudioError(
                f"{table.name} has no column called {spec.target!r} to predict.", nearest(spec.target, names)
            )
        return spec.target
    chosen = [name for name, column in spec.columns.items() if column.role == "target"]
    if len(chosen) > 1:
        raise StudioError(f"Two columns are targets: {', '.join(chosen)}.", "Choose one to predict.")
    if chosen:
        return chosen[0]
    guessed = [c.name for c in table.columns if c.role == "target"]
    if not guessed:
        raise StudioError(
            f"No column of {table.name} is fit to be predicted.",
            "At least two columns need two different values each; choose the target by hand.",
        )
    return guessed[0]


def _complete_order(categories: tuple[str, ...], series: pd.Series[str]) -> tuple[str, ...]:
    """The order as given, with categories that it leaves out behind, in their natural order."""
    found = sorted_labels(labels(series)[1])
    return categories + tuple(name for name in found if name not in categories)


def task_of(spec: DataSpec, table: Table) -> Task:
    """What a resolved spec's target asks for.

    Raises:
        StudioError: The target has no values, a single class, or as many classes as rows.
    """
    target = str(spec.target)
    if spec.columns[target].type == "numeric":
        if table.frame[target].isna().all():
            raise _no_values(target)
        return "regression"
    return "binary" if len(class_names(spec, table)) == 2 else "multiclass"


def class_names(spec: DataSpec, table: Table) -> tuple[str, ...]:
    """The classes of a resolved spec's target in the order of their numbers; of two the positive one is last.

    Raises:
        StudioError: The target has no values, a single class, or as many classes as rows; or the positive class
            that was asked for is not one of the two.
    """
    target = str(spec.target)
    codes, found = labels(table.frame[target])
    rows = int((codes >= 0).sum())
    if not rows:
        raise _no_values(target)
    if len(found) == 1:
        raise StudioError(
            f"The target {target!r} has the same value, {found[0]!r}, in every row: there is nothing to tell apart.",
            "Choose another target.",
        )
    if len(found) > 2 and len(found) > rows / 2:
        raise StudioError(
            f"The target {target!r} has {len(found):,} classes in {rows:,} rows: too few rows of each to learn from.",
            "Choose another target, or set its type to numeric if its values are amounts.",
        )
    order = list(spec.columns[target].categories)
    names = [n for n in order if n in found] + sorted_labels([n for n in found if n not in order])
    if len(names) != 2:
        return tuple(names)
    positive = spec.positive_class
    if positive is not None and positive not in names:
        raise StudioError(f"The positive class {positive!r} is not a class of {target!r}.", nearest(positive, names))
    positive = positive or affirmative(names) or names[-1]
    return (*(n for n in names if n != positive), positive)


def _no_values(target: str) -> StudioError:
    return StudioError(f"The target {target!r} has no values at all.", "Choose another target.")
