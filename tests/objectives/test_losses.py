"""Losses and probabilities against scikit-learn, closed forms and each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.metrics import hinge_loss, log_loss, mean_absolute_error, mean_squared_error

from gdstudio.core.registry import registry
from gdstudio.objectives.probabilities import logistic, softmax

LOSSES = registry("losses")
RNG = np.random.default_rng(0)
MARGIN = RNG.normal(size=(40, 1)) * 3
LOGITS = RNG.normal(size=(40, 3)) * 3
TWO = RNG.integers(0, 2, 40)
THREE = RNG.integers(0, 3, 40)
VALUES = RNG.normal(size=40)


def loss(key, outputs, target, **chosen):
    entry = LOSSES[key]
    return entry.build(entry.settings(**chosen))(torch.tensor(outputs), torch.tensor(target)).item()


def test_binary_cross_entropy_is_log_loss():
    expected = log_loss(TWO, expit(MARGIN[:, 0]))
    assert loss("binary_cross_entropy", MARGIN, TWO) == pytest.approx(expected, rel=1e-12)


def test_cross_entropy_is_log_loss_and_does_for_two_what_binary_does():
    assert loss("cross_entropy", LOGITS, THREE) == pytest.approx(log_loss(THREE, softmax(LOGITS)), rel=1e-12)
    two = np.hstack([np.zeros_like(MARGIN), MARGIN])
    assert loss("cross_entropy", two, TWO) == pytest.approx(loss("binary_cross_entropy", MARGIN, TWO), rel=1e-12)


def test_label_smoothing_spreads_the_target_evenly():
    target = np.full((40, 3), 0.1 / 3)
    target[np.arange(40), THREE] += 0.9
    expected = -(target * np.log(softmax(LOGITS))).sum(1).mean()
    assert loss("cross_entropy", LOGITS, THREE, label_smoothing=0.1) == pytest.approx(expected, rel=1e-12)


def test_errors_of_numbers():
    prediction = MARGIN[:, 0]
    assert loss("mse", MARGIN, VALUES) == pytest.approx(mean_squared_error(VALUES, prediction), rel=1e-12)
    assert loss("mae", MARGIN, VALUES) == pytest.approx(mean_absolute_error(VALUES, prediction), rel=1e-12)
    error = np.abs(prediction - VALUES)
    expected = np.where(error <= 0.7, error**2 / 2, 0.7 * (error - 0.35)).mean()
    assert loss("huber", MARGIN, VALUES, delta=0.7) == pytest.approx(expected, rel=1e-12)


def test_hinge_of_two_classes():
    assert loss("hinge", MARGIN, TWO) == pytest.approx(hinge_loss(TWO, MARGIN[:, 0]), rel=1e-12)
    miss = np.maximum(0, 0.5 - (2 * TWO - 1) * MARGIN[:, 0])
    assert loss("hinge", MARGIN, TWO, margin=0.5, squared=True) == pytest.approx((miss**2).mean(), rel=1e-12)


def test_hinge_of_several_classes_follows_its_formula():
    right = LOGITS[np.arange(40), THREE][:, None]
    miss = np.maximum(0, 1 - right + LOGITS)
    miss[np.arange(40), THREE] = 0
    assert loss("hinge", LOGITS, THREE) == pytest.approx(miss.sum() / (40 * 3), rel=1e-12)
    wide = np.maximum(0, 2.5 - right + LOGITS) ** 2
    wide[np.arange(40), THREE] = 0
    assert loss("hinge", LOGITS, THREE, margin=2.5, squared=True) == pytest.approx(wide.sum() / (40 * 3), rel=1e-12)


@pytest.mark.parametrize(
    ("key", "task", "classes", "width"),
    [
        ("binary_cross_entropy", "binary", 2, 1),
        ("cross_entropy", "binary", 2, 2),
        ("cross_entropy", "multiclass", 7, 7),
        ("hinge", "binary", 2, 1),
        ("hinge", "multiclass", 7, 7),
        ("mse", "regression", 0, 1),
    ],
)
def test_outputs_fit_loss_and_probabilities(key, task, classes, width):
    entry = LOSSES[key]
    assert entry.outputs(task, classes) == width
    if entry.probabilities:
        shares = entry.probabilities(RNG.normal(size=(9, width)).astype(np.float32) * 20)
        assert shares.shape == (9, classes)
        assert shares.dtype == np.float64
        np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-14)


def test_probabilities_of_extreme_outputs_stay_numbers():
    shares = logistic(np.array([[-1e4], [0.0], [1e4]], dtype=np.float32))
    np.testing.assert_array_equal(shares, [[1, 0], [0.5, 0.5], [0, 1]])
    np.testing.assert_allclose(logistic(MARGIN)[:, 1], expit(MARGIN[:, 0]), rtol=1e-14)
    assert np.isnan(softmax(np.array([[np.nan, 0.0], [np.inf, 0.0]]))).all()


def test_each_task_has_exactly_one_usual_loss():
    for task in ("binary", "multiclass", "regression"):
        usual = [e for e in LOSSES.values() if task in e.default_for]
        assert len(usual) == 1
        assert task in usual[0].tasks
