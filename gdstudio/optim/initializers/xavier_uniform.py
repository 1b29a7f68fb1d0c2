"""Weights whose size fits the numbers of inputs and outputs, drawn evenly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.optim.entry import InitializerEntry

if TYPE_CHECKING:
    from torch import Generator, nn


class XavierUniformSettings(Settings):
    """Xavier's weights have no settings."""

    kind: Literal["xavier_uniform"] = "xavier_uniform"


def _build(settings: XavierUniformSettings, nonlinearity: str) -> Callable[[nn.Linear, Generator], None]:
    from torch.nn import init

    def initialize(layer: nn.Linear, generator: Generator) -> None:
        init.xavier_uniform_(layer.weight, generator=generator)
        if layer.bias is not None:
            init.zeros_(layer.bias)

    return initialize


ENTRY = InitializerEntry(
    key="xavier_uniform",
    label="Xavier, uniform",
    settings=XavierUniformSettings,
    build=_build,
    help=(
        "Chooses the range so that signals keep their size forwards and gradients keep theirs backwards. Made for "
        "tanh and sigmoid; for ReLU take He. Biases are 0."
    ),
    formula=r"w \sim U\left( -\sqrt{\frac{6}{n_{in} + n_{out}}},\; \sqrt{\frac{6}{n_{in} + n_{out}}} \right)",
    source=(
        "Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks,"
        " equation 16"
    ),
    order=20,
)
