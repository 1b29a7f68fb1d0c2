"""Evaluating many weights of a plane at once: each layer with stacked parameters.

The parameters of the points are ``[1, x, y] @ [origin, first, second]``, so one small product makes a layer's
parameters for all points of a group. The first linear layer needs not even that: it is linear in the coordinates, so
its product with the data is computed three times in all and then only combined.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor, nn

from gdstudio.evaluation.landscape.planes import Plane
from gdstudio.models.layers.dropout import SeededDropout

#: ``(values (k, d, r), coefficients (k, 3)) -> (k, d', r)``; may write into its input. Rows come last, since products
#: with few units are quicker along a long last dimension.
Step = Callable[[Tensor, Tensor], Tensor]
#: Modules that treat each value by itself and hold no parameters.
_ELEMENTWISE: Final = (
    nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, nn.ELU, nn.SELU, nn.Softplus, nn.Identity,
    nn.Hardtanh, nn.Mish, nn.Softsign, nn.Hardswish, nn.ReLU6, nn.CELU,
)  # fmt: skip
_IN_PLACE: Final[dict[type[nn.Module], Callable[[Tensor], Tensor]]] = {
    nn.ReLU: torch.relu_, nn.Tanh: torch.tanh_, nn.Sigmoid: torch.sigmoid_,
}  # fmt: skip


class Buffer:
    """Memory that is used again: taking megabytes anew for every group costs as much as filling them."""

    def __init__(self) -> None:
        self._memory = torch.empty(0)

    def __call__(self, shape: Sequence[int]) -> Tensor:
        """A tensor of that shape, whose numbers may be anything."""
        count = math.prod(shape)
        if self._memory.numel() < count:
            self._memory = torch.empty(count)
        return self._memory[:count].view(*shape)


class StackedLayers:
    """A network's outputs for many points of a plane.

    Args:
        first: ``(3, d, n)`` the first layer's values for the plane's three vectors.
        steps: The layers that follow it.
        width: Largest number of values that a row has between two layers.
    """

    def __init__(self, first: Tensor, steps: list[Step], width: int) -> None:
        self._first = first
        self._steps = steps
        self.width = width
        self.rows = first.shape[2]
        self._mixed = Buffer()
        self._row = Buffer()

    def outputs(self, coefficients: Tensor, start: int, stop: int) -> Tensor:
        """The outputs of a block.

        Args:
            coefficients: ``(k, 3)`` rows ``[1, x, y]``.
            start: First row of the data.
            stop: The row after the last.

        Returns:
            ``(k, stop - start, outputs)``; the next call overwrites it.
        """
        block = self._first[:, :, start:stop]
        if len(coefficients) == 1:
            _, x, y = coefficients[0].tolist()
            values = torch.add(block[0], block[1], alpha=x, out=self._mixed(block[0].shape)).add_(block[2], alpha=y)[
                None
            ]
        else:
            values = self._mix(coefficients, block.flatten(1)).view(-1, *block.shape[1:])
        for step in self._steps:
            values = step(values, coefficients)
        return values.mT

    def _mix(self, coefficients: Tensor, flat: Tensor) -> Tensor:
        """The first layer's values ``(k, d·r)`` of several points."""
        mixed = self._mixed((len(coefficients), flat.shape[1]))
        y = coefficients[:, 2]
        if not bool((y == y[0]).all()):
            return torch.mm(coefficients, flat, out=mixed)
        # In a row of the grid only x differs: one pass over memory is quicker than a product with so short a side.
        row = torch.add(flat[0], flat[2], alpha=float(y[0]), out=self._row((flat.shape[1],)))
        return torch.addcmul(row, coefficients[:, 1:2], flat[1], out=mixed)


