"""Every score, curve and interval on the five samples that everyone knows, against scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from gdstudio.core.spec import Task
from gdstudio.evaluation.bootstrap import bootstrap_intervals
from gdstudio.evaluation.calibration import calibration
from gdstudio.evaluation.curve_kinds import KINDS
from gdstudio.evaluation.metrics import metrics
from gdstudio.evaluation.predictions import Predictions, make_predictions

CLASSES = {"iris": load_iris, "wine": load_wine, "breast_cancer": load_breast_cancer, "digits": load_digits}


def judged(load: Any) -> tuple[Predictions, Task]:
    """Half of the rows with what a model says that was fitted on a few columns of the other half."""
    x, y = load(return_X_y=True)
    columns = slice(20, 34) if x.shape[1] == 64 else slice(0, 3)
    x = StandardScaler().fit_transform(x)[:, columns]
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=0)
    rows = np.arange(len(y_test))
    if load is load_diabetes:
        predicted = Ridge().fit(x_train, y_train).predict(x_test)
        return make_predictions(predicted[:, None], rows=rows, target=y_test), "regression"
    share = LogisticRegression(C=0.1, max_iter=200).fit(x_train, y_train).predict_proba(x_test)
    names = tuple(f"c{i}" for i in range(share.shape[1]))
    made = make_predictions(share, rows=rows, target=y_test, classes=names, probabilities=lambda outputs: outputs)
    return made, "binary" if len(names) == 2 else "multiclass"


def scores(y: Any, z: Any, share: Any, binary: bool) -> dict[str, float]:
    """What scikit-learn says of class numbers, predicted ones and probabilities."""
    kind = {} if binary else {"average": "macro"}
    if binary:
        ordered = {
            "roc_auc": sk.roc_auc_score(y, share[:, 1]),
            "average_precision": sk.average_precision_score(y, share[:, 1]),
            "brier": sk.brier_score_loss(y, share[:, 1]),
        }
    else:
        each = [sk.average_precision_score(y == c, share[:, c]) for c in range(share.shape[1])]
        ordered = {"roc_auc": sk.roc_auc_score(y, share, multi_class="ovr"), "average_precision": np.mean(each)}
    return {
        "accuracy": sk.accuracy_score(y, z), "balanced_accuracy": sk.balanced_accuracy_score(y, z),
        "precision": sk.precision_score(y, z, zero_division=0, **kind), "recall": sk.recall_score(y, z, **kind),
        "f1": sk.f1_score(y, z, **kind), "log_loss": sk.log_loss(y, share), **ordered,
    }  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
def test_scores_curves_and_intervals_of_classes(name):
    found, task = judged(CLASSES[name])
    y, z, share = found.target_codes, found.prediction_codes, found.probabilities
    assert sk.accuracy_score(y, z) < 0.99  # a perfect model would hide mistakes
    binary = task == "binary"
    got = metrics(found, found.classes, task)
    expected = scores(y, z, share, binary)
    assert {key: got[key] for key in expected} == pytest.approx(expected, abs=1e-12)
    assert got["confusion_matrix"] == sk.confusion_matrix(y, z).tolist()
    truth = np.eye(len(found.classes))[y]
    assert calibration(found).brier == pytest.approx(((share - truth) ** 2).sum(1).mean() / 2)
    for column, cls in enumerate(found.classes):
        mine, given = y == column, share[:, column]
        roc, both = KINDS["roc"].make(found, cls), KINDS["precision_recall"].make(found, cls)
        assert np.array_equal([roc.x, roc.y], sk.roc_curve(mine, given)[:2])
        assert np.array_equal([both.y, both.x], sk.precision_recall_curve(mine, given, drop_intermediate=True)[:2])
        bins = KINDS["calibration"].make(found, cls)
        assert np.array_equal([bins.y, bins.x], calibration_curve(mine, given, n_bins=10))
    random = np.random.default_rng(2)
    drawn: dict[str, list[float]] = {key: [] for key in expected}
    for _ in range(25):
        rows = random.integers(0, len(y), len(y))
        for key, value in scores(y[rows], z[rows], share[rows], binary).items():
            drawn[key].append(value)
    intervals = bootstrap_intervals(found, task, resamples=25, seed=2)
    for key, values in drawn.items():
        ends = intervals[key].low, intervals[key].high
        assert ends == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])), abs=1e-12), key


def test_scores_and_intervals_of_diabetes():
    found, task = judged(load_diabetes)
    y, z = found.target, found.prediction

    def scores_of(y: Any, z: Any) -> dict[str, float]:
        return {
            "r2": sk.r2_score(y, z), "mae": sk.mean_absolute_error(y, z), "rmse": sk.root_mean_squared_error(y, z)
        }  # fmt: skip

    got, expected = metrics(found, (), task), scores_of(y, z)
    assert {key: got[key] for key in expected} == pytest.approx(expected, rel=1e-12)
    random = np.random.default_rng(2)
    drawn = [scores_of(y[rows], z[rows]) for rows in (random.integers(0, len(y), len(y)) for _ in range(60))]
    intervals = bootstrap_intervals(found, task, resamples=60, seed=2)
    for key in expected:
        ends = np.percentile([one[key] for one in drawn], [2.5, 97.5])
        assert (intervals[key].low, intervals[key].high) == pytest.approx(tuple(ends), rel=1e-9)
