"""Coefficients in raw units: scikit-learn on the raw frame gives the same ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, Ridge

from gdstudio.data.preparation import NumericColumn, OneHotColumn, OrderedColumn, Preparation
from gdstudio.evaluation.explain.coefficients import closed_form, linear_weights, raw_coefficients

LEAST_SQUARES = {
    "model.kind": "linear",
    "optimizer.kind": "lbfgs",
    "optimizer.lr": 1.0,
    "training.batch_size": 0,
    "training.epochs": 60,
}


def formula(coefficients, result, rows):
    """``intercept + Σ value·u`` on raw rows of numbers and of categories with whole numbers for names."""
    raw = result.dataset.table.frame.iloc[rows]
    known = []
    for term in coefficients.terms:
        values = raw[term.column].to_numpy(dtype=np.float64)
        known.append(values == float(term.name.split(" = ")[1]) if " = " in term.name else values)
    return np.stack(known, axis=1).astype(np.float64) @ coefficients.values + coefficients.intercept


def numeric(coefficients):
    """The raw coefficients, a category of two as the difference between them, so that its column is a number."""
    found = {}
    for term, value in zip(coefficients.terms, coefficients.values[:, 0], strict=True):
        found[term.column] = value - found[term.column] if term.column in found else value
    return np.array(list(found.values()))


@pytest.mark.parametrize("scale", ["standard", "min_max", "robust"])
def test_least_squares_in_raw_units_equals_scikit_learn(scale, trained):
    result = trained("diabetes", {**LEAST_SQUARES, "data.preparation.scale": scale})
    data = result.dataset
    weight, bias = linear_weights(result.model)
    got = raw_coefficients(weight, bias, data.preparation, loss="mse")
    best = closed_form(weight, bias, data.preparation, data.train.features, data.train.target)
    raw = data.table.frame.iloc[data.train.rows]
    reference = LinearRegression().fit(raw[list(data.preparation.raw_columns)], raw[data.preparation.target])
    step = raw[list(data.preparation.raw_columns)].std().to_numpy()
    largest = np.abs(reference.coef_ * step).max()
    assert best.unique
    np.testing.assert_allclose(numeric(best.coefficients) * step, reference.coef_ * step, atol=1e-4 * largest)
    # Halfway between the two categories named 1 and 2.
    sex = reference.coef_[list(data.preparation.raw_columns).index("sex")]
    assert best.coefficients.intercept[0] == pytest.approx(reference.intercept_ + 1.5 * sex, rel=1e-4)
    # What training reached, to a thousandth.
    np.testing.assert_allclose(numeric(got) * step, reference.coef_ * step, atol=1e-3 * largest)
    assert best.coefficient_difference < 1e-3
    assert best.difference < 1e-3
    np.testing.assert_allclose(
        formula(got, result, data.test.rows)[:, 0], result.predictions["test"].prediction, rtol=1e-4
    )


def test_ridge_equals_scikit_learn(trained):
    result = trained("diabetes", {**LEAST_SQUARES, "regularization.l2": 0.05})
    data = result.dataset
    weight, bias = linear_weights(result.model)
    best = closed_form(weight, bias, data.preparation, data.train.features, data.train.target, l2=0.05)
    reference = Ridge(alpha=0.05 * len(data.train)).fit(data.train.features, data.train.target)
    expected = reference.coef_ * data.preparation.target_scale / [term.scale for term in best.coefficients.terms]
    expected[1:3] -= expected[1:3].mean()
    np.testing.assert_allclose(best.coefficients.values[:, 0], expected, rtol=1e-4)
    assert best.coefficient_difference < 1e-3
    plain = closed_form(weight, bias, data.preparation, data.train.features, data.train.target)
    assert plain.coefficient_difference > 0.01


@pytest.mark.parametrize(("sample", "loss"), [("breast_cancer", "binary_cross_entropy"), ("wine", "cross_entropy")])
def test_a_classifiers_coefficients_give_its_log_odds(sample, loss, trained):
    result = trained(sample, {"model.kind": "linear"})
    weight, bias = linear_weights(result.model)
    got = raw_coefficients(weight, bias, result.dataset.preparation, loss=loss)
    scores = formula(got, result, result.dataset.test.rows)
    shares = result.predictions["test"].probabilities
    if sample == "breast_cancer":
        expected = np.log(shares[:, 1:] / shares[:, :1])
        np.testing.assert_allclose(got.odds_ratios, np.exp(got.values))
        assert got.outputs == (result.dataset.classes[1],)
    else:
        expected = np.log(shares) - np.log(shares).mean(axis=1, keepdims=True)
        assert got.odds_ratios is None
        np.testing.assert_allclose(got.values.sum(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(scores, expected, atol=2e-3)


def test_categories_keep_their_own_coefficient_and_dependent_ones_say_so():
    preparation = Preparation(
        task="regression",
        target="y",
        columns=(
            NumericColumn(name="x", fill=0, center=5, scale=2),
            OneHotColumn(name="c", categories=("a", "b"), fill="a"),
            OrderedColumn(name="o", categories=("low", "high"), fill="low", center=0.5, scale=0.5),
        ),
        target_center=10,
        target_scale=4,
    )
    weight, bias = np.array([[1.0, 2.0, 3.0, 0.5]]), np.array([0.25])
    got = raw_coefficients(weight, bias, preparation, loss="mse")
    assert got.values[:, 0].tolist() == [2.0, -2.0, 2.0, 4.0]
    frame = pd.DataFrame({"x": [1.0, 7.0], "c": ["a", "b"], "o": ["high", "low"]})
    inputs = preparation.transform(frame)
    expected = (inputs @ weight[0] + bias[0]) * 4 + 10
    by_hand = got.intercept[0] + np.array([2 * 1 - 2 + 4, 2 * 7 + 2])
    np.testing.assert_allclose(by_hand, expected, rtol=1e-6)
    random = np.random.default_rng(0)
    category = random.integers(0, 2, 50)
    features = np.stack([random.normal(size=50), category == 0, category == 1, random.normal(size=50)], axis=1)
    target = (features @ weight[0] + bias[0]).astype(np.float32)
    best = closed_form(weight, bias, preparation, features.astype(np.float32), target)
    assert best.unique
    assert best.coefficient_difference < 1e-5
    assert best.difference < 1e-5
    features[:, 3] = 3 * features[:, 0]
    best = closed_form(weight, bias, preparation, features.astype(np.float32), target)
    assert not best.unique
    assert best.coefficient_difference is None


def test_a_network_has_no_coefficients(trained):
    assert linear_weights(trained("iris").model) is None
    assert linear_weights(trained("iris", {"model.hidden": ()}).model) is not None