def stack_layers(model: nn.Module, plane: Plane, features: Tensor) -> StackedLayers | None:
    """The stacked form of a model; None where it holds something that is not known here.

    Args:
        model: A sequence of layers, in evaluation mode.
        plane: Whose points are evaluated.
        features: ``(n, d)``.
    """
    if not isinstance(model, nn.Sequential):
        return None
    layers = [m for m in model if not isinstance(m, SeededDropout | nn.Dropout | nn.Identity)]
    if not layers or type(layers[0]) is not nn.Linear or any(m.training for m in model.modules()):
        return None
    # A parameter that two layers share has one place in the vector and would be taken for two.
    if sum(len(list(m.parameters(recurse=False))) for m in layers) != len(list(model.parameters())):
        return None
    places = _places(model, plane)
    head = layers[0]
    weight = places[id(head.weight)]
    first = torch.stack([w @ features.T for w in weight])
    if head.bias is not None:
        first += places[id(head.bias)][:, :, None]
    steps: list[Step] = []
    width = head.out_features
    for layer in layers[1:]:
        step = _step(layer, places)
        if step is None:
            return None
        steps.append(step)
        width = max(width, getattr(layer, "out_features", 0))
    return StackedLayers(first.contiguous(), steps, width)


def _places(model: nn.Module, plane: Plane) -> dict[int, Tensor]:
    """Each parameter's numbers in the plane's three vectors, ``(3, *shape)``."""
    stacked = torch.stack([plane.origin, plane.first, plane.second])
    found, start = {}, 0
    for parameter in model.parameters():
        count = parameter.numel()
        found[id(parameter)] = stacked[:, start : start + count].reshape(3, *parameter.shape).contiguous()
        start += count
    return found


def _step(layer: nn.Module, places: dict[int, Tensor]) -> Step | None:
    if type(layer) is nn.Linear:
        return _linear(places[id(layer.weight)], places[id(layer.bias)] if layer.bias is not None else None)
    if type(layer) is nn.BatchNorm1d and layer.running_mean is not None and layer.running_var is not None:
        if not layer.affine:
            return None
        inverse = (layer.running_var + layer.eps).rsqrt()
        return _batch_norm(places[id(layer.weight)], places[id(layer.bias)], layer.running_mean, inverse)
    if type(layer) is nn.LayerNorm and layer.elementwise_affine and layer.bias is not None:
        return _layer_norm(places[id(layer.weight)], places[id(layer.bias)], layer.eps)
    if type(layer) in _IN_PLACE:
        function = _IN_PLACE[type(layer)]
        return lambda values, _: function(values)
    if type(layer) in _ELEMENTWISE:
        return lambda values, _: layer(values)
    return None


def _mix(coefficients: Tensor, stacked: Tensor) -> Tensor:
    """The points' own parameters ``(k, *shape)``."""
    return (coefficients @ stacked.flatten(1)).view(-1, *stacked.shape[1:])


def _linear(weight: Tensor, bias: Tensor | None) -> Step:
    buffer = Buffer()

    def step(values: Tensor, coefficients: Tensor) -> Tensor:
        own = _mix(coefficients, weight)
        out = buffer((len(values), weight.shape[1], values.shape[2]))
        if bias is None:
            return torch.bmm(own, values, out=out)
        shift = _mix(coefficients, bias)[:, :, None]
        if len(values) == 1:
            return torch.addmm(shift[0], own[0], values[0], out=out[0])[None]
        return torch.baddbmm(shift, own, values, out=out)

    return step


def _batch_norm(scale: Tensor, shift: Tensor, mean: Tensor, inverse: Tensor) -> Step:
    def step(values: Tensor, coefficients: Tensor) -> Tensor:
        factor = _mix(coefficients, scale) * inverse
        return torch.addcmul((_mix(coefficients, shift) - mean * factor)[:, :, None], values, factor[:, :, None])

    return step


def _layer_norm(scale: Tensor, shift: Tensor, eps: float) -> Step:
    def step(values: Tensor, coefficients: Tensor) -> Tensor:
        variance, mean = torch.var_mean(values, dim=1, correction=0, keepdim=True)
        normal = (values - mean).mul_((variance + eps).rsqrt_())
        return torch.addcmul(_mix(coefficients, shift)[:, :, None], normal, _mix(coefficients, scale)[:, :, None])

    return step
