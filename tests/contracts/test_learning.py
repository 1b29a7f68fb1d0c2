"""Ten steps with each model, loss, initializer, optimizer and schedule lower the loss of a small problem."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from gdstudio.core.registry import registry
from gdstudio.evaluation.predict import outputs_of

STEPS = 10


def problem(task):
    """Eighty rows of three columns whose target a linear model can learn."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(80, 3, generator=generator)
    score = x @ torch.tensor([1.0, -2.0, 0.5]) + 0.1 * torch.randn(80, generator=generator)
    target = {
        "binary": (score > 0).long(),
        "multiclass": (score > -1).long() + (score > 1).long(),
        "regression": (score - score.mean()) / score.std(),
    }
    return x, target[task]


def losses_of(task="binary", model="mlp", initializer="default", loss=None, optimizer="adam", schedule="constant"):
    """The loss before each step and after the last, each part with its own default settings."""

    def build(family, key, *args):
        entry = registry(family)[key]
        return entry.build(entry.settings(), *args)

    entry = registry("losses")[loss] if loss else next(e for e in registry("losses").values() if task in e.default_for)
    x, y = problem(task)
    classes = {"binary": 2, "multiclass": 3, "regression": 0}[task]
    torch.manual_seed(0)
    net = build("models", model, 3, entry.outputs(task, classes), 0)
    generator = torch.Generator().manual_seed(1)
    for layer in net.modules():
        if isinstance(layer, nn.Linear):
            build("initializers", initializer, "relu")(layer, generator)
    criterion = build("losses", entry.key)
    stepper = build("optimizers", optimizer, list(net.parameters()))
    factor = build("schedules", schedule, STEPS, 2)
    rates = [group["lr"] for group in stepper.param_groups]

    def closure():
        stepper.zero_grad()
        value = criterion(net(x), y)
        value.backward()
        return value

    seen = []
    for step in range(STEPS):
        for group, rate in zip(stepper.param_groups, rates, strict=True):
            group["lr"] = rate * factor(step)
        seen.append(stepper.step(closure).item())
    seen.append(criterion(net(x), y).item())
    outputs = outputs_of(net, x)
    assert np.isfinite(outputs).all()
    if entry.probabilities:
        np.testing.assert_allclose(entry.probabilities(outputs).sum(1), 1)
    return seen


def assert_lower(losses):
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0] - 1e-5


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("key", registry("optimizers"))
def test_optimizers(key, task):
    assert_lower(losses_of(task, optimizer=key))


@pytest.mark.parametrize("key", registry("optimizers"))
def test_optimizers_on_a_linear_model(key):
    assert_lower(losses_of("regression", model="linear", optimizer=key))


@pytest.mark.parametrize("key", registry("models"))
def test_models(key):
    assert_lower(losses_of(model=key))


@pytest.mark.parametrize(("key", "task"), [(k, t) for k, e in registry("losses").items() for t in e.tasks])
def test_losses(key, task):
    assert_lower(losses_of(task, loss=key))


@pytest.mark.parametrize("key", registry("initializers"))
def test_initializers_on_a_linear_model(key):
    assert_lower(losses_of(model="linear", initializer=key))


@pytest.mark.parametrize("key", [key for key in registry("initializers") if key != "zeros"])
def test_initializers_on_a_network(key):
    assert_lower(losses_of(initializer=key, optimizer="sgd"))


def test_a_network_of_zeros_learns_its_last_bias_alone():
    losses = losses_of("regression", initializer="zeros", optimizer="sgd")
    assert losses == pytest.approx([losses[0]] * len(losses), abs=1e-6)


@pytest.mark.parametrize("key", registry("schedules"))
def test_schedules(key):
    assert_lower(losses_of(schedule=key))
