"""Features that know the target already: found before anything is trained on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gdstudio.core.control import Cancelled
from gdstudio.core.spec import DataSpec, Task
from gdstudio.data.entry import IsCancelled, Progress
from gdstudio.data.roles import task_of
from gdstudio.data.table import Table
from gdstudio.data.values import labels, parsed

#: Rows on which single features are tried as predictors.
_LEAK_ROWS = 4_000
#: A feature that alone reaches so much is suspicious: balanced accuracy, or R² for a numeric target.
_LEAK_SCORE = 0.98


def leakage(spec: DataSpec, table: Table, *, cancelled: IsCancelled = lambda: False) -> list[str]:
    """A sentence for each feature of a table that alone predicts the target almost perfectly.

    Args:
        spec: Resolved: every column has a type and a role.
        table: The rows; so many of them are looked at, drawn at random, always the same.
        cancelled: Asked now and then; once true, :class:`Cancelled` is raised.
    """
    task = task_of(spec, table)
    alone = scores_alone(spec, table.frame, str(spec.target), task, cancelled=cancelled)
    return leakage_notes(alone, str(spec.target), task)


def scores_alone(
    spec: DataSpec,
    frame: pd.DataFrame,
    target: str,
    task: Task,
    *,
    progress: Progress = lambda share: None,
    cancelled: IsCancelled = lambda: False,
) -> dict[str, float]:
    """How well each feature alone predicts the target: a small tree's score on rows that it was not fitted to.

    Balanced accuracy for classes, R² for numbers; three folds. Empty where there is too little to tell.
    """
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    features = [name for name, column in spec.columns.items() if column.role == "feature"]
    y = parsed(frame[target]) if task == "regression" else labels(frame[target])[0].astype(np.float64)
    rows = np.flatnonzero(np.isfinite(y) & (y >= 0 if task != "regression" else np.isfinite(y)))
    if task != "regression":
        counts = np.bincount(y[rows].astype(np.int64))
        # A class of fewer rows than folds would be missing from one of them.
        rows = rows[counts[y[rows].astype(np.int64)] >= 3]
    if len(rows) > _LEAK_ROWS:
        rows = np.random.default_rng(0).choice(rows, _LEAK_ROWS, replace=False)
    wanted = y[rows]
    # The only feature should predict the target: nothing would be learned otherwise.
    if len(features) < 2 or len(rows) < 30 or np.ptp(wanted) == 0:
        return {}
    if task != "regression":
        wanted = wanted.astype(np.int64)
        if np.bincount(wanted)[np.unique(wanted)].min() < 3:
            return {}
    scores: dict[str, float] = {}
    for number, name in enumerate(features):
        if cancelled():
            raise Cancelled
        series = frame[name].iloc[rows]
        kind = spec.columns[name].type
        values = parsed(series) if kind == "numeric" else labels(series)[0].astype(np.float64)
        # A tree only compares: ranks do as well, and none is too large for it.
        known = np.isfinite(values)
        ranks = np.full(len(values), np.nan)
        ranks[known] = np.unique(values[known], return_inverse=True)[1]
        values = ranks[:, None]
        if np.isnan(values).all():
            continue
        leaves = 64
        if task == "regression":
            folds: Any = KFold(3, shuffle=True, random_state=0)
            tree: Any = DecisionTreeRegressor(max_leaf_nodes=leaves, min_samples_leaf=3, random_state=0)
            said = cross_val_predict(tree, values, wanted, cv=folds)
            spread = float(((wanted - wanted.mean()) ** 2).sum())
            scores[name] = 1.0 - float(((wanted - said) ** 2).sum()) / spread if 0 < spread < np.inf else 0.0
        else:
            folds = StratifiedKFold(3, shuffle=True, random_state=0)
            tree = DecisionTreeClassifier(
                max_leaf_nodes=leaves, min_samples_leaf=3, class_weight="balanced", random_state=0
            )
            said = cross_val_predict(tree, values, wanted, cv=folds)
            scores[name] = float(np.mean([(said[wanted == c] == c).mean() for c in np.unique(wanted)]))
        progress((number + 1) / len(features))
    return scores


def leakage_notes(alone: Mapping[str, float], target: str, task: Task) -> list[str]:
    """A sentence for each feature that alone predicts the target almost perfectly."""
    measure = "R² of" if task == "regression" else "a balanced accuracy of"
    return [
        f"'{name}' alone predicts '{target}' with {measure} {score:.3g}. Check whether it is known before the target "
        "is; if it is not, ignore it."
        for name, score in sorted(alone.items(), key=lambda item: -item[1])
        if score >= _LEAK_SCORE
    ]
