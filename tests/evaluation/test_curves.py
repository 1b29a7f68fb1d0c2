"""Curves against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from gdstudio.evaluation.curves import calibration_curve, gain_curve, precision_recall_curve, residuals, roc_curve
from gdstudio.evaluation.entry import UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions, make_predictions
from gdstudio.objectives.probabilities import softmax

RNG = np.random.default_rng(2)


@pytest.fixture(scope="module")
def three():
    outputs = RNG.normal(size=(300, 3))
    target = (outputs + RNG.normal(size=outputs.shape)).argmax(1)
    return make_predictions(outputs, rows=np.arange(300), target=target, classes=("a", "b", "c"), probabilities=softmax)


@pytest.mark.parametrize("cls", ["a", "b", "c"])
def test_roc_area_is_the_score_of_that_class(three, cls):
    curve = roc_curve(three, cls)
    column = three.classes.index(cls)
    assert curve.area == pytest.approx(sk.roc_auc_score(three.target == cls, three.probabilities[:, column]), abs=1e-12)
    assert (curve.false_positive_rate[0], curve.true_positive_rate[0]) == (0, 0)
    assert (curve.false_positive_rate[-1], curve.true_positive_rate[-1]) == (1, 1)
    at = len(curve.thresholds) // 2
    called = three.probabilities[:, column] >= curve.thresholds[at]
    assert curve.true_positive_rate[at] == pytest.approx(called[three.target == cls].mean())


def test_precision_and_recall_follow_from_their_threshold(three):
    curve = precision_recall_curve(three, "b")
    at = len(curve.thresholds) // 2
    called = three.probabilities[:, 1] >= curve.thresholds[at]
    assert curve.precision[at] == pytest.approx((three.target[called] == "b").mean())
    assert curve.recall[at] == pytest.approx(called[three.target == "b"].mean())
    assert curve.share == (three.target == "b").mean()


def test_calibration_bins_by_hand():
    share = np.array([0.05, 0.05, 0.1, 0.15, 0.95, 0.99, 1.0, 0.0])
    target = np.array(["n", "y", "n", "n", "y", "y", "n", "n"], dtype=object)
    p = Predictions(np.arange(8), target, target, np.column_stack([1 - share, share]), ("n", "y"))
    curve = calibration_curve(p, "y")
    assert curve.counts.sum() == 8
    assert len(curve.counts) == len(curve.predicted) == len(curve.observed)
    assert curve.observed[-1] == pytest.approx(2 / 3)
    assert curve.predicted[-1] == pytest.approx((0.95 + 0.99 + 1) / 3)
    assert curve.counts @ curve.observed == pytest.approx(3)
    assert curve.counts @ curve.predicted == pytest.approx(share.sum())


def test_residuals_are_target_minus_prediction():
    p = make_predictions(np.array([[1.0], [2.0]]), rows=np.array([7, 9]), target=np.array([1.5, 1.0]))
    got = residuals(p)
    assert got.residual.tolist() == [0.5, -1.0]
    assert got.rows.tolist() == [7, 9]


@pytest.mark.parametrize("curve", [roc_curve, precision_recall_curve, calibration_curve, gain_curve])
def test_a_class_alone_has_no_curve(curve):
    p = make_predictions(
        np.zeros((3, 2)), rows=np.arange(3), target=np.zeros(3, int), classes=("a", "b"), probabilities=softmax
    )
    with pytest.raises(UndefinedScoreError, match="'b'"):
        curve(p, "b")
    with pytest.raises(UndefinedScoreError, match="'a'"):
        curve(p, "a")


def test_gain_and_lift_by_hand():
    share = np.array([0.9, 0.8, 0.8, 0.3, 0.1])
    target = np.array(["y", "y", "n", "n", "y"], dtype=object)
    curve = gain_curve(Predictions(np.arange(5), target, target, np.column_stack([1 - share, share]), ("n", "y")), "y")
    assert curve.taken == pytest.approx([0, 0.2, 0.6, 0.8, 1])
    assert curve.gain == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 1])
    assert curve.lift[1:] == pytest.approx([5 / 3, 10 / 9, 5 / 6, 1])
    assert curve.thresholds.tolist() == [np.inf, 0.9, 0.8, 0.3, 0.1]
    assert curve.share == 0.6


def test_gain_is_recall_over_the_rows_that_are_called(three):
    curve = gain_curve(three, "c")
    share, is_class = three.probabilities[:, 2], three.target == "c"
    for at in range(1, len(curve.taken), 37):
        called = share >= curve.thresholds[at]
        assert curve.gain[at] == pytest.approx(sk.recall_score(is_class, called))
        assert curve.lift[at] == pytest.approx(sk.precision_score(is_class, called) / is_class.mean())
