"""Contributions to one prediction: complete, equal to the closed form of a linear model, and against plain torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gdstudio.evaluation.explain.attribution import attribute

CASES = [
    ("iris", {}),
    ("wine", {"model.hidden": (16,), "model.activation": "tanh"}),
    ("breast_cancer", {"model.normalization": "batch", "model.dropout": 0.3}),
    ("purchase", {}),
    ("diabetes", {}),
]


def explain(result, explained, row, **options):
    predictor, _ = explained(result)
    test, train = result.dataset.test, result.dataset.train
    return predictor, attribute(predictor, test.features[row], train.features.mean(axis=0), **options)


@pytest.mark.parametrize("quantity", ["log_odds", "probability"])
@pytest.mark.parametrize(("sample", "values"), CASES)
def test_integrated_gradients_are_complete(sample, values, quantity, trained, explained):
    result = trained(sample, values)
    for row in range(12):
        for index in range(max(len(result.dataset.classes), 1)):
            _, got = explain(result, explained, row, class_index=index, quantity=quantity)
            difference = abs(got.prediction - got.baseline)
            assert abs(got.gap) <= 1e-3 * difference + 1e-9
            assert len(got.integrated) == len(result.dataset.preparation.raw_columns)


def test_the_ends_are_the_models_own_predictions(trained, explained):
    result = trained("breast_cancer")
    predictor, got = explain(result, explained, 3, class_index=1, quantity="probability")
    assert got.prediction == pytest.approx(result.predictions["test"].probabilities[3, 1], abs=1e-6)
    mean = result.dataset.train.features.mean(axis=0, keepdims=True)
    assert got.baseline == pytest.approx(predictor.values(mean)[0, 1], abs=1e-6)
    assert got.class_name == result.dataset.classes[1]
    result = trained("diabetes")
    _, got = explain(result, explained, 3)
    assert got.prediction == pytest.approx(result.predictions["test"].prediction[3], rel=1e-5)
    assert (got.quantity, got.class_name) == ("value", "")


def test_integrated_gradients_equal_a_fine_riemann_sum(trained, explained):
    result = trained("wine")
    predictor, got = explain(result, explained, 5, class_index=2, quantity="probability")
    x = torch.from_numpy(result.dataset.test.features[5]).double()
    b = torch.from_numpy(result.dataset.train.features.mean(axis=0)).double()
    steps = 20_000
    at = (b + ((torch.arange(steps) + 0.5) / steps)[:, None] * (x - b)).requires_grad_(True)
    model = predictor.model
    weights = {n: p.detach().double() for n, p in model.named_parameters()}
    torch.softmax(torch.func.functional_call(model, weights, (at,)), dim=1)[:, 2].sum().backward()
    expected = (at.grad.mean(dim=0) * (x - b)).numpy()
    np.testing.assert_allclose(got.integrated, expected, atol=1e-3 * np.abs(expected).max())


def test_both_ways_equal_weight_times_distance_for_a_linear_model(trained, explained):
    result = trained("diabetes", {"model.kind": "linear"})
    _, got = explain(result, explained, 0)
    weight = next(result.model.parameters()).detach().double().numpy()[0]
    distance = result.dataset.test.features[0] - result.dataset.train.features.mean(axis=0)
    expected = weight * distance * result.dataset.preparation.target_scale
    expected = np.add.reduceat(expected, [0, 1, *range(3, 11)])  # the two inputs of sex are one column
    np.testing.assert_allclose(got.integrated, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(got.gradient_input, expected, rtol=1e-5, atol=1e-6)
    assert abs(got.gradient_gap) < 1e-6


def test_inputs_of_a_category_are_summed_to_their_column(trained, explained):
    result = trained("purchase", {"model.kind": "linear"})
    _, got = explain(result, explained, 1, class_index=1)
    preparation = result.dataset.preparation
    weight = next(result.model.parameters()).detach().double().numpy()
    weight = weight[0] if len(weight) == 1 else weight[1] - weight[0]
    distance = result.dataset.test.features[1] - result.dataset.train.features.mean(axis=0)
    place = 0
    for value, column in zip(got.integrated, preparation.columns, strict=True):
        width = len(column.feature_names)
        expected = float((weight * distance)[place : place + width].sum())
        assert value == pytest.approx(expected, abs=1e-5)
        place += width


def test_the_baseline_itself_has_nothing_to_explain(trained, explained):
    result = trained("iris")
    predictor, _ = explained(result)
    mean = result.dataset.train.features.mean(axis=0)
    got = attribute(predictor, mean, mean)
    assert got.gap == 0
    assert got.relative_gap == 0
    assert not got.integrated.any()
