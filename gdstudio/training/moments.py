"""Copies of a run as it stands between two steps, for whoever looks at it."""

from __future__ import annotations

import copy

import torch
from torch import nn

from gdstudio.core.history import Moment, Weights
from gdstudio.models.layers.dropout import dropout_random


def weights_of(model: nn.Module, step: int) -> Weights:
    """The model's state after ``step`` steps."""
    return Weights(step, {name: t.detach().cpu().numpy().copy() for name, t in model.state_dict().items()})


def moment_of(model: nn.Module, optimizer: torch.optim.Optimizer, step: int, rate: float) -> Moment:
    """What decides the step after ``step``, which will have the learning rate ``rate``."""
    random = dropout_random(model)
    state = {
        "model": {name: t.detach().clone() for name, t in model.state_dict().items()},
        "optimizer": copy.deepcopy(optimizer.state_dict()["state"]),
        "dropout": None if random is None else random.get_rng_state(),
    }
    return Moment(step, rate, state)
