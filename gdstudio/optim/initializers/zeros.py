"""All weights zero, to show why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.optim.entry import InitializerEntry

if TYPE_CHECKING:
    from torch import Generator, nn


class ZerosSettings(Settings):
    """Zeros have no settings."""

    kind: Literal["zeros"] = "zeros"


def _build(settings: ZerosSettings, nonlinearity: str) -> Callable[[nn.Linear, Generator], None]:
    from torch.nn import init

    def initialize(layer: nn.Linear, generator: Generator) -> None:
        init.zeros_(layer.weight)
        if layer.bias is not None:
            init.zeros_(layer.bias)

    return initialize


ENTRY = InitializerEntry(
    key="zeros",
    label="Zeros",
    settings=ZerosSettings,
    build=_build,
    help=(
        "Every weight and bias starts at 0. A linear model trains well from there. A network does not: all units "
        "of a layer are alike and stay alike, and with ReLU nothing but the last bias learns. Try it once to see "
        "why weights are drawn at random."
    ),
    formula=r"w = 0",
    source="Goodfellow, Bengio, Courville (2016), Deep Learning, section 8.4",
    order=70,
)
