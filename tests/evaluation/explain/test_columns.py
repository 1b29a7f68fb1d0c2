"""Importance and dependence of raw columns, against scikit-learn on the raw frame."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.inspection import partial_dependence as sklearn_dependence
from sklearn.inspection import permutation_importance as sklearn_importance

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.evaluation.explain.dependence import partial_dependence
from gdstudio.evaluation.explain.importance import permutation_importance
from gdstudio.evaluation.explain.predictor import Predictor, some_rows


class Wrapped(BaseEstimator):
    """Raw frame in, predictions out: each call prepares the frame anew, as scikit-learn shuffled it."""

    def __init__(self, predictor: Predictor | None = None) -> None:
        self.predictor = predictor

    def fit(self, x: pd.DataFrame, y: Any) -> Wrapped:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    @property
    def classes_(self) -> Any:
        return np.array(self.predictor.preparation.classes, dtype=object)

    def values(self, x: pd.DataFrame) -> Any:
        return self.predictor.values(self.predictor.preparation.transform(x))


class Classifier(ClassifierMixin, Wrapped):
    def predict_proba(self, x: pd.DataFrame) -> Any:
        return self.values(x)

    def predict(self, x: pd.DataFrame) -> Any:
        return self.classes_[self.values(x).argmax(axis=1)]


class Regressor(RegressorMixin, Wrapped):
    def predict(self, x: pd.DataFrame) -> Any:
        return self.values(x)[:, 0]


def wrapped(predictor: Predictor) -> Any:
    return Regressor(predictor) if predictor.preparation.task == "regression" else Classifier(predictor)


CASES = [
    ("iris", "accuracy", "accuracy"),
    ("wine", "balanced_accuracy", "balanced_accuracy"),
    ("breast_cancer", "accuracy", "accuracy"),
    ("purchase", "accuracy", "accuracy"),
    ("diabetes", "r2", "r2"),
    ("diabetes", "rmse", "neg_root_mean_squared_error"),
]


@pytest.mark.parametrize(("sample", "score", "scoring"), CASES)
def test_importance_equals_scikit_learn(sample, score, scoring, trained, explained):
    predictor, frame = explained(trained(sample), "test")
    frame = frame.head(80)
    got = permutation_importance(predictor, frame, score=score, repeats=4, seed=3)
    names = list(predictor.preparation.raw_columns)
    target = frame[predictor.preparation.target]
    if predictor.preparation.task != "regression":
        target = predictor.preparation.decode_target(predictor.preparation.encode_target(target))
    expected = sklearn_importance(
        wrapped(predictor), frame[names], target, scoring=scoring, n_repeats=4, random_state=3
    )
    assert got.columns == tuple(names)
    np.testing.assert_allclose(got.drops, expected.importances, atol=1e-6)
    np.testing.assert_allclose(got.mean, expected.importances_mean, atol=1e-6)
    np.testing.assert_allclose(got.deviation, expected.importances_std, atol=1e-6)
    assert np.abs(got.drops).max() > 0


def test_intervals_are_students_and_need_two_repeats(trained, explained):
    from scipy import stats

    predictor, frame = explained(trained("iris"))
    got = permutation_importance(predictor, frame, score="log_loss", repeats=6)
    low, high = got.interval
    expected = stats.t.interval(0.95, 5, loc=got.drops[2].mean(), scale=stats.sem(got.drops[2]))
    assert (low[2], high[2]) == pytest.approx(expected)
    assert got.mean[2] > 0  # a loss that rises is a drop
    one = permutation_importance(predictor, frame, score="log_loss", repeats=1)
    assert np.isnan(one.interval[0]).all()


def test_a_large_frame_is_sampled_and_says_so(trained, explained):
    predictor, frame = explained(trained("breast_cancer"), "train")
    got = permutation_importance(predictor, frame, score="accuracy", repeats=2, most_rows=50)
    assert (got.rows, got.of) == (50, len(frame))
    again = permutation_importance(predictor, frame.iloc[some_rows(len(frame), 50)], score="accuracy", repeats=2)
    np.testing.assert_array_equal(got.drops, again.drops)


def test_importance_ends_when_asked_and_refuses_what_has_no_value(trained, explained):
    predictor, frame = explained(trained("breast_cancer"))
    shares: list[float] = []
    with pytest.raises(Cancelled):
        permutation_importance(
            predictor, frame, score="accuracy", progress=shares.append, cancelled=lambda: len(shares) > 3
        )
    assert len(shares) == 4
    with pytest.raises(StudioError, match="no rows"):
        permutation_importance(predictor, frame.head(0), score="accuracy")
    one_class = frame[frame[predictor.preparation.target] == frame[predictor.preparation.target].iloc[0]]
    with pytest.raises(StudioError, match="not defined"):
        permutation_importance(predictor, one_class, score="roc_auc")


def test_explaining_leaves_model_and_frame_alone(trained, explained):
    result = trained("wine")
    predictor, frame = explained(result)
    before, weights = frame.copy(), [p.detach().clone() for p in result.model.parameters()]
    gradients = [p.grad for p in result.model.parameters()]
    permutation_importance(predictor, frame, score="accuracy", repeats=2)
    partial_dependence(predictor, frame, predictor.preparation.raw_columns[0])
    pd.testing.assert_frame_equal(frame, before)
    assert all((a == b).all() for a, b in zip(weights, result.model.parameters(), strict=True))
    assert all(a is p.grad for a, p in zip(gradients, result.model.parameters(), strict=True))


@pytest.mark.parametrize("sample", ["iris", "wine", "breast_cancer", "diabetes"])
def test_dependence_on_numbers_equals_scikit_learn(sample, trained, explained):
    predictor, frame = explained(trained(sample), "train")
    names = list(predictor.preparation.raw_columns)
    column = names[2]
    got = partial_dependence(predictor, frame, column, points=12, individuals=10_000)
    expected = sklearn_dependence(
        wrapped(predictor), frame[names].astype(float), [column], method="brute", kind="both", grid_resolution=12,
        response_method="auto",
    )  # fmt: skip
    np.testing.assert_allclose(got.grid, expected["grid_values"][0])
    # scikit-learn gives the positive class alone where there are two.
    kept = slice(1, 2) if predictor.preparation.task == "binary" else slice(None)
    np.testing.assert_allclose(got.average[:, kept].T, expected["average"], atol=1e-6)
    np.testing.assert_allclose(np.moveaxis(got.individual[..., kept], 2, 0), expected["individual"], atol=1e-6)


def test_dependence_on_categories_equals_scikit_learn(trained, explained):
    predictor, frame = explained(trained("diabetes"), "train")
    names = list(predictor.preparation.raw_columns)
    got = partial_dependence(predictor, frame, "sex", individuals=10_000)
    place = names.index("sex")
    expected = sklearn_dependence(
        wrapped(predictor), frame[names], [place], categorical_features=[place], method="brute", kind="both"
    )
    assert got.grid.tolist() == [f"{value:g}" for value in expected["grid_values"][0]]
    np.testing.assert_allclose(got.average.T, expected["average"], rtol=1e-6)
    np.testing.assert_allclose(got.individual[..., 0], expected["individual"][0], rtol=1e-5)
    assert not got.numeric
    assert set(got.observed) <= set(got.grid)


def test_a_model_that_has_diverged_says_so(trained, explained):
    predictor, frame = explained(trained("wine"))
    broken = copy.deepcopy(predictor.model)
    next(broken.parameters()).data.fill_(float("nan"))
    diverged = Predictor(broken, predictor.preparation, predictor.probabilities)
    with pytest.raises(StudioError, match="diverged"):
        partial_dependence(diverged, frame, predictor.preparation.raw_columns[0])
    with pytest.raises(StudioError, match="not defined"):
        permutation_importance(diverged, frame, score="log_loss", repeats=1)


def test_dependence_on_a_column_of_one_value_and_of_none(trained, explained):
    predictor, frame = explained(trained("wine"))
    name = predictor.preparation.raw_columns[0]
    constant = partial_dependence(predictor, frame.assign(**{name: 3.0}), name)
    assert constant.grid.tolist() == [3.0]
    with pytest.raises(StudioError, match="holds no value"):
        partial_dependence(predictor, frame.assign(**{name: np.nan}), name)
