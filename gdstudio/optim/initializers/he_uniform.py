"""Weights whose size fits the number of inputs and the activation, drawn evenly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.optim.entry import InitializerEntry
from gdstudio.optim.gains import gain

if TYPE_CHECKING:
    from torch import Generator, nn


class HeUniformSettings(Settings):
    """He's weights have no settings."""

    kind: Literal["he_uniform"] = "he_uniform"


def _build(settings: HeUniformSettings, nonlinearity: str) -> Callable[[nn.Linear, Generator], None]:
    from torch.nn import init

    def initialize(layer: nn.Linear, generator: Generator) -> None:
        bound = gain(nonlinearity) * (3 / layer.in_features) ** 0.5
        init.uniform_(layer.weight, -bound, bound, generator=generator)
        if layer.bias is not None:
            init.zeros_(layer.bias)

    return initialize


ENTRY = InitializerEntry(
    key="he_uniform",
    label="He, uniform",
    settings=HeUniformSettings,
    build=_build,
    help=(
        "Chooses the range so that signals keep their size through many layers with the activation that you "
        "chose; with ReLU, which cuts off half, it is twice the variance of Xavier. The first choice for deep "
        "networks with ReLU. Biases are 0."
    ),
    formula=(
        r"w \sim U\left( -a \sqrt{\frac{3}{n_{in}}},\; a \sqrt{\frac{3}{n_{in}}} \right) \qquad a_{ReLU} ="
        r" \sqrt{2}"
    ),
    source="He et al. (2015), Delving Deep into Rectifiers, section 2.2",
    order=30,
)
