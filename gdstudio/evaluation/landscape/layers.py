"""The outputs of a network at many points of a plane at once: each layer with stacked parameters.

The parameters of the points are ``[1, x, y] @ [origin, first, second]``, so one small product makes a layer's
parameters for all points of a group. The first linear layer needs not even that: it is linear in the coordinates, so
its product with the data is computed three times in all and then only combined.

How many points and rows go together decides the speed:

===============  =====================================  ==================================================
regime           when                                   what is done
===============  =====================================  ==================================================
overhead-bound   a point's values are far below the     many points as stacked weights in one product
                 cache
cache-bound      a few points' values fill the cache    as many points together as fit into it
product-bound    one point's values exceed the cache    few points at a time, the rows in blocks that fit
===============  =====================================  ==================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import torch
from torch import Tensor, nn

from gdstudio.evaluation.landscape.planes import Plane
from gdstudio.models.layers.dropout import SeededDropout

#: Bytes of one layer's values for the points of a group …
_GROUP_BYTES = 2**21
#: … and for a point's rows of a block: measured best where both layers of a product stay in a core's own cache.
_BLOCK_BYTES = 2**19
#: Fewer rows in a block than this, and the products become too small to be quick.
_MIN_ROWS = 512
#: Points together at most, so that a cancel is heard.
_MAX_POINTS = 512
#: Bytes of the outputs that are given at once, so that what a call of the loss costs is shared by many points.
_OUTPUT_BYTES = 2**20
#: Values of a point from which on a sum for it alone costs less than its share in a product for many.
_ONE_BY_ONE = 2**15
#: Modules that treat each value by itself and hold no parameters.
_ELEMENTWISE: Final = (
    nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, nn.ELU, nn.SELU, nn.Softplus, nn.Identity,
    nn.Hardtanh, nn.Mish, nn.Softsign, nn.Hardswish, nn.ReLU6, nn.CELU,
)  # fmt: skip
_IN_PLACE: Final[dict[type[nn.Module], Callable[[Tensor], Tensor]]] = {
    nn.Tanh: torch.tanh_, nn.Sigmoid: torch.sigmoid_,
}  # fmt: skip


class Buffer:
    """Memory that is used again: taking megabytes anew for every group costs as much as filling them."""

    def __init__(self) -> None:
        self._memory = torch.empty(0)
        self._last = self._memory

    def __call__(self, shape: tuple[int, ...]) -> Tensor:
        """A tensor of that shape, whose numbers may be anything."""
        if self._last.shape != shape:
            count = math.prod(shape)
            if self._memory.numel() < count:
                self._memory = torch.empty(count)
            self._last = self._memory[:count].view(shape)
        return self._last


@dataclass(frozen=True)
class Step:
    """A layer behind the first.

    Attributes:
        apply: ``(values (k, d, r), the points' own parameters (k, *shape)) -> (k, d', r)``; may write into its input.
            Rows come last, since products with few units are quicker along a long last dimension.
        parameters: Their numbers in the plane's three vectors, ``(3, *shape)``.
    """

    apply: Callable[..., Tensor]
    parameters: tuple[Tensor, ...] = ()


_RELU: Final = Step(torch.relu_)


class StackedLayers:
    """A network's outputs for many points of a plane.

    Args:
        first: The first layer's values for the plane's three vectors, ``(3, d, r)`` for each block of ``r`` rows.
        steps: The layers that follow it.
        width: Largest number of values that a row has between two layers.
        outputs: Number of values that come out for a row.
    """

    def __init__(self, first: Sequence[Tensor], steps: Sequence[Step], width: int, outputs: int) -> None:
        self._first = first
        self._rectified = bool(steps) and steps[0] is _RELU
        self._steps = steps[1:] if self._rectified else steps
        self._own = [[partial(_mix, p.flatten(1), p.shape[1:], Buffer()) for p in s.parameters] for s in self._steps]
        self._mixed, self._filled = Buffer(), Buffer()
        #: For each block the y of the points that were last evaluated, and ``origin + y·second`` there.
        self._rows = [(math.nan, torch.empty_like(block[0])) for block in first]
        self._shape = (outputs, sum(block.shape[2] for block in first))
        #: Points whose layers are evaluated together.
        self.chunk = int(min(max(_GROUP_BYTES // (4 * width * first[0].shape[2]), 1), _MAX_POINTS))
        own = sum(p[0].numel() for step in steps for p in step.parameters)
        together = min(_OUTPUT_BYTES // (4 * math.prod(self._shape)), _GROUP_BYTES // (4 * own + 1), _MAX_POINTS)
        #: Points that are evaluated in one call: whole chunks.
        self.portion = self.chunk * max(together // self.chunk, 1)

    def outputs(self, coefficients: Tensor) -> Tensor:
        """The outputs at points.

        Args:
            coefficients: ``(k, 3)`` rows ``[1, x, y]``, best :attr:`portion` of them.

        Returns:
            ``(k, n, outputs)``; the next call overwrites it.
        """
        filled = self._filled((len(coefficients), *self._shape))
        parts = [part.split(self.chunk) for part in filled.split([block.shape[2] for block in self._first], dim=2)]
        own = [[mix(coefficients).split(self.chunk) for mix in mixes] for mixes in self._own]
        for number, points in enumerate(coefficients.split(self.chunk)):
            places = points[:, 1:].tolist()
            for block, part in enumerate(parts):
                values = self._mix_first(points, places, block)
                for step, parameters in zip(self._steps, own, strict=True):
                    values = step.apply(values, *[p[number] for p in parameters])
                part[number].copy_(values)
        return filled.mT

    def _mix_first(self, points: Tensor, places: Sequence[Sequence[float]], block: int) -> Tensor:
        """The first layer's values ``(k, d, r)`` of several points for one block, rectified where that comes next."""
        stacked = self._first[block]
        mixed = self._mixed((len(points), *stacked.shape[1:]))
        if stacked.stride(0) < _ONE_BY_ONE:
            torch.mm(points, stacked.flatten(1), out=mixed.flatten(1))
            return mixed.relu_() if self._rectified else mixed
        # A product with so short a side is slower than a sum, and what only y changes is at hand along the grid's row.
        add, along = torch._add_relu if self._rectified else torch.add, stacked[1]
        for (x, y), out in zip(places, mixed.unbind(), strict=True):
            add(self._row(block, y), along, alpha=x, out=out)
        return mixed

    def _row(self, block: int, y: float) -> Tensor:
        """``origin + y·second`` of the first layer's values for one block, kept for all points of that y."""
        known, values = self._rows[block]
        if known != y:
            torch.add(self._first[block][0], self._first[block][2], alpha=y, out=values)
            self._rows[block] = y, values
        return values


