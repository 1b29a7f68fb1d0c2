"""The linear model: linear, logistic or softmax regression, depending on the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.models.entry import Layer, ModelEntry
from gdstudio.models.shape import dense, describe_parameters, sizes

if TYPE_CHECKING:
    from torch import nn


class LinearSettings(Settings):
    """A linear model has no settings of its own."""

    kind: Literal["linear"] = "linear"


def _build(settings: LinearSettings, inputs: int, outputs: int, dropout_seed: int) -> nn.Module:
    """``Sequential(output=Linear)``, named as the last layer of a network is."""
    from collections import OrderedDict

    from torch import nn

    return nn.Sequential(OrderedDict([("output", nn.Linear(inputs, outputs))]))


def _layers(settings: LinearSettings, inputs: int, outputs: int) -> tuple[Layer, ...]:
    return Layer(units=inputs), Layer(units=outputs, label="Output", parameters=dense(inputs, outputs))


def _summary(settings: LinearSettings, inputs: int, outputs: int) -> str:
    layers = _layers(settings, inputs, outputs)
    return f"Linear {sizes(layers)}, {describe_parameters(layers)}"


ENTRY = ModelEntry(
    key="linear",
    label="Linear model",
    settings=LinearSettings,
    build=_build,
    layers=_layers,
    summary=_summary,
    help=(
        "A weighted sum of the inputs plus a constant. With cross-entropy it is logistic regression (two classes) or "
        "softmax regression (several), with squared error it is linear regression. It can only draw straight "
        "boundaries, but its weights can be read, it needs few rows, and it is the yardstick that a network must beat: "
        "train it first."
    ),
    formula=r"f(x) = W x + b",
    source="Hastie, Tibshirani, Friedman (2009), The Elements of Statistical Learning, chapters 3 and 4",
    order=10,
)
