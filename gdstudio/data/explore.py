"""What a table looks like before anything is trained on it: plain arrays for the explore view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.control import Cancelled
from gdstudio.core.spec import ColumnType, DataSpec, Role, Task
from gdstudio.data.entry import IsCancelled, Progress
from gdstudio.data.leakage import leakage_notes, scores_alone
from gdstudio.data.roles import class_names, task_of
from gdstudio.data.table import Table
from gdstudio.data.values import labels, parsed, sorted_labels

Floats = NDArray[np.float64]

_SAMPLE_ROWS = 20_000
_BINS = 30
_MOST_BARS = 20
_MOST_GROUPS = 8
_MOST_CORRELATED = 40
_OTHER = "other"


@dataclass(frozen=True)
class Distribution:
    """One column, counted.

    Attributes:
        name, type, role: As in the spec.
        missing: Share of missing values, 0 … 1.
        distinct: Number of different values.
        statistics: Name → value: of numbers mean, deviation, minimum, quartiles, maximum.
        edges: ``(k + 1,)`` borders of the histogram's bins; empty for categories.
        bars: ``k`` category names, the commonest first, the rest together as "other"; empty for numbers.
        counts: ``(g, k)`` rows of each group in each bin or bar.
        alone: How well this feature alone predicts the target; None where that was not tried.
    """

    name: str
    type: ColumnType
    role: Role
    missing: float
    distinct: int
    statistics: Mapping[str, float] = field(default_factory=dict)
    edges: Floats = field(default_factory=lambda: np.zeros(0))
    bars: tuple[str, ...] = ()
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((1, 0), dtype=np.int64))
    alone: float | None = None


@dataclass(frozen=True)
class Exploration:
    """Everything that the explore view shows.

    Attributes:
        rows, sampled: Rows of the table, and how many of them were looked at.
        target: The column that is predicted.
        groups: Names of the ``g`` groups that columns are split by: the classes, or thirds of a numeric target.
        columns: One a column of the table.
        balance: ``(g,)`` rows of each group.
        correlated: Names of the numeric columns in the correlation picture, those closest to the target first.
        correlation: ``(m, m)`` Pearson correlations, NaN where one is not defined.
        duplicates: Rows among those looked at that equal an earlier one.
        notes: What a person should know, as sentences: sample, duplicates, features that predict too well.
    """

    rows: int
    sampled: int
    target: str
    groups: tuple[str, ...]
    columns: tuple[Distribution, ...]
    balance: NDArray[np.int64]
    correlated: tuple[str, ...]
    correlation: Floats
    duplicates: int
    notes: tuple[str, ...]


def explore(
    spec: DataSpec,
    table: Table,
    *,
    sample: int = _SAMPLE_ROWS,
    progress: Progress = lambda share: None,
    cancelled: IsCancelled = lambda: False,
) -> Exploration:
    """Count, correlate and look for what is suspicious.

    Args:
        spec: Resolved: every column has a type and a role.
        table: The rows.
        sample: So many rows are looked at; drawn at random (always the same) where there are more.
        progress: Called with the share that is done.
        cancelled: Asked now and then; once true, :class:`Cancelled` is raised.
    """
    total = len(table.frame)
    frame = table.frame
    if total > sample:
        frame = frame.iloc[np.sort(np.random.default_rng(0).choice(total, sample, replace=False))]
    task = task_of(spec, table)
    classes = class_names(spec, table) if task != "regression" else ()
    target = str(spec.target)
    groups, member = _groups(frame[target], task, classes)
    alone = scores_alone(spec, frame, target, task, progress=lambda share: progress(0.7 * share), cancelled=cancelled)
    columns = []
    for name, column in spec.columns.items():
        if cancelled():
            raise Cancelled
        counted = _distribution(
            name, column.type or "text", column.role or "ignore", frame[name], member, len(groups), alone.get(name)
        )
        columns.append(counted)
    progress(0.9)
    names, correlation = _correlation(spec, frame, target, alone)
    duplicates = int(frame.duplicated().sum())
    balance = np.bincount(member[member >= 0], minlength=len(groups)).astype(np.int64)
    notes = _notes(total, len(frame), duplicates, target, task, alone, balance, groups)
    return Exploration(
        total, len(frame), target, groups, tuple(columns), balance, names, correlation, duplicates, notes
    )


def _groups(series: pd.Series[Any], task: Task, classes: tuple[str, ...]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Names of the groups, and each row's ``(n,)``, -1 where its target is missing."""
    if task == "regression":
        values = parsed(series)
        present = values[np.isfinite(values)]
        low, high = np.percentile(present, [100 / 3, 200 / 3]) if len(present) else (0.0, 0.0)
        member = np.where(np.isfinite(values), (values > low).astype(np.int64) + (values > high), -1)
        return (f"up to {low:.3g}", f"{low:.3g} to {high:.3g}", f"above {high:.3g}"), member
    codes, found = labels(series)
    shown = classes if len(classes) <= _MOST_GROUPS else (*_commonest(series, _MOST_GROUPS - 1), _OTHER)
    place = {name: index for index, name in enumerate(shown)}
    lookup = np.array([*(place.get(name, len(shown) - 1) for name in found), -1], dtype=np.int64)
    return tuple(shown), lookup[codes]


def _commonest(series: pd.Series[Any], count: int) -> list[str]:
    codes, found = labels(series)
    counts = np.bincount(codes[codes >= 0], minlength=len(found))
    return [found[i] for i in np.argsort(-counts, kind="stable")[:count]]


