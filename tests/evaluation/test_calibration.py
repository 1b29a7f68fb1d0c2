"""Calibration and temperature against scikit-learn, torch and data whose temperature is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from gdstudio.evaluation.calibration import calibration, fit_temperature, with_temperature
from gdstudio.evaluation.entry import UndefinedScoreError
from gdstudio.evaluation.predictions import make_predictions
from gdstudio.objectives.probabilities import logistic, softmax

RNG = np.random.default_rng(3)


def drawn(n, classes, factor):
    """Rows whose class is drawn with the probabilities of their logits; the model says ``factor`` times as much."""
    logits = RNG.normal(size=(n, classes)) * 1.5
    target = (logits + RNG.gumbel(size=logits.shape)).argmax(axis=1)
    names = tuple("abcdefgh"[:classes])
    return factor * logits, make_predictions(
        factor * logits, rows=np.arange(n), target=target, classes=names, probabilities=softmax
    )


@pytest.mark.parametrize(("factor", "classes"), [(3.0, 4), (0.5, 3), (1.0, 2)])
def test_a_model_that_exaggerates_is_found_out(factor, classes):
    _, p = drawn(20_000, classes, factor)
    assert fit_temperature(p) == pytest.approx(factor, rel=0.05)


def test_the_temperature_equals_torch():
    logits, p = drawn(500, 3, 2.0)
    at = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([at], max_iter=200, tolerance_grad=1e-12, tolerance_change=1e-14)
    target = torch.as_tensor(p.target_codes)

    def closure():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(torch.as_tensor(logits) / at, target)
        loss.backward()
        return loss

    optimizer.step(closure)
    assert fit_temperature(p) == pytest.approx(at.item(), rel=1e-5)
    assert with_temperature(p, 2.0).probabilities == pytest.approx(softmax(logits / 2.0), abs=1e-12)


def test_it_helps_where_it_was_not_fitted_and_keeps_every_prediction():
    _, validation = drawn(3_000, 4, 3.0)
    _, test = drawn(3_000, 4, 3.0)
    mended = with_temperature(test, fit_temperature(validation))
    before, after = calibration(test), calibration(mended)
    assert after.log_loss < before.log_loss
    assert after.error < before.error / 3
    assert (mended.prediction == test.prediction).all()
    assert (mended.probabilities.argmax(1) == test.probabilities.argmax(1)).all()


def test_scores_equal_scikit_learn():
    outputs = RNG.normal(size=(200, 1))
    target = (outputs[:, 0] + RNG.normal(size=200) > 0).astype(int)
    p = make_predictions(outputs, rows=np.arange(200), target=target, classes=("n", "y"), probabilities=logistic)
    got = calibration(p)
    assert got.brier == pytest.approx(sk.brier_score_loss(target, p.probabilities[:, 1]))
    assert got.log_loss == pytest.approx(sk.log_loss(target, p.probabilities))


def test_the_calibration_error_by_hand():
    outputs = np.log([[0.95, 0.05], [0.95, 0.05], [0.38, 0.62], [0.35, 0.65]])
    p = make_predictions(
        outputs, rows=np.arange(4), target=np.array([0, 1, 1, 1]), classes=("a", "b"), probabilities=softmax
    )
    # Bins (0.933, 1]: 0.95 against 1/2; (0.6, 0.667]: 0.635 against 1.
    assert calibration(p).error == pytest.approx((2 * 0.45 + 2 * 0.365) / 4)


def test_rows_that_are_all_right_have_no_temperature():
    p = make_predictions(
        np.array([[2.0, 0.0], [0.0, 3.0]]), rows=np.arange(2), target=np.array([0, 1]), classes=("a", "b"),
        probabilities=softmax,
    )  # fmt: skip
    with pytest.raises(UndefinedScoreError, match="right"):
        fit_temperature(p)


def test_rows_that_are_mostly_wrong_have_no_temperature():
    p = make_predictions(
        np.array([[2.0, 0.0], [0.0, 3.0], [1.0, 0.0]]), rows=np.arange(3), target=np.array([1, 0, 0]),
        classes=("a", "b"), probabilities=softmax,
    )  # fmt: skip
    with pytest.raises(UndefinedScoreError, match="chance"):
        fit_temperature(p)
