"""What an architecture declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gdstudio.core.registry import Entry


@dataclass(frozen=True)
class Layer:
    """One column of the drawn network.

    Attributes:
        units: Values that leave the layer.
        label: What stands under it, e.g. ``"ReLU"``; empty for the inputs.
        parameters: Weights and biases between the column before and this one.
        dropout: Share of its units that training drops.
    """

    units: int
    label: str = ""
    parameters: int = 0
    dropout: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ModelEntry(Entry):
    """An architecture.

    Attributes:
        build: ``(settings, inputs, outputs, dropout_seed) -> nn.Module`` that maps ``(n, inputs)`` to
            ``(n, outputs)``. Its weights are then drawn by the experiment's initializer.
        layers: ``(settings, inputs, outputs) -> tuple[Layer, ...]``, inputs first; needs no torch, and the
            parameters add to those of the module.
        summary: ``(settings, inputs, outputs) -> str``: one line, e.g.
            ``"Network 6–32–16–1, ReLU, 769 parameters"``.
    """

    layers: Callable[[Any, int, int], tuple[Layer, ...]]
    summary: Callable[[Any, int, int], str]
