"""The outputs of a network at many points of a plane at once: each layer with stacked parameters.

The parameters of the points are ``[1, x, y] @ [origin, first, second]``, so one small product makes a layer's
parameters for all points of a group. The first linear layer needs not even that: it is linear in the coordinates, so
its product with the data is computed three times in all and then only combined. Each layer behind it is a product,
which runs at the processor's peak, and one pass over its values for bias and ReLU together. That pass is cheap only
where the values are still in the core's own cache, so points and rows are taken in portions that stay in it.

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
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn

from gdstudio.evaluation.landscape.planes import Plane
from gdstudio.models.layers.dropout import SeededDropout

#: Bytes of the values before and behind a layer for the points of a group, which fit a core's own cache …
_GROUP_BYTES = 2**20
#: … and of one layer's values for a block of a point's rows, which stay there with those that they are mixed from.
_BLOCK_BYTES = 2**19
#: Fewer rows in a block than this, and the products become too small to be quick.
_MIN_ROWS = 512
#: Rows of a block are a multiple of this, with empty rows at the end: among the values that are left over when it takes
#: so many at once, ``_add_relu`` makes zeros of NaNs. Products along whole lines of the cache are quicker, too.
_ALIGNED_ROWS = 32 if torch.backends.cpu.get_cpu_capability() == "AVX512" else 16
#: Points together at most, so that a cancel is heard.
_MAX_POINTS = 512
#: Bytes of the outputs that are given at once, so that what a call of the loss costs is shared by many points …
_OUTPUT_BYTES = 2**19
#: … and of their own parameters: while they go through one block after the other, each block stays in the cache.
_OWN_BYTES = 2**23
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
        self._each: Sequence[Tensor] = ()

    def __call__(self, shape: tuple[int, ...]) -> Tensor:
        """A tensor of that shape, whose numbers may be anything."""
        if self._last.shape != shape:
            count = math.prod(shape)
            if self._memory.numel() < count:
                self._memory = torch.empty(count)
            self._last, self._each = self._memory[:count].view(shape), ()
        return self._last

    def each(self) -> Sequence[Tensor]:
        """What was given last, cut along its first dimension."""
        if not self._each:
            self._each = self._last.unbind()
        return self._each


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


class StackedLayers:
    """A network's outputs for many points of a plane.

    Args:
        first: The first layer's values for the plane's three vectors, ``(3, d, r)`` for each block of ``r`` rows.
        rectified: Whether a ReLU follows the first layer.
        steps: The layers that follow it.
        last: A last linear layer's weight ``(3, outputs, d)`` and bias ``(3, outputs, 1)`` in the three vectors, where
            there is one behind the first; it is none of the steps, since its outputs go straight to their place.
        width: Largest number of values that a row has before and behind a layer, together.
        outputs: Number of values that come out for a row.
        rows: How many of the blocks' rows are looked at; those behind them are empty.
    """

    def __init__(
        self,
        first: Sequence[Tensor],
        rectified: bool,
        steps: Sequence[Step],
        last: Sequence[Tensor],
        width: int,
        outputs: int,
        rows: int,
    ) -> None:
        self._first, self._rectified, self._steps = first, rectified, steps
        self._own = [[_mixer(p) for p in step.parameters] for step in steps]
        self._last = [_mixer(p) for p in last]
        self._mixed, self._filled = Buffer(), Buffer()
        self._mixers = [_mixer(block, self._mixed) for block in first]
        #: For each block the y of the points that were last evaluated, and ``origin + y·second`` there.
        self._rows = [(math.nan, torch.empty_like(block[0])) for block in first]
        self._rows_of_blocks = [block.shape[2] for block in first]
        self._shape, self._count = (outputs, sum(self._rows_of_blocks)), rows
        #: Points whose layers are evaluated together.
        self.chunk = int(min(max(_GROUP_BYTES // (4 * width * first[0].shape[2]), 1), _MAX_POINTS))
        own = sum(p[0].numel() for p in [*last, *(p for step in steps for p in step.parameters)])
        together = min(_OUTPUT_BYTES // (4 * math.prod(self._shape)), _OWN_BYTES // (4 * own + 1), _MAX_POINTS)
        #: Points that are evaluated in one call: whole chunks.
        self.portion = self.chunk * max(together // self.chunk, 1)

    def outputs(self, coefficients: Tensor) -> Tensor:
        """The outputs at points.

        Args:
            coefficients: ``(k, 3)`` rows ``[1, x, y]``, best :attr:`portion` of them.

        Returns:
            ``(k, n, outputs)``; the next call overwrites it.
        """
        count, size = len(coefficients), self.chunk
        filled = self._filled((count, *self._shape))
        chunks = self._chunks(coefficients)
        # One entry a chunk, so that the loop over them, which small networks wait for, has nothing to cut.
        own = [
            list(zip(*[mix(coefficients).split(size) for mix in mixes], strict=True)) or [()] * len(chunks)
            for mixes in self._own
        ]
        last = [mix(coefficients) for mix in self._last]
        weights = last[0].split(size) if last else ()
        for block, part in enumerate(filled.split(self._rows_of_blocks, dim=2)):
            for number, out in enumerate(part.split(size)):
                values = self._mix_first(block, chunks[number])
                for step, parameters in zip(self._steps, own, strict=True):
                    values = step.apply(values, *parameters[number])
                if weights:
                    torch.bmm(weights[number], values, out=out)
                else:
                    out.copy_(values)
        for bias in last[1:]:
            filled += bias
        return filled[:, :, : self._count].mT

    def _chunks(self, coefficients: Tensor) -> Sequence[Tensor | list[list[float]]]:
        """The coordinates of each chunk, in the form that mixes the first layer's values in the quickest way."""
        if self._first[0].stride(0) < _ONE_BY_ONE:
            chunks: Sequence[Tensor] = coefficients.split(self.chunk)
            return chunks
        points: list[list[float]] = coefficients.tolist()
        return [points[start : start + self.chunk] for start in range(0, len(points), self.chunk)]

    def _mix_first(self, block: int, points: Tensor | list[list[float]]) -> Tensor:
        """The first layer's values ``(k, d, r)`` of several points for one block, rectified where that comes next."""
        if isinstance(points, Tensor):
            mixed = self._mixers[block](points)
            return mixed.relu_() if self._rectified else mixed
        stacked = self._first[block]
        mixed = self._mixed((len(points), *stacked.shape[1:]))
        # A product with so short a side is slower than a sum, and what only y changes is at hand along the grid's row.
        add, along = _add_relu if self._rectified else torch.add, stacked[1]
        for (_, x, y), out in zip(points, self._mixed.each(), strict=True):
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
    widths = [layer.out_features for layer in layers if isinstance(layer, nn.Linear)]
    head, *behind = layers
    rectified = bool(behind) and type(behind[0]) is nn.ReLU
    if rectified:
        del behind[0]
    last: Sequence[Tensor] = ()
    tail = behind[-1] if behind else None
    if type(tail) is nn.Linear:
        last = _linear(tail, places)
        del behind[-1]
    steps = _steps(behind, places)
    if steps is None:
        return None
    weight = places[id(head.weight)]
    count, block = len(features), _block_rows(len(features), max(widths))
    # Few rows with no ReLU but the first layer's meet no ``_add_relu``, and empty rows among them would cost a tenth.
    if any(type(layer) is nn.ReLU for layer in behind) or widths[0] * count >= _ONE_BY_ONE:
        features = nn.functional.pad(features, (0, 0, 0, -count % _ALIGNED_ROWS))
    first = [weight @ rows.T for rows in features.split(block)]
    if head.bias is not None:
        for values in first:
            values += places[id(head.bias)][:, :, None]
    return StackedLayers(first, rectified, steps, last, max(map(sum, pairwise([0, *widths]))), widths[-1], count)


