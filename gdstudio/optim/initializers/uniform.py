"""Weights drawn evenly from one range, whatever the layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.optim.entry import InitializerEntry

if TYPE_CHECKING:
    from torch import Generator, nn


class UniformSettings(Settings):
    """Range of the weights."""

    kind: Literal["uniform"] = "uniform"
    bound: float = setting(0.1, label="Bound", help="Weights are drawn between minus and plus this.", gt=0, log=True)


def _build(settings: UniformSettings, nonlinearity: str) -> Callable[[nn.Linear, Generator], None]:
    from torch.nn import init

    def initialize(layer: nn.Linear, generator: Generator) -> None:
        init.uniform_(layer.weight, -settings.bound, settings.bound, generator=generator)
        if layer.bias is not None:
            init.zeros_(layer.bias)

    return initialize


ENTRY = InitializerEntry(
    key="uniform",
    label="Uniform",
    settings=UniformSettings,
    build=_build,
    help=(
        "The same range for every layer. As with normal, what suits one width of layer does not suit another. "
        "Biases are 0."
    ),
    formula=r"w \sim U(-b,\; b)",
    source="Goodfellow, Bengio, Courville (2016), Deep Learning, section 8.4",
    order=60,
)