def stack_layers(model: nn.Module, plane: Plane, features: Tensor) -> StackedLayers | None:
    """The stacked form of a model; None where it holds something that is not known here.

    Args:
        model: A sequence of layers; taken as in evaluation mode, with nothing shared that training changes.
        plane: Whose points are evaluated.
        features: ``(n, d)``.
    """
    if not isinstance(model, nn.Sequential):
        return None
    layers = [m for m in model if not isinstance(m, SeededDropout | nn.Dropout | nn.Identity)]
    if not layers or type(layers[0]) is not nn.Linear:
        return None
    # A parameter that two layers share has one place in the vector and would be taken for two.
    if sum(len(list(m.parameters(recurse=False))) for m in layers) != len(list(model.parameters())):
        return None
    places = _places(model, plane)
    head = layers[0]
    steps: list[Step] = []
    widths = [head.out_features]
    for layer in layers[1:]:
        step = _step(layer, places)
        if step is None:
            return None
        steps.append(step)
        widths.append(getattr(layer, "out_features", widths[-1]))
    weight = places[id(head.weight)]
    blocks = -(-len(features) // max(_BLOCK_BYTES // (4 * max(widths)), _MIN_ROWS))
    first = [weight @ rows.T for rows in features.tensor_split(blocks)]
    if head.bias is not None:
        for values in first:
            values += places[id(head.bias)][:, :, None]
    return StackedLayers(first, steps, max(widths), widths[-1])


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
        buffer, weight = Buffer(), places[id(layer.weight)]
        if layer.bias is None:
            return Step(partial(_product, buffer), (weight,))
        return Step(partial(_affine, buffer), (weight, places[id(layer.bias)][:, :, None]))
    if type(layer) is nn.BatchNorm1d and layer.running_mean is not None and layer.running_var is not None:
        if not layer.affine:
            return None
        inverse = (layer.running_var.cpu() + layer.eps).rsqrt()
        apply = _batch_norm(layer.running_mean.cpu().clone(), inverse)
        return Step(apply, (places[id(layer.weight)], places[id(layer.bias)]))
    if type(layer) is nn.LayerNorm and layer.elementwise_affine and layer.bias is not None:
        return Step(_layer_norm(layer.eps), (places[id(layer.weight)], places[id(layer.bias)]))
    if type(layer) is nn.ReLU:
        return _RELU
    if type(layer) in _IN_PLACE:
        return Step(_IN_PLACE[type(layer)])
    return Step(layer) if type(layer) in _ELEMENTWISE else None


def _mix(stacked: Tensor, shape: torch.Size, buffer: Buffer, coefficients: Tensor) -> Tensor:
    """The points' own parameters ``(k, *shape)``, from ``(3, p)``."""
    count = len(coefficients)
    return torch.mm(coefficients, stacked, out=buffer((count, stacked.shape[1]))).view(count, *shape)


def _product(buffer: Buffer, values: Tensor, weight: Tensor) -> Tensor:
    return torch.bmm(weight, values, out=buffer((len(values), weight.shape[1], values.shape[2])))


def _affine(buffer: Buffer, values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    out = buffer((len(values), weight.shape[1], values.shape[2]))
    return torch.baddbmm(bias, weight, values, out=out)


def _batch_norm(mean: Tensor, inverse: Tensor) -> Callable[..., Tensor]:
    def apply(values: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        factor = scale * inverse
        return values.mul_(factor[:, :, None]).add_((shift - mean * factor)[:, :, None])

    return apply


def _layer_norm(eps: float) -> Callable[..., Tensor]:
    def apply(values: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        variance, mean = torch.var_mean(values, dim=1, correction=0, keepdim=True)
        values.sub_(mean).mul_((variance + eps).rsqrt_())
        return values.mul_(scale[:, :, None]).add_(shift[:, :, None])

    return apply
