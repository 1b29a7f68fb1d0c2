"""Counting and naming layers, without torch."""

from __future__ import annotations

from collections.abc import Iterable

from gdstudio.models.entry import Layer


def dense(inputs: int, outputs: int) -> int:
    """Weights and biases of a fully connected layer."""
    return (inputs + 1) * outputs


def sizes(layers: Iterable[Layer]) -> str:
    """The units of each layer, e.g. ``"6–32–16–1"``."""
    return "–".join(str(layer.units) for layer in layers)


def describe_parameters(layers: Iterable[Layer]) -> str:
    """Their number in words, e.g. ``"1,234 parameters"``."""
    count = sum(layer.parameters for layer in layers)
    return f"{count:,} parameter{'' if count == 1 else 's'}"
