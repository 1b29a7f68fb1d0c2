"""Predicting changes nothing and draws nothing."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from gdstudio.evaluation.predict import outputs_of
from gdstudio.evaluation.predictions import make_predictions
from gdstudio.models.layers.dropout import dropout_random
from gdstudio.models.mlp import ENTRY, MlpSettings
from gdstudio.objectives.probabilities import logistic


def net():
    torch.manual_seed(0)
    return ENTRY.build(MlpSettings(hidden=(8, 4), dropout=0.5, normalization="batch"), 5, 2, 0)


def test_portions_do_not_matter_and_an_array_is_as_good_as_a_tensor():
    model, x = net(), np.random.default_rng(0).normal(size=(100, 5)).astype(np.float32)
    whole = outputs_of(model, x)
    assert whole.shape == (100, 2)
    assert whole.dtype == np.float32
    np.testing.assert_allclose(outputs_of(model, torch.from_numpy(x), "cpu", batch_rows=7), whole, rtol=1e-5, atol=1e-6)
    copied = copy.deepcopy(model).eval()
    np.testing.assert_array_equal(whole, copied(torch.from_numpy(x)).detach().numpy())
    assert outputs_of(model, x[:0]).shape == (0, 2)


def test_the_model_and_every_generator_are_left_as_they_were():
    model = net().train()
    model.norm_1.eval()  # a part that was frozen by hand stays frozen
    model(torch.randn(6, 5))
    modes = [m.training for m in model.modules()]
    before = copy.deepcopy(model.state_dict())
    streams = torch.get_rng_state(), dropout_random(model).get_rng_state()
    outputs_of(model, torch.randn(20, 5, generator=torch.Generator().manual_seed(1)))
    assert [m.training for m in model.modules()] == modes
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), streams[0])
    assert torch.equal(dropout_random(model).get_rng_state(), streams[1])
    assert all(p.grad is None for p in model.parameters())


def test_modes_come_back_after_a_failure():
    model = net().train()
    with pytest.raises(RuntimeError):
        outputs_of(model, torch.randn(3, 9))
    assert all(m.training for m in model.modules())
    assert torch.is_grad_enabled()


def test_a_model_without_parameters_predicts_too():
    assert outputs_of(nn.Identity(), np.ones((2, 3), np.float32)).tolist() == [[1, 1, 1], [1, 1, 1]]


def test_predictions_are_names_of_the_likeliest_class():
    outputs = np.array([[-2.0], [3.0], [0.1]])
    p = make_predictions(
        outputs, rows=np.array([4, 2, 9]), target=np.array([0, 0, 1]), classes=("no", "yes"), probabilities=logistic
    )
    assert p.prediction.tolist() == ["no", "yes", "yes"]
    assert p.target.tolist() == ["no", "no", "yes"]
    assert p.rows.tolist() == [4, 2, 9]
    assert p.prediction_codes.tolist() == [0, 1, 1]
    assert p.target_codes.tolist() == [0, 0, 1]
    assert len(p) == 3


def test_unknown_targets_stay_unknown():
    assert make_predictions(np.ones((2, 1)), rows=np.arange(2), target=None).target is None
    with pytest.raises(ValueError, match="probabilities"):
        make_predictions(np.ones((2, 1)), rows=np.arange(2), target=None, classes=("a", "b"))
