"""The multi-layer perceptron: fully connected layers with an activation between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.models.activations import ACTIVATIONS, ActivationName
from gdstudio.models.entry import Layer, ModelEntry
from gdstudio.models.shape import dense, describe_parameters, sizes

if TYPE_CHECKING:
    from torch import nn

_NORMS = {"none": "None", "batch": "Batch", "layer": "Layer"}


class MlpSettings(Settings):
    """Which layers the network has, and what stands between them."""

    kind: Literal["mlp"] = "mlp"
    hidden: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = setting(
        (32, 16),
        label="Hidden layers",
        help="Units of each hidden layer, from the inputs to the output; without any, the model is linear.",
        max_length=32,
    )
    activation: ActivationName = setting(
        "relu",
        label="Activation",
        help="The function behind each hidden layer; it is what lets the network draw curved boundaries.",
        labels={key: activation.label for key, activation in ACTIVATIONS.items()},
    )
    dropout: float = setting(
        0.0,
        label="Dropout",
        help="Share of the hidden units that are left out of each training step, at random. Makes units rely less on "
        "one another, against overfitting; 0 switches it off.",
        ge=0,
        lt=1,
    )
    normalization: Literal["none", "batch", "layer"] = setting(
        "none",
        label="Normalization",
        help="Brings each hidden layer's values to mean 0 and deviation 1 before the activation: batch over the rows "
        "of a batch, layer over the units of a row. Often allows larger learning rates.",
        labels=_NORMS,
    )


def _build(settings: MlpSettings, inputs: int, outputs: int, dropout_seed: int) -> nn.Module:
    """``Sequential(hidden_1, norm_1, activation_1, dropout_1, …, output)``; what is switched off is not there."""
    from collections import OrderedDict

    from torch import nn

    from gdstudio.models.layers.dropout import DropoutRandom, SeededDropout

    random = DropoutRandom(dropout_seed)
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    width = inputs
    for number, units in enumerate(settings.hidden, start=1):
        modules[f"hidden_{number}"] = nn.Linear(width, units)
        if settings.normalization == "batch":
            modules[f"norm_{number}"] = nn.BatchNorm1d(units)
        elif settings.normalization == "layer":
            modules[f"norm_{number}"] = nn.LayerNorm(units)
        modules[f"activation_{number}"] = ACTIVATIONS[settings.activation].build()
        if settings.dropout:
            modules[f"dropout_{number}"] = SeededDropout(settings.dropout, random)
        width = units
    modules["output"] = nn.Linear(width, outputs)
    return nn.Sequential(modules)


def _layers(settings: MlpSettings, inputs: int, outputs: int) -> tuple[Layer, ...]:
    norm = 0 if settings.normalization == "none" else 2  # a scale and a shift a unit
    label = ACTIVATIONS[settings.activation].label
    layers = [Layer(units=inputs)]
    for units in settings.hidden:
        parameters = dense(layers[-1].units, units) + norm * units
        layers.append(Layer(units=units, label=label, parameters=parameters, dropout=settings.dropout))
    layers.append(Layer(units=outputs, label="Output", parameters=dense(layers[-1].units, outputs)))
    return tuple(layers)


def _summary(settings: MlpSettings, inputs: int, outputs: int) -> str:
    layers = _layers(settings, inputs, outputs)
    said = [f"Network {sizes(layers)}"]
    if settings.hidden:
        said.append(ACTIVATIONS[settings.activation].label)
        if settings.normalization != "none":
            said.append(f"{settings.normalization} normalization")
        if settings.dropout:
            said.append(f"dropout {settings.dropout:g}")
    said.append(describe_parameters(layers))
    return ", ".join(said)


ENTRY = ModelEntry(
    key="mlp",
    label="Network",
    settings=MlpSettings,
    build=_build,
    layers=_layers,
    summary=_summary,
    help=(
        "Layers of units, each a weighted sum of the layer before it, passed through an activation. It can learn "
        "curved boundaries and interactions between columns that a linear model cannot. Start with one or two layers "
        "of 16 to 64 units; if the training loss stays high, add units; if the validation loss rises while the "
        "training loss falls, take units away, or add dropout or a penalty."
    ),
    formula=(
        r"\begin{aligned} h_1 &= f(W_1 x + b_1) \\ h_l &= f(W_l h_{l-1} + b_l) \\"
        r" y &= W_L h_{L-1} + b_L \end{aligned}"
    ),
    source="Goodfellow, Bengio, Courville (2016), Deep Learning, chapter 6",
    order=20,
)
