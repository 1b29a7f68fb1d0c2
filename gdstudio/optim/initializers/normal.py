"""Weights from one normal distribution, whatever the layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.optim.entry import InitializerEntry

if TYPE_CHECKING:
    from torch import Generator, nn


class NormalSettings(Settings):
    """Spread of the weights."""

    kind: Literal["normal"] = "normal"
    std: float = setting(0.05, label="Deviation", help="Standard deviation of the weights.", gt=0, log=True)


def _build(settings: NormalSettings, nonlinearity: str) -> Callable[[nn.Linear, Generator], None]:
    from torch.nn import init

    def initialize(layer: nn.Linear, generator: Generator) -> None:
        init.normal_(layer.weight, 0.0, settings.std, generator=generator)
        if layer.bias is not None:
            init.zeros_(layer.bias)

    return initialize


ENTRY = InitializerEntry(
    key="normal",
    label="Normal",
    settings=NormalSettings,
    build=_build,
    help=(
        "The same bell curve for every layer. Too narrow and signals die out on their way through the layers, too "
        "wide and they explode: try 0.01 and 1 in a deep network to see what Xavier and He are for. Biases are 0."
    ),
    formula=r"w \sim N(0,\; \sigma^2)",
    source="Goodfellow, Bengio, Courville (2016), Deep Learning, section 8.4",
    order=50,
)
