"""Every kind of curve in its common form: equal to scikit-learn, to the outcome of a threshold, and when thinned."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from gdstudio.evaluation.curve_kinds import KINDS, curves_of, thinned
from gdstudio.evaluation.predictions import Predictions, make_predictions
from gdstudio.evaluation.threshold import sweep


@pytest.fixture(scope="module", params=[load_breast_cancer, load_iris], ids=["breast_cancer", "iris"])
def fitted(request) -> Predictions:
    x, y = request.param(return_X_y=True)
    # Poor on purpose: curves of a perfect model would hide mistakes.
    x = StandardScaler().fit_transform(x)[:, :2]
    share = LogisticRegression(C=0.01).fit(x, y).predict_proba(x)
    return make_predictions(
        share, rows=np.arange(len(y)), target=y, classes=tuple(f"c{i}" for i in range(share.shape[1])),
        probabilities=lambda outputs: outputs,
    )  # fmt: skip


def test_curves_equal_scikit_learn(fitted):
    for column, name in enumerate(fitted.classes):
        y, share = fitted.target == name, fitted.probabilities[:, column]
        roc = KINDS["roc"].make(fitted, name)
        assert np.array_equal([roc.x, roc.y], sk.roc_curve(y, share)[:2])
        assert roc.summary == f"AUC {sk.roc_auc_score(y, share):.3f}"
        precision, recall, _ = sk.precision_recall_curve(y, share, drop_intermediate=True)
        made = KINDS["precision_recall"].make(fitted, name)
        assert np.array_equal(np.c_[made.x, made.y], np.c_[recall, precision])
        assert made.summary == f"AP {sk.average_precision_score(y, share):.3f}"
        assert made.guessing == y.mean()
        observed, predicted = calibration_curve(y, share, n_bins=10)
        made = KINDS["calibration"].make(fitted, name)
        assert np.array_equal(np.c_[made.x, made.y], np.c_[predicted, observed])
        assert made.counts.sum() == len(y)
        assert made.summary == f"Brier {sk.brier_score_loss(y, share):.4f}"


@pytest.mark.parametrize("key", ["roc", "precision_recall", "gain", "lift"])
def test_the_point_of_a_threshold_lies_on_the_curve(fitted, key):
    kind, name = KINDS[key], fitted.classes[-1]
    curve, swept = kind.make(fitted, name), sweep(fitted, name)
    for place in range(1, len(curve.thresholds) - 1, 7):
        x, y = kind.point(swept.at(curve.thresholds[place]))
        assert (x, y) == pytest.approx((curve.x[place], curve.y[place]))


def test_a_class_without_rows_has_a_reason():
    p = make_predictions(
        np.full((3, 2), 0.5), rows=np.arange(3), target=np.zeros(3, int), classes=("a", "b"),
        probabilities=lambda outputs: outputs,
    )  # fmt: skip
    found, reasons = curves_of(KINDS["gain"], p, p.classes)
    assert not found
    assert reasons == {
        "a": "Every row of this part is of the class 'a'.", "b": "No row of this part is of the class 'b'."
    }  # fmt: skip


def test_a_long_curve_is_thinned_to_its_shape():
    random = np.random.default_rng(0)
    codes = random.integers(0, 2, 100_000)
    share = 1 / (1 + np.exp(-(2 * codes - 1 + 1.5 * random.normal(size=len(codes)))))
    p = make_predictions(
        np.c_[1 - share, share], rows=np.arange(len(codes)), target=codes, classes=("n", "y"),
        probabilities=lambda outputs: outputs,
    )  # fmt: skip
    for kind in KINDS.values():
        curve = kind.make(p, "y")
        kept = thinned(curve, 500)
        assert len(kept) <= 501
        assert kept[0] == 0
        assert kept[-1] == len(curve.x) - 1
        if kind.key in ("roc", "gain"):
            assert np.abs(np.interp(curve.x, curve.x[kept], curve.y[kept]) - curve.y).max() < 0.005
