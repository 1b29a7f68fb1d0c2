"""Dropout's own stream: equal to nn.Dropout's, untouched by others, and resumable."""

from __future__ import annotations

import copy

import torch
from torch import nn

from gdstudio.models.layers.dropout import DropoutRandom, SeededDropout, dropout_random
from gdstudio.models.mlp import ENTRY, MlpSettings


def _net(p: float, seed: int) -> nn.Module:
    return ENTRY.build(MlpSettings(hidden=(16, 8), dropout=p), 4, 1, seed)


def test_masks_equal_those_of_nn_dropout_after_manual_seed():
    ours = _net(0.3, seed=7)
    theirs = nn.Sequential(
        *[nn.Dropout(0.3) if isinstance(m, SeededDropout) else copy.deepcopy(m) for m in ours.children()]
    )
    batches = [torch.randn(n, 4) for n in (32, 32, 5)]
    torch.manual_seed(7)
    expected = [theirs(x) for x in batches]
    sum(y.sum() for y in expected).backward()
    torch.manual_seed(1)
    got = []
    for x in batches:
        torch.rand(3)  # somebody else draws in between
        got.append(ours(x))
    sum(y.sum() for y in got).backward()
    assert all(torch.equal(a, b) for a, b in zip(got, expected, strict=True))
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad)


def test_the_global_stream_is_left_alone():
    state = torch.get_rng_state()
    _ = DropoutRandom(3)
    SeededDropout(0.5, DropoutRandom(3))(torch.ones(100, 10))
    assert torch.equal(torch.get_rng_state(), state)


def test_evaluation_passes_rows_on_and_draws_nothing():
    net = _net(0.5, seed=1).train()
    net(torch.randn(4, 4))
    before = dropout_random(net).get_rng_state()
    x = torch.randn(6, 4)
    net.eval()
    assert torch.equal(net(x), net(x))
    assert torch.equal(dropout_random(net).get_rng_state(), before)


def test_a_state_that_is_put_back_goes_on_with_the_same_masks():
    net, x = _net(0.5, seed=1), torch.randn(64, 4)
    assert dropout_random(net).get_rng_state() is None
    first = net(x)
    state = dropout_random(net).get_rng_state()
    second = net(x)
    other = _net(0.5, seed=99)
    other.load_state_dict(net.state_dict())
    dropout_random(other).set_rng_state(state)
    assert torch.equal(other(x), second)
    assert not torch.equal(first, second)
    dropout_random(net).set_rng_state(None)
    assert torch.equal(net(x), first)


def test_a_copy_of_the_model_has_a_stream_of_its_own():
    net, x = _net(0.5, seed=1), torch.randn(64, 4)
    net(x)
    twin = copy.deepcopy(net)
    expected = net(x)
    net(x)
    assert torch.equal(twin(x), expected)
    assert len({id(m.random) for m in twin.modules() if isinstance(m, SeededDropout)}) == 1


def test_a_model_without_dropout_has_no_stream():
    assert dropout_random(_net(0.0, seed=1)) is None
