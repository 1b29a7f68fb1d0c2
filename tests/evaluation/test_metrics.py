"""Scores and metrics against scikit-learn and by hand; what is undefined is None with its reason."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sklearn import metrics as sk

from gdstudio.core.registry import registry
from gdstudio.evaluation.metrics import metrics
from gdstudio.evaluation.predictions import Predictions, make_predictions
from gdstudio.objectives.probabilities import logistic, softmax

RNG = np.random.default_rng(1)


def binary(n=200, classes=("no", "yes")):
    outputs = RNG.normal(size=(n, 1)).astype(np.float32) * 2
    target = (outputs[:, 0] + RNG.normal(size=n) > 0.5).astype(np.int64)
    return make_predictions(outputs, rows=np.arange(n), target=target, classes=classes, probabilities=logistic)


def several(n=200, classes=("a", "b", "c")):
    outputs = RNG.normal(size=(n, len(classes))).astype(np.float32)
    target = (outputs + RNG.normal(size=outputs.shape)).argmax(1)
    return make_predictions(outputs, rows=np.arange(n), target=target, classes=classes, probabilities=softmax)


def fixed(target, predicted, classes):
    """Predictions that are sure of ``predicted``."""
    codes = [classes.index(p) for p in predicted]
    shares = np.full((len(codes), len(classes)), 0.1 / (len(classes) - 1))
    shares[np.arange(len(codes)), codes] = 0.9
    as_objects = np.array(target, dtype=object), np.array(predicted, dtype=object)
    return Predictions(np.arange(len(codes)), *as_objects, shares, tuple(classes))


def test_two_classes_equal_scikit_learn():
    p = binary()
    got = metrics(p, p.classes, "binary")
    y, z, share = p.target, p.prediction, p.probabilities[:, 1]
    expected = {
        "n": 200,
        "accuracy": sk.accuracy_score(y, z),
        "balanced_accuracy": sk.balanced_accuracy_score(y, z),
        "precision": sk.precision_score(y, z, pos_label="yes"),
        "recall": sk.recall_score(y, z, pos_label="yes"),
        "f1": sk.f1_score(y, z, pos_label="yes"),
        "roc_auc": sk.roc_auc_score(y == "yes", share),
        "average_precision": sk.average_precision_score(y == "yes", share),
        "log_loss": sk.log_loss(y, p.probabilities, labels=["no", "yes"]),
        "brier": sk.brier_score_loss(y == "yes", share),
    }
    assert {name: got[name] for name in expected} == pytest.approx(expected, abs=1e-12)
    assert got["confusion_matrix"] == sk.confusion_matrix(y, z, labels=["no", "yes"]).tolist()
    assert got["positive_class"] == "yes"
    assert got["undefined"] == {}
    report = sk.classification_report(y, z, output_dict=True)
    for name in ("no", "yes"):
        mine = got["per_class"][name]
        assert mine["support"] == report[name]["support"]
        assert [mine[s] for s in ("precision", "recall", "f1")] == pytest.approx(
            [report[name][s] for s in ("precision", "recall", "f1-score")], abs=1e-12
        )
    for average in ("macro", "weighted"):
        assert list(got[average].values()) == pytest.approx(list(report[f"{average} avg"].values())[:3], abs=1e-12)


def test_several_classes_equal_scikit_learn():
    p = several()
    got = metrics(p, p.classes, "multiclass")
    y, z = p.target, p.prediction
    expected = {
        "accuracy": sk.accuracy_score(y, z),
        "balanced_accuracy": sk.balanced_accuracy_score(y, z),
        "precision": sk.precision_score(y, z, average="macro"),
        "recall": sk.recall_score(y, z, average="macro"),
        "f1": sk.f1_score(y, z, average="macro"),
        "roc_auc": sk.roc_auc_score(y, p.probabilities, multi_class="ovr", average="macro"),
        "log_loss": sk.log_loss(y, p.probabilities),
    }
    assert {name: got[name] for name in expected} == pytest.approx(expected, abs=1e-12)
    assert "positive_class" not in got
    assert got["undefined"] == {}
    assert "brier" not in got
    assert "r2" not in got
    by_class = [sk.average_precision_score(y == c, p.probabilities[:, i]) for i, c in enumerate(p.classes)]
    assert got["average_precision"] == pytest.approx(np.mean(by_class), abs=1e-12)


def test_two_classes_by_hand():
    p = fixed(["+", "+", "+", "-", "-"], ["+", "+", "-", "+", "-"], ["-", "+"])
    got = metrics(p, p.classes, "binary")
    assert got["confusion_matrix"] == [[1, 1], [1, 2]]
    assert got["accuracy"] == 3 / 5
    assert got["precision"] == got["recall"] == got["f1"] == pytest.approx(2 / 3)
    assert got["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert got["per_class"]["-"] == {"support": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    # Pairs (+, -) in the right order count 1, ties 1/2: (2 · (1/2 + 1) + 1 · (0 + 1/2)) / 6.
    assert got["roc_auc"] == pytest.approx(3.5 / 6)
    assert got["log_loss"] == pytest.approx(-(3 * math.log(0.9) + 2 * math.log(0.1)) / 5)
    assert got["brier"] == pytest.approx((3 * 0.01 + 2 * 0.81) / 5)


def test_numbers_equal_scikit_learn_in_the_targets_own_unit():
    outputs = RNG.normal(size=(50, 1)).astype(np.float32)
    target = outputs[:, 0] * 20 + 100 + RNG.normal(size=50)
    p = make_predictions(outputs, rows=np.arange(50), target=target, decode=lambda v: v * 20 + 100)
    got = metrics(p, (), "regression")
    expected = {
        "n": 50,
        "r2": sk.r2_score(target, outputs[:, 0].astype(float) * 20 + 100),
        "mae": sk.mean_absolute_error(target, p.prediction),
        "rmse": sk.root_mean_squared_error(target, p.prediction),
        "undefined": {},
    }
    assert got.keys() == expected.keys()
    assert {k: v for k, v in got.items() if k != "undefined"} == pytest.approx(
        {k: v for k, v in expected.items() if k != "undefined"}, abs=1e-12
    )
    assert p.prediction.dtype == p.target.dtype == np.float64


def test_one_class_in_a_part_leaves_order_scores_undefined():
    p = fixed(["-"] * 4, ["-", "+", "-", "-"], ["-", "+"])
    got = metrics(p, p.classes, "binary")
    for score in ("roc_auc", "average_precision", "recall"):
        assert got[score] is None
        assert "class" in got["undefined"][score]
    assert got["precision"] == 0
    assert got["f1"] == 0
    assert got["accuracy"] == got["balanced_accuracy"] == 0.75
    assert got["log_loss"] > 0


def test_a_class_that_is_never_predicted_has_no_precision():
    p = fixed(["-", "+", "+"], ["-", "-", "-"], ["-", "+"])
    got = metrics(p, p.classes, "binary")
    assert got["precision"] is None
    assert "never predicts the class '+'" in got["undefined"]["precision"]
    assert got["recall"] == got["f1"] == 0
    assert got["per_class"]["+"]["precision"] is None
    # In averages it counts as 0, as scikit-learn has it.
    expected = sk.precision_score(p.target, p.prediction, average="macro", zero_division=0)
    assert got["macro"]["precision"] == pytest.approx(expected)


def test_averages_leave_out_a_class_that_does_not_occur_as_scikit_learn_does():
    p = fixed(["a", "a", "b"], ["a", "b", "b"], ["a", "b", "c"])
    got = metrics(p, p.classes, "multiclass")
    assert got["f1"] == got["macro"]["f1"] == pytest.approx(sk.f1_score(p.target, p.prediction, average="macro"))
    assert got["roc_auc"] is None
    assert got["undefined"]["roc_auc"] == "No row of this part is of the class 'c'."
    assert got["per_class"]["c"] == {"support": 0, "precision": None, "recall": None, "f1": None}


@pytest.mark.parametrize(("target", "said"), [([1.0], "only one row"), ([2.0, 2.0], "same target")])
def test_r2_without_variance_is_undefined(target, said):
    p = make_predictions(np.ones((len(target), 1)), rows=np.arange(len(target)), target=np.array(target))
    got = metrics(p, (), "regression")
    assert got["r2"] is None
    assert said in got["undefined"]["r2"]
    assert got["mae"] is not None


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_outputs_that_are_not_finite_leave_every_score_undefined(bad):
    outputs = np.array([[bad], [1.0]])
    p = make_predictions(
        outputs, rows=np.arange(2), target=np.array([0, 1]), classes=("a", "b"), probabilities=logistic
    )
    values = make_predictions(outputs, rows=np.arange(2), target=np.array([0.0, 1.0]))
    for got in (metrics(p, p.classes, "binary"), metrics(values, (), "regression")):
        scores = [k for k in got if k in registry("scores")]
        assert scores
        assert all(got[s] is None and "not finite" in got["undefined"][s] for s in scores)
        json.dumps(got, allow_nan=False)


def test_classes_that_the_model_does_not_know_are_said():
    p = fixed(["a", "zebra"], ["a", "b"], ["a", "b"])
    got = metrics(p, p.classes, "binary")
    assert got["accuracy"] is None
    assert got["undefined"]["accuracy"] == "The model does not know the class of 1 of the 2 rows."
    assert got["confusion_matrix"] is None


def test_no_rows_have_no_scores():
    p = make_predictions(
        np.empty((0, 1)), rows=np.arange(0), target=np.empty(0, int), classes=("a", "b"), probabilities=logistic
    )
    got = metrics(p, p.classes, "binary")
    assert got["n"] == 0
    assert got["undefined"]["accuracy"] == "There are no rows in this part."


@pytest.mark.parametrize("make", [binary, several])
def test_metrics_are_json_with_every_score_of_the_task(make):
    p = make()
    task = "binary" if make is binary else "multiclass"
    got = metrics(p, p.classes, task)
    assert json.loads(json.dumps(got, allow_nan=False)) == got
    assert {k for k, e in registry("scores").items() if task in e.tasks} <= got.keys()


def test_averages_can_be_chosen():
    p = several()
    entry = registry("scores")["f1"]
    weighted = entry.build(entry.settings(average="weighted"))(p, None)
    assert weighted == pytest.approx(sk.f1_score(p.target, p.prediction, average="weighted"), abs=1e-12)
    p = binary()
    macro = entry.build(entry.settings(average="macro"))(p, "yes")
    assert macro == pytest.approx(sk.f1_score(p.target, p.prediction, average="macro"), abs=1e-12)


def test_best_and_direction_are_what_a_perfect_model_gets():
    target = [0, 1, 0, 1]
    perfect = make_predictions(
        np.array([[-50.0], [50.0]] * 2),
        rows=np.arange(4),
        target=np.array(target),
        classes=("a", "b"),
        probabilities=logistic,
    )
    poor = make_predictions(
        np.array([[50.0], [50.0], [-50.0], [-50.0]]),
        rows=np.arange(4),
        target=np.array(target),
        classes=("a", "b"),
        probabilities=logistic,
    )
    numbers = np.arange(4.0)
    exact = make_predictions(numbers[:, None], rows=np.arange(4), target=numbers)
    off = make_predictions(numbers[::-1, None], rows=np.arange(4), target=numbers)
    for entry in registry("scores").values():
        score = entry.build(entry.settings())
        regression = entry.tasks == ("regression",)
        best = score(exact, None) if regression else score(perfect, "b")
        worse = score(off, None) if regression else score(poor, "b")
        assert best == pytest.approx(entry.best, abs=1e-12), entry.key
        assert (best > worse) == entry.higher_is_better, entry.key
