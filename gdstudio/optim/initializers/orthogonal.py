"""Weights that turn their input without stretching it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.optim.entry import InitializerEntry
from gdstudio.optim.gains import gain

if TYPE_CHECKING:
    from torch import Generator, nn


class OrthogonalSettings(Settings):
    """Orthogonal weights have no settings."""

    kind: Literal["orthogonal"] = "orthogonal"


def _build(settings: OrthogonalSettings, nonlinearity: str) -> Callable[[nn.Linear, Generator], None]:
    from torch.nn import init

    def initialize(layer: nn.Linear, generator: Generator) -> None:
        init.orthogonal_(layer.weight, gain(nonlinearity), generator=generator)
        if layer.bias is not None:
            init.zeros_(layer.bias)

    return initialize


ENTRY = InitializerEntry(
    key="orthogonal",
    label="Orthogonal",
    settings=OrthogonalSettings,
    build=_build,
    help=(
        "A random rotation, times a factor that suits the activation: no direction is stretched or lost, even "
        "through very many layers. Try it in a deep tanh network. Biases are 0."
    ),
    formula=r"W = a Q \qquad Q^T Q = I \; \text{or} \; Q Q^T = I",
    source=(
        "Saxe, McClelland, Ganguli (2014), Exact solutions to the nonlinear dynamics of learning in deep"
        " linear neural networks"
    ),
    order=40,
)