def _distribution(
    name: str,
    kind: ColumnType,
    role: Role,
    series: pd.Series[Any],
    member: NDArray[np.int64],
    groups: int,
    alone: float | None,
) -> Distribution:
    missing = float(series.isna().mean()) if len(series) else 0.0
    distinct = int(series.nunique())
    values = parsed(series) if kind == "numeric" else np.zeros(0)
    if kind == "datetime":
        return Distribution(name, kind, role, missing, distinct, alone=alone)
    known = np.isfinite(values)
    if kind == "numeric" and known.any():
        return _histogram(name, role, missing, distinct, values, known & (member >= 0), member, groups, alone)
    codes, found = labels(series)
    counts = np.bincount(codes[codes >= 0], minlength=len(found))
    order = list(np.argsort(-counts, kind="stable"))
    if kind == "ordered" or len(found) <= 2:
        order = [found.index(n) for n in sorted_labels(found)]
    kept = order if len(order) <= _MOST_BARS else order[: _MOST_BARS - 1]
    bars = [found[i] for i in kept] + ([f"{len(order) - len(kept)} others"] if len(kept) < len(order) else [])
    place = np.full(len(found) + 1, len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    rows = (codes >= 0) & (member >= 0)
    table = np.zeros((groups, len(bars)), dtype=np.int64)
    np.add.at(table, (member[rows], place[codes[rows]]), 1)
    return Distribution(name, kind, role, missing, distinct, bars=tuple(bars), counts=table, alone=alone)


def _histogram(
    name: str,
    role: Role,
    missing: float,
    distinct: int,
    values: Floats,
    rows: NDArray[np.bool_],
    member: NDArray[np.int64],
    groups: int,
    alone: float | None,
) -> Distribution:
    present = values[np.isfinite(values)]
    # Huge numbers overflow; what comes of it is not finite and is not drawn.
    with np.errstate(over="ignore", invalid="ignore"):
        low, q1, median, q3, high = np.percentile(present, [0, 25, 50, 75, 100])
        edges = np.histogram_bin_edges(present, bins=min(_BINS, max(distinct, 1))) if np.isfinite(high - low) else None
        statistics = {
            "mean": float(present.mean()), "deviation": float(present.std()), "minimum": float(low),
            "lower quartile": float(q1), "median": float(median), "upper quartile": float(q3), "maximum": float(high),
        }  # fmt: skip
    if edges is None:
        return Distribution(name, "numeric", role, missing, distinct, statistics, alone=alone)
    counts = np.stack([np.histogram(values[rows & (member == g)], edges)[0] for g in range(groups)]).astype(np.int64)
    return Distribution(name, "numeric", role, missing, distinct, statistics, edges, counts=counts, alone=alone)


def _correlation(
    spec: DataSpec, frame: pd.DataFrame, target: str, alone: Mapping[str, float]
) -> tuple[tuple[str, ...], Floats]:
    """Pearson correlations of the numeric columns that are used, over the rows where both are there."""
    usable = {}
    for name, column in spec.columns.items():
        if column.role == "ignore" or column.type not in ("numeric", "boolean"):
            continue
        values = parsed(frame[name]) if column.type == "numeric" else _as_places(frame[name])
        values = np.where(np.isfinite(values), values, np.nan)
        with np.errstate(over="ignore", invalid="ignore"):
            spread = np.nanstd(values) if np.isfinite(values).any() else 0.0
        if 0 < spread < np.inf:
            usable[name] = values
    if len(usable) < 2:
        return (), np.zeros((0, 0))
    found = pd.DataFrame(usable)
    if target in usable:
        with np.errstate(invalid="ignore", divide="ignore"):
            close = found.corrwith(found[target]).abs().fillna(0.0)
        names = list(close.sort_values(ascending=False, kind="stable").index[:_MOST_CORRELATED])
    else:
        names = sorted(usable, key=lambda name: -alone.get(name, 0.0))[:_MOST_CORRELATED]
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix = found[names].corr().to_numpy(dtype=np.float64)
    return tuple(map(str, names)), matrix


def _as_places(series: pd.Series[Any]) -> Floats:
    """Categories as places in their natural order ``(n,)``, NaN where missing."""
    codes, found = labels(series)
    order = {name: float(index) for index, name in enumerate(sorted_labels(found))}
    return np.array([*(order[name] for name in found), np.nan])[codes]


def _notes(
    total: int,
    sampled: int,
    duplicates: int,
    target: str,
    task: Task,
    alone: Mapping[str, float],
    balance: NDArray[np.int64],
    groups: tuple[str, ...],
) -> tuple[str, ...]:
    notes = leakage_notes(alone, target, task)
    if sampled < total:
        notes.append(f"Computed from {sampled:,} of {total:,} rows, drawn at random.")
    if duplicates:
        where = "" if sampled == total else f" of the {sampled:,} rows looked at"
        what = "row equals" if duplicates == 1 else "rows equal"
        notes.append(f"{duplicates:,} {what} an earlier one{where}: copies in both the training and the test part "
                     "make a test look better than it is.")  # fmt: skip
    if task != "regression" and len(balance) > 1 and balance.sum():
        rare = int(np.argmin(balance))
        share = balance[rare] / balance.sum()
        if share < 0.1:
            notes.append(f"Only {share:.2g} of the rows, {balance[rare]:,}, are of the class '{groups[rare]}'.")
    return tuple(notes)
