"""Weights whose size fits the numbers of inputs and outputs, drawn from a normal distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.optim.entry import InitializerEntry

if TYPE_CHECKING:
    from torch import Generator, nn


class XavierNormalSettings(Settings):
    """Xavier's weights have no settings."""

    kind: Literal["xavier_normal"] = "xavier_normal"


def _build(settings: XavierNormalSettings, nonlinearity: str) -> Callable[[nn.Linear, Generator], None]:
    from torch.nn import init

    def initialize(layer: nn.Linear, generator: Generator) -> None:
        init.xavier_normal_(layer.weight, generator=generator)
        if layer.bias is not None:
            init.zeros_(layer.bias)

    return initialize


ENTRY = InitializerEntry(
    key="xavier_normal",
    label="Xavier, normal",
    settings=XavierNormalSettings,
    build=_build,
    help=(
        "As Xavier, uniform, but drawn from a bell curve: most weights are small and a few larger. The two rarely "
        "differ in the end. Biases are 0."
    ),
    formula=r"w \sim N\left( 0,\; \frac{2}{n_{in} + n_{out}} \right)",
    source="Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks",
    order=21,
)