def _block_rows(rows: int, width: int) -> int:
    """Rows of a block, so that all blocks have about as many."""
    blocks = -(-rows // max(_BLOCK_BYTES // (4 * width), _MIN_ROWS))
    return -(-rows // (blocks * _ALIGNED_ROWS)) * _ALIGNED_ROWS


def _places(model: nn.Module, plane: Plane) -> dict[int, Tensor]:
    """Each parameter's numbers in the plane's three vectors, ``(3, *shape)``."""
    stacked = torch.stack([plane.origin, plane.first, plane.second])
    found, start = {}, 0
    for parameter in model.parameters():
        count = parameter.numel()
        found[id(parameter)] = stacked[:, start : start + count].reshape(3, *parameter.shape).contiguous()
        start += count
    return found


def _linear(layer: nn.Linear, places: dict[int, Tensor]) -> tuple[Tensor, ...]:
    """The numbers of its weight ``(3, d', d)`` and, where it has one, its bias ``(3, d', 1)``."""
    weight = places[id(layer.weight)]
    return (weight,) if layer.bias is None else (weight, places[id(layer.bias)][:, :, None])


def _steps(layers: Sequence[nn.Module], places: dict[int, Tensor]) -> list[Step] | None:
    """The steps of the layers between the first and the last; None where one of them is not known."""
    steps: list[Step] = []
    for before, layer in zip([None, *layers], layers, strict=False):
        if type(layer) is nn.ReLU and type(before) is nn.Linear and before.bias is not None:
            # Bias and ReLU in one pass over the product's values instead of one each.
            steps[-1] = Step(partial(_affine_relu, Buffer()), steps[-1].parameters)
            continue
        step = _step(layer, places)
        if step is None:
            return None
        steps.append(step)
    return steps


def _step(layer: nn.Module, places: dict[int, Tensor]) -> Step | None:
    if type(layer) is nn.Linear:
        return Step(partial(_product if layer.bias is None else _affine, Buffer()), _linear(layer, places))
    if type(layer) is nn.BatchNorm1d and layer.running_mean is not None and layer.running_var is not None:
        if not layer.affine:
            return None
        inverse = (layer.running_var.cpu() + layer.eps).rsqrt()
        apply = _batch_norm(layer.running_mean.cpu().clone(), inverse)
        return Step(apply, (places[id(layer.weight)], places[id(layer.bias)]))
    if type(layer) is nn.LayerNorm and layer.elementwise_affine and layer.bias is not None:
        return Step(_layer_norm(layer.eps), (places[id(layer.weight)], places[id(layer.bias)]))
    if type(layer) is nn.ReLU:
        return Step(torch.relu_)
    if type(layer) in _IN_PLACE:
        return Step(_IN_PLACE[type(layer)])
    return Step(layer) if type(layer) in _ELEMENTWISE else None


def _mixer(stacked: Tensor, buffer: Buffer | None = None) -> Callable[[Tensor], Tensor]:
    """What mixes numbers in the plane's vectors, ``(3, *shape)``, into the points' own, ``(k, *shape)``."""
    return partial(_mix, stacked.flatten(1), stacked.shape[1:], buffer or Buffer())


def _mix(stacked: Tensor, shape: torch.Size, buffer: Buffer, coefficients: Tensor) -> Tensor:
    count = len(coefficients)
    return torch.mm(coefficients, stacked, out=buffer((count, stacked.shape[1]))).view(count, *shape)


def _product(buffer: Buffer, values: Tensor, weight: Tensor) -> Tensor:
    return torch.bmm(weight, values, out=buffer((len(values), weight.shape[1], values.shape[2])))


def _affine(buffer: Buffer, values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return _product(buffer, values, weight).add_(bias)


def _affine_relu(buffer: Buffer, values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    out = _product(buffer, values, weight)
    return _add_relu(out, bias, out=out)


def _add_relu(values: Tensor, other: Tensor, *, out: Tensor, alpha: float = 1.0) -> Tensor:
    """``relu(values + alpha·other)`` in one pass, which makes zeros of NaNs where threads divide it at odd places."""
    if torch.get_num_threads() > 1:
        return torch.add(values, other, alpha=alpha, out=out).relu_()
    torch._add_relu(values, other, alpha=alpha, out=out)
    return out


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
