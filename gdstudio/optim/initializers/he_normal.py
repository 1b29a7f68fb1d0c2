"""Weights whose size fits the number of inputs and the activation, drawn from a normal distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.optim.entry import InitializerEntry
from gdstudio.optim.gains import gain

if TYPE_CHECKING:
    from torch import Generator, nn


class HeNormalSettings(Settings):
    """He's weights have no settings."""

    kind: Literal["he_normal"] = "he_normal"


def _build(settings: HeNormalSettings, nonlinearity: str) -> Callable[[nn.Linear, Generator], None]:
    from torch.nn import init

    def initialize(layer: nn.Linear, generator: Generator) -> None:
        init.normal_(layer.weight, 0.0, gain(nonlinearity) / layer.in_features**0.5, generator=generator)
        if layer.bias is not None:
            init.zeros_(layer.bias)

    return initialize


ENTRY = InitializerEntry(
    key="he_normal",
    label="He, normal",
    settings=HeNormalSettings,
    build=_build,
    help=("As He, uniform, but drawn from a bell curve: most weights are small and a few larger. Biases are 0."),
    formula=r"w \sim N\left( 0,\; \frac{a^2}{n_{in}} \right) \qquad a_{ReLU} = \sqrt{2}",
    source="He et al. (2015), Delving Deep into Rectifiers, section 2.2",
    order=31,
)
