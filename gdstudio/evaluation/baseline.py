"""What is reached without learning much: the likeliest class or the mean, and scikit-learn's linear model.

A score says little by itself: 95 % is poor where 95 of 100 rows are of one class, and a network is worth its trouble
only where it beats a straight line.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gdstudio.data.dataset import Dataset, Part
from gdstudio.data.values import numbers
from gdstudio.evaluation.metrics import metrics
from gdstudio.evaluation.predictions import Predictions, make_predictions

#: ``constant`` learns nothing; ``linear`` is a straight line or plane.
BaselineKind = Literal["constant", "linear"]

#: More training rows than these tell a linear model nothing new, and cost.
_MOST_ROWS = 20_000
_MOST_STEPS = 500


@dataclass(frozen=True)
class Baseline:
    """What a simple model reaches on the same rows.

    Attributes:
        label: Its name, e.g. ``"Logistic regression"``.
        help: What it is, in a sentence.
        metrics: Part → scores, as in metrics.json; a part without rows is missing.
        predictions: Part → predictions.
        note: What a person should know, e.g. that it was fitted on some of the rows; empty for nothing.
    """

    label: str
    help: str
    metrics: Mapping[str, Mapping[str, Any]]
    predictions: Mapping[str, Predictions]
    note: str = ""


def baseline(dataset: Dataset, kind: BaselineKind) -> Baseline:
    """Fit a simple model on the training part and score it on every part.

    The same prepared arrays are used as by the model that is judged. ``constant`` gives every row the shares of the
    classes in the training part, and so predicts the most frequent one, or the mean of the target (scikit-learn's
    DummyClassifier with ``strategy="prior"`` and DummyRegressor). ``linear`` is LogisticRegression or Ridge as
    scikit-learn has them, with their usual penalty of 1.

    Args:
        dataset: Prepared.
        kind: Which.
    """
    train = dataset.train
    chosen = np.arange(len(train))
    note = ""
    if kind == "linear" and len(train) > _MOST_ROWS:
        chosen = np.sort(np.random.default_rng(0).choice(len(train), _MOST_ROWS, replace=False))
        note = f"Fitted on {_MOST_ROWS:,} of the {len(train):,} training rows."
    label, help_text, model = _model(dataset, kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(train.features[chosen].astype(np.float64), train.target[chosen])
    if kind == "linear" and dataset.classes and int(np.max(getattr(model, "n_iter_", 0))) >= _MOST_STEPS:
        note = f"{note} It did not settle within {_MOST_STEPS} steps.".strip()
    predictions = {name: _predict(model, dataset, part) for name, part in dataset.parts.items() if len(part)}
    scores = {name: metrics(found, dataset.classes, dataset.task) for name, found in predictions.items()}
    return Baseline(label, help_text, scores, predictions, note)


def _model(dataset: Dataset, kind: BaselineKind) -> tuple[str, str, Any]:
    """Name, explanation and the model before it is fitted."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.linear_model import LogisticRegression, Ridge

    constant = kind == "constant"
    if dataset.task == "regression":
        if constant:
            return "Mean", "Predicts the mean of the training rows, whatever the columns say.", DummyRegressor()
        return "Ridge", "scikit-learn's Ridge (a linear model with a penalty of 1) on the same columns.", Ridge()
    # One class alone in the training rows: there is nothing to separate.
    if constant or len(np.unique(dataset.train.target)) < 2:
        said = "Predicts the class that most training rows have, whatever the columns say."
        return "Most frequent", said, DummyClassifier(strategy="prior")
    said = "scikit-learn's LogisticRegression (a linear model with a penalty of 1) on the same columns."
    return "Logistic regression", said, LogisticRegression(max_iter=_MOST_STEPS)


def _predict(model: Any, dataset: Dataset, part: Part) -> Predictions:
    preparation, features = dataset.preparation, part.features.astype(np.float64)
    if dataset.task == "regression":
        values = np.asarray(model.predict(features)).reshape(len(part), 1)
        known = numbers(dataset.table.frame[preparation.target].iloc[part.rows], preparation.target)
        return make_predictions(values, rows=part.rows, target=known, decode=preparation.decode_target)
    shares: NDArray[np.float64] = np.zeros((len(part), len(dataset.classes)))
    # A class without a training row is not known to it.
    shares[:, model.classes_] = model.predict_proba(features)
    return make_predictions(
        shares,
        rows=part.rows,
        target=part.target,
        classes=dataset.classes,
        probabilities=lambda outputs: np.asarray(outputs, dtype=np.float64),
    )
