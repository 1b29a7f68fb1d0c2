"""Every score of one part, as metrics.json holds them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import numpy as np

from gdstudio.core.registry import registry
from gdstudio.core.spec import Task
from gdstudio.evaluation.classification import counted_codes, undefined_reason
from gdstudio.evaluation.entry import ScoreEntry, UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions

_STATISTICS = ("precision", "recall", "f1")


def metrics(predictions: Predictions, classes: Sequence[str], task: Task) -> dict[str, Any]:
    """All scores that fit the task, from scikit-learn and the arrays of ``predictions`` alone.

    Args:
        predictions: With known targets.
        classes: Class names; for two classes the positive one is last. Empty for a regression.
        task: Decides which scores there are.

    Returns:
        JSON-able. ``n`` and each score by its key; a score without a value is None and ``undefined`` says why.
        For classes also ``positive_class`` (where there are two), ``classes``, ``confusion_matrix`` (rows are
        targets, columns predictions, in the order of ``classes``), ``per_class`` (name → precision, recall, f1,
        support), ``macro`` and ``weighted`` averages. Precision, recall and F1 are the positive class's where
        there are two classes and macro averages otherwise; in averages a class without a value counts as 0, and one
        that is neither in the part nor predicted does not count (scikit-learn's defaults).
    """
    positive = classes[-1] if task == "binary" else None
    result: dict[str, Any] = {"n": len(predictions)}
    undefined: dict[str, str] = {}
    for key, entry in registry("scores").items():
        if task not in cast(ScoreEntry, entry).tasks:
            continue
        try:
            result[key] = entry.build(entry.settings(kind=key))(predictions, positive)
        except UndefinedScoreError as error:
            result[key] = None
            undefined[key] = error.reason
    if task != "regression":
        if positive is not None:
            result["positive_class"] = positive
        result["classes"] = list(classes)
        result.update(_by_class(predictions, classes, undefined))
    result["undefined"] = undefined
    return result


def _by_class(predictions: Predictions, classes: Sequence[str], undefined: dict[str, str]) -> dict[str, Any]:
    """Confusion matrix, per-class scores and their averages; adds to ``undefined``."""
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    try:
        target, predicted, rows = counted_codes(predictions)
    except UndefinedScoreError as error:
        for name in ("confusion_matrix", "per_class", "macro", "weighted"):
            undefined[name] = error.reason
        return {"confusion_matrix": None, "per_class": None, "macro": None, "weighted": None}
    labels = list(range(len(classes)))
    counts = confusion_matrix(target, predicted, labels=labels, sample_weight=rows)
    scores = partial(precision_recall_fscore_support, target, predicted, sample_weight=rows, zero_division=0)
    values = np.array(scores(labels=labels))
    per_class: dict[str, Any] = {}
    for index, name in enumerate(classes):
        per_class[name] = {"support": int(counts[index].sum())}
        for row, statistic in enumerate(_STATISTICS):
            reason = undefined_reason(statistic, name, counts[:, index].sum(), counts[index].sum())  # type: ignore[arg-type]
            per_class[name][statistic] = None if reason else float(values[row, index])
            if reason:
                undefined[f"per_class.{name}.{statistic}"] = reason
    result = {"confusion_matrix": counts.tolist(), "per_class": per_class}
    for average in ("macro", "weighted"):
        means = scores(average=average)
        result[average] = {statistic: float(means[row]) for row, statistic in enumerate(_STATISTICS)}
    return result
