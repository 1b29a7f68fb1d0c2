"""Parameter counts without torch, names that are persisted, and an mlp without layers."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
import ziamath
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.models.activations import ACTIVATIONS, ActivationName
from gdstudio.models.mlp import MlpSettings

MLP = registry("models")["mlp"]
LINEAR = registry("models")["linear"]

drawn_settings = st.builds(
    MlpSettings,
    hidden=st.lists(st.integers(1, 20), max_size=6).map(tuple),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    dropout=st.floats(0, 0.9),
    normalization=st.sampled_from(["none", "batch", "layer"]),
)


@settings(max_examples=40, deadline=None)
@given(chosen=drawn_settings, inputs=st.integers(1, 12), outputs=st.integers(1, 5))
def test_drawn_layers_have_the_parameters_of_the_module(chosen, inputs, outputs):
    module = MLP.build(chosen, inputs, outputs, 0)
    layers = MLP.layers(chosen, inputs, outputs)
    assert sum(layer.parameters for layer in layers) == sum(p.numel() for p in module.parameters())
    assert [layer.units for layer in layers] == [inputs, *chosen.hidden, outputs]
    assert module(torch.randn(3, inputs)).shape == (3, outputs)


def test_an_mlp_without_hidden_layers_is_the_linear_model():
    torch.manual_seed(0)
    mlp = MLP.build(MlpSettings(hidden=()), 4, 2, 0)
    torch.manual_seed(0)
    linear = LINEAR.build(LINEAR.settings(), 4, 2, 0)
    assert mlp.state_dict().keys() == linear.state_dict().keys() == {"output.weight", "output.bias"}
    x = torch.randn(5, 4)
    assert torch.equal(mlp(x), linear(x))


def test_modules_stand_in_the_order_that_the_help_describes():
    chosen = MlpSettings(hidden=(4,), dropout=0.5, normalization="batch", activation="tanh")
    names = [name for name, _ in MLP.build(chosen, 3, 1, 0).named_children()]
    assert names == ["hidden_1", "norm_1", "activation_1", "dropout_1", "output"]


@pytest.mark.parametrize("key", ACTIVATIONS)
def test_activations_are_torchs(key):
    plain = {
        "identity": lambda x: x,
        "relu": nn.functional.relu,
        "leaky_relu": nn.functional.leaky_relu,
        "elu": nn.functional.elu,
        "gelu": nn.functional.gelu,
        "silu": nn.functional.silu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
    }
    x = torch.linspace(-3, 3, 13)
    assert torch.equal(ACTIVATIONS[key].build()(x), plain[key](x))


def test_summary_says_what_there_is():
    assert MLP.summary(MlpSettings(), 6, 1) == "Network 6–32–16–1, ReLU, 769 parameters"
    wide = MlpSettings(hidden=(64,), dropout=0.2, normalization="layer")
    assert MLP.summary(wide, 30, 3) == "Network 30–64–3, ReLU, layer normalization, dropout 0.2, 2,307 parameters"
    assert LINEAR.summary(LINEAR.settings(), 6, 1) == "Linear 6–1, 7 parameters"


@pytest.mark.parametrize("hidden", [[0], [5000], [3.5], ["a"], [8] * 33])
def test_impossible_layers_are_refused(hidden):
    with pytest.raises(StudioError):
        registry("models").settings({"kind": "mlp", "hidden": hidden})


@pytest.mark.parametrize("key", ACTIVATIONS)
def test_activations_are_named_explained_and_typeset(key):
    activation = ACTIVATIONS[key]
    assert activation.key == key
    assert activation.label
    assert activation.help.endswith(".")
    assert ziamath.Latex(activation.formula).svg().startswith("<svg")


def test_the_activations_of_a_network_are_those_of_the_table():
    assert set(get_args(ActivationName)) == set(ACTIVATIONS)
