"""The second part of an exported script: the model, its first weights, and the loss, as plain torch."""

from __future__ import annotations

import json
from typing import Any

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset
from gdstudio.optim.gains import gain
from gdstudio.training.modules import loss_entry

_ACTIVATIONS = {
    "identity": "nn.Identity()",
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU()",
    "elu": "nn.ELU()",
    "gelu": "nn.GELU()",
    "silu": "nn.SiLU()",
    "tanh": "nn.Tanh()",
    "sigmoid": "nn.Sigmoid()",
}


def outputs_of(spec: ExperimentSpec, dataset: Dataset) -> int:
    """Width of the model's output."""
    return loss_entry(spec).outputs(dataset.task, len(dataset.classes))


def model(spec: ExperimentSpec, dataset: Dataset) -> str:
    """Code that makes ``model`` with its first weights."""
    lines = "".join(f"    {line},\n" for line in layers(spec, len(dataset.feature_names), outputs_of(spec, dataset)))
    return f"""\
model = nn.Sequential(
{lines})

# The first weights come from a generator of their own, so that nothing else that is drawn can change them.
generator = torch.Generator().manual_seed(stream_seed(SEED, "weights"))
with torch.no_grad():
    for layer in model:
        if isinstance(layer, nn.Linear):
{_initialize(spec)}
"""


def layers(spec: ExperimentSpec, width: int, outputs: int) -> list[str]:
    """Code for each layer of the model, from so many inputs to so many outputs.

    Raises:
        StudioError: The model cannot be expressed.
    """
    settings: Any = spec.model
    if settings.kind == "linear":
        return [f"nn.Linear({width}, {outputs})"]
    if settings.kind != "mlp":
        raise StudioError(f"The script cannot express the model {settings.kind} yet.", "Choose a network.")
    lines = []
    for units in settings.hidden:
        lines.append(f"nn.Linear({width}, {units})")
        if settings.normalization != "none":
            name = "BatchNorm1d" if settings.normalization == "batch" else "LayerNorm"
            lines.append(f"nn.{name}({units})")
        lines.append(_ACTIVATIONS[settings.activation])
        if settings.dropout:
            lines.append(f"nn.Dropout({settings.dropout!r})")
        width = units
    return [*lines, f"nn.Linear({width}, {outputs})"]


def _initialize(spec: ExperimentSpec) -> str:
    settings: Any = spec.initializer
    factor = gain(getattr(spec.model, "activation", "identity"))
    line = {
        "default": "nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)",
        "he_normal": f"nn.init.normal_(layer.weight, 0.0, {factor!r} / layer.in_features**0.5, generator=generator)",
        "he_uniform": (
            f"bound = {factor!r} * (3 / layer.in_features) ** 0.5\n"
            "            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)"
        ),
        "normal": f"nn.init.normal_(layer.weight, 0.0, {getattr(settings, 'std', 0)!r}, generator=generator)",
        "orthogonal": f"nn.init.orthogonal_(layer.weight, {factor!r}, generator=generator)",
        "uniform": (
            f"nn.init.uniform_(layer.weight, -{getattr(settings, 'bound', 0)!r}, {getattr(settings, 'bound', 0)!r}, "
            "generator=generator)"
        ),
        "xavier_normal": "nn.init.xavier_normal_(layer.weight, generator=generator)",
        "xavier_uniform": "nn.init.xavier_uniform_(layer.weight, generator=generator)",
        "zeros": "nn.init.zeros_(layer.weight)",
    }.get(settings.kind)
    if line is None:
        raise StudioError(f"The script cannot express the initializer {settings.kind} yet.", "Choose another.")
    bias = "            nn.init.zeros_(layer.bias)"
    if settings.kind == "default":
        bias = (
            "            bound = 1 / math.sqrt(layer.weight.shape[1])\n"
            "            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)"
        )
    return f"            {line}\n{bias}"


