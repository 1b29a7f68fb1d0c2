"""What units compute: the layers' own weights, and values that NumPy finds as well."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import torch
from torch import nn

from gdstudio.evaluation.units import unit_layers

INPUTS = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    parts = [("hidden_1", nn.Linear(2, 5)), ("activation_1", nn.Tanh()), ("dropout_1", nn.Dropout(0.5))]
    return nn.Sequential(OrderedDict([*parts, ("output", nn.Linear(5, 1))]))


def test_values_are_those_behind_the_activation_and_the_model_stays_as_it_was() -> None:
    model = network().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    hidden, output = unit_layers(model, INPUTS)
    assert (hidden.name, output.name) == ("hidden_1", "output")
    expected = np.tanh(INPUTS @ model[0].weight.detach().numpy().T + model[0].bias.detach().numpy())
    np.testing.assert_allclose(hidden.values, expected, atol=1e-6)
    np.testing.assert_allclose(output.values, expected @ output.weights.T + output.bias, atol=1e-6)
    assert all(part.training for part in model.modules())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    with torch.no_grad():
        model[0].weight.zero_()
    assert hidden.weights.any(), "the weights are a copy"


def test_no_rows_give_the_weights_alone_and_no_chain_gives_nothing() -> None:
    layers = unit_layers(network(), INPUTS[:0])
    assert [layer.values.shape for layer in layers] == [(0, 5), (0, 1)]
    assert unit_layers(nn.Linear(2, 1), INPUTS) == ()
