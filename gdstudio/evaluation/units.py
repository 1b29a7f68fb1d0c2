"""What every unit of a network computes, and the weights that lead to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gdstudio.evaluation.predict import evaluating


@dataclass(frozen=True, eq=False)
class UnitLayer:
    """One layer of weighted sums.

    Attributes:
        name: Of the layer in the model, e.g. ``hidden_1``.
        weights: ``(units, inputs)``.
        bias: ``(units,)``; zeros where the layer has none.
        values: ``(n, units)`` what its units give to the next layer: behind normalization and activation.
    """

    name: str
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    values: NDArray[np.float32]


def unit_layers(model: nn.Module, inputs: NDArray[np.float32]) -> tuple[UnitLayer, ...]:
    """Every layer of a chain of layers, with what its units say about some rows.

    Args:
        model: Left as it was, its training mode included.
        inputs: ``(n, d)`` prepared rows; none for the weights alone.

    Returns:
        The layers from the inputs to the output; none where the model is not a chain.
    """
    if not isinstance(model, nn.Sequential):
        return ()
    linear = {name for name, part in model.named_children() if isinstance(part, nn.Linear)}
    found: list[tuple[str, nn.Linear]] = []
    values: list[Tensor] = []
    parameter = next(model.parameters())
    with evaluating(model):
        flow = torch.as_tensor(inputs).to(parameter)
        for name, part in model.named_children():
            flow = part(flow)
            if name in linear and isinstance(part, nn.Linear):
                found.append((name, part))
                values.append(flow)
            elif values:
                values[-1] = flow
    return tuple(
        UnitLayer(
            name,
            _array(part.weight),
            np.zeros(part.out_features, dtype=np.float32) if part.bias is None else _array(part.bias),
            _array(value),
        )
        for (name, part), value in zip(found, values, strict=True)
    )


def _array(tensor: Tensor) -> NDArray[np.float32]:
    copied: NDArray[np.float32] = tensor.detach().to("cpu", torch.float32, copy=True).numpy()
    return copied