def loss(spec: ExperimentSpec, dataset: Dataset) -> str:
    """Code that defines ``criterion`` and ``objective``, the loss without and with its penalties."""
    code = _weights(spec, dataset)
    code += f"def criterion(outputs, target):\n{_criterion(spec, dataset)}\n\n"
    l1, l2 = spec.regularization.l1, spec.regularization.l2
    if not l1 and not l2:
        return code + "objective = criterion\n"
    # A proximal step does the work of L1, which then gives no gradient.
    shown = "weights.detach()" if spec.regularization.proximal else "weights"
    terms = [*([f"{l1!r} * {shown}.abs().sum()"] if l1 else []), *([f"{l2!r} * weights.dot(weights)"] if l2 else [])]
    return (
        code
        + f'''
def objective(outputs, target):
    """The loss with its penalties on the weights, which keep the model simple."""
    weights = torch.cat([p.reshape(-1) for p in model.parameters() if p.ndim >= 2])
    return criterion(outputs, target) + ({" + ".join(terms)})
'''
    )


def _weights(spec: ExperimentSpec, dataset: Dataset) -> str:
    training = spec.training
    if training.class_weights == "none":
        return ""
    from gdstudio.training.objective import class_weights

    weights = class_weights(spec, dataset)
    if training.class_weights == "balanced":
        return """\
# Rare classes count more: all rows / (classes * rows of the class), as scikit-learn balances them.
counts = np.bincount(target[train], minlength=len(CLASSES))
class_weights = torch.tensor((counts.sum() / (len(counts) * np.maximum(counts, 1))).tolist(), dtype=torch.float32)

"""
    return f"# How much a row counts by its class.\nclass_weights = torch.tensor({json.dumps(weights)})\n\n"


def _criterion(spec: ExperimentSpec, dataset: Dataset) -> str:
    settings: Any = spec.loss
    weighted = spec.training.class_weights != "none"
    kind = settings.kind
    if kind == "binary_cross_entropy":
        if not weighted:
            return "    return F.binary_cross_entropy_with_logits(outputs.squeeze(1), target.to(outputs.dtype))\n"
        return """\
    weight = class_weights[target]
    truth = target.to(outputs.dtype)
    total = F.binary_cross_entropy_with_logits(outputs.squeeze(1), truth, weight, reduction="sum")
    return total / weight.sum()
"""
    if kind == "cross_entropy":
        name = "class_weights" if weighted else "None"
        return f"    return F.cross_entropy(outputs, target, {name}, label_smoothing={settings.label_smoothing!r})\n"
    if kind == "hinge":
        return _hinge(settings, outputs_of(spec, dataset), weighted)
    name = {"mse": "mse_loss", "mae": "l1_loss", "huber": "huber_loss"}.get(kind, "")
    if not name:
        raise StudioError(f"The script cannot express the loss {kind} yet.", "Choose another loss.")
    delta = f", delta={settings.delta!r}" if kind == "huber" else ""
    return f"    return F.{name}(outputs[:, 0], target{delta})\n"


def _hinge(settings: Any, outputs: int, weighted: bool) -> str:
    power, margin = 2 if settings.squared else 1, settings.margin
    if outputs > 1:
        if not weighted:
            return f"    return F.multi_margin_loss(outputs, target, p={power}, margin={margin!r})\n"
        return (
            f'    total = F.multi_margin_loss(outputs, target, {power}, {margin!r}, class_weights, reduction="sum")\n'
            "    return total / class_weights[target].sum()\n"
        )
    code = (
        "    sign = target.to(outputs.dtype) * 2 - 1\n"
        f"    cost = ({margin!r} - sign * outputs[:, 0]).relu(){'.square()' if power == 2 else ''}\n"
    )
    if not weighted:
        return code + "    return cost.mean()\n"
    return code + "    weight = class_weights[target]\n    return (weight * cost).sum() / weight.sum()\n"
