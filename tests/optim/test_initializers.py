"""Draws against torch's own initializers, and streams that are left alone."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import init

from gdstudio.core.registry import registry
from gdstudio.models.activations import ACTIVATIONS

INITIALIZERS = registry("initializers")


def drawn(key, nonlinearity="relu", seed=5, shape=(40, 30), **chosen):
    entry = INITIALIZERS[key]
    layer = nn.Linear(*shape)
    entry.build(entry.settings(**chosen), nonlinearity)(layer, torch.Generator().manual_seed(seed))
    return layer


def test_default_is_what_linear_layers_draw_by_themselves():
    torch.manual_seed(5)
    plain = [nn.Linear(40, 30), nn.Linear(30, 1)]
    generator = torch.Generator().manual_seed(5)
    entry = INITIALIZERS["default"]
    for expected in plain:
        layer = nn.Linear(expected.in_features, expected.out_features)
        entry.build(entry.settings(), "relu")(layer, generator)
        assert torch.equal(layer.weight, expected.weight)
        assert torch.equal(layer.bias, expected.bias)


@pytest.mark.parametrize(
    ("key", "plain"),
    [
        ("xavier_uniform", init.xavier_uniform_),
        ("xavier_normal", init.xavier_normal_),
        ("he_uniform", lambda w: init.kaiming_uniform_(w, nonlinearity="relu")),
        ("he_normal", lambda w: init.kaiming_normal_(w, nonlinearity="relu")),
        ("orthogonal", lambda w: init.orthogonal_(w, 2**0.5)),
        ("normal", lambda w: init.normal_(w, 0, 0.05)),
        ("uniform", lambda w: init.uniform_(w, -0.1, 0.1)),
        ("zeros", init.zeros_),
    ],
)
def test_weights_are_torchs_and_biases_zero(key, plain):
    layer = drawn(key)
    torch.manual_seed(5)
    expected = plain(torch.empty(30, 40))
    torch.testing.assert_close(layer.weight.detach(), expected, rtol=1e-6, atol=1e-7)
    assert not layer.bias.detach().any()


def test_every_initializer_draws_from_its_generator_alone():
    for key in INITIALIZERS:
        layer = nn.Linear(7, 3)
        entry = INITIALIZERS[key]
        state = torch.get_rng_state()
        entry.build(entry.settings(), "tanh")(layer, torch.Generator().manual_seed(1))
        assert torch.equal(torch.get_rng_state(), state), key
        assert layer.weight.requires_grad


@pytest.mark.parametrize("nonlinearity", ACTIVATIONS)
@pytest.mark.parametrize("key", ["he_normal", "he_uniform", "orthogonal"])
def test_gains_fit_every_activation(key, nonlinearity):
    wide = drawn(key, nonlinearity, shape=(400, 400)).weight.detach()
    expected = {"identity": 1, "sigmoid": 1, "tanh": 5 / 3, "leaky_relu": (2 / 1.0001) ** 0.5}
    assert float(wide.std()) * 20 == pytest.approx(expected.get(nonlinearity, 2**0.5), rel=0.02)
