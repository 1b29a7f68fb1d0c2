"""What torch itself gives a new linear layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.optim.entry import InitializerEntry

if TYPE_CHECKING:
    from torch import Generator, nn


class DefaultSettings(Settings):
    """Torch's own initial weights have no settings."""

    kind: Literal["default"] = "default"


def _build(settings: DefaultSettings, nonlinearity: str) -> Callable[[nn.Linear, Generator], None]:
    from torch.nn import init

    def initialize(layer: nn.Linear, generator: Generator) -> None:
        # The same draws, in the same order, as nn.Linear.reset_parameters.
        init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
        if layer.bias is not None:
            bound = 1 / math.sqrt(layer.weight.shape[1])
            init.uniform_(layer.bias, -bound, bound, generator=generator)

    return initialize


ENTRY = InitializerEntry(
    key="default",
    label="PyTorch's default",
    settings=DefaultSettings,
    build=_build,
    help=(
        "Weights and biases are drawn evenly between plus and minus one over the root of the number of inputs, as "
        "PyTorch does by itself. Fine for networks of a few layers; deep ReLU networks learn faster with He."
    ),
    formula=r"w, b \sim U\left( -\frac{1}{\sqrt{n_{in}}},\; \frac{1}{\sqrt{n_{in}}} \right)",
    source="PyTorch, torch.nn.Linear",
    order=10,
)
