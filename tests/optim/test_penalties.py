"""Penalties against the closed form, their gradients included."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from gdstudio.optim.penalties import penalty


@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0), (0, 0.2), (0.3, 0.2)])
def test_weights_alone_are_penalized(l1, l2):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2)).double()
    value = penalty(net.parameters(), l1, l2)
    weights = [net[0].weight, net[2].weight]
    expected = sum(l1 * w.detach().abs().sum() + l2 * (w.detach() ** 2).sum() for w in weights)
    torch.testing.assert_close(value.detach(), expected)
    value.backward()
    for w in weights:
        torch.testing.assert_close(w.grad, l1 * w.detach().sign() + 2 * l2 * w.detach())
    assert all(p.grad is None or not p.grad.any() for p in net.parameters() if p.ndim < 2)


def test_sgd_with_l2_penalty_is_sgd_with_twice_the_weight_decay():
    def train(decay, l2):
        torch.manual_seed(0)
        layer = nn.Linear(4, 1, bias=False)
        x, y = torch.randn(20, 4), torch.randn(20, 1)
        optimizer = torch.optim.SGD(layer.parameters(), 0.1, weight_decay=decay)
        for _ in range(10):
            loss = nn.functional.mse_loss(layer(x), y)
            if l2:
                loss = loss + penalty(layer.parameters(), 0, l2)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return layer.weight.detach()

    torch.testing.assert_close(train(0.2, 0), train(0, 0.1))
