"""A network's parameters for many runs, stacked along a leading axis, and one batched product for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gdstudio.models.layers.dropout import SeededDropout


class StackedModel:
    """Linear layers, activations and dropout of ``r`` runs.

    All parameters of all runs are one tensor, one parameter after another, each ``(r, *shape)``: the optimizer then is
    one kernel, whatever the layers. Gradients are computed into a tensor of the same form.

    Args:
        modules: One a run, of one architecture; their parameters are copied, their random streams are used.
        device: Where.

    Attributes:
        flat: ``(r·p,)`` the parameters.
        gradient: ``(r·p,)``.
        leaves: Views of the parameters, to derive by.
        width: Outputs of all layers together for one row.
    """

    def __init__(self, modules: Sequence[nn.Module], device: torch.device) -> None:
        self._layers = list(modules[0].named_children())
        self._random = [[m for m in module.modules() if isinstance(m, SeededDropout)] for module in modules]
        states = [module.state_dict() for module in modules]
        self._shapes = {name: value.shape for name, value in states[0].items()}
        self._place(torch.zeros(len(modules) * sum(s.numel() for s in self._shapes.values()), device=device))
        for name, place in self._places.items():
            place.values.copy_(torch.stack([_turned(state[name]) for state in states]))
        self.width = sum(layer.out_features for _, layer in self._layers if isinstance(layer, nn.Linear))

    def __len__(self) -> int:
        return len(self._random)

    def _place(self, flat: Tensor) -> None:
        self.flat, self.gradient = flat, torch.zeros_like(flat)
        self._places: dict[str, _Place] = {}
        start = 0
        for name, shape in self._shapes.items():
            turned = _is_turned(shape)
            stop = start + len(self) * shape.numel()
            kept = (len(self), *(shape[::-1] if turned else shape))
            values, gradient = (t[start:stop].view(kept) for t in (flat, self.gradient))
            self._places[name] = _Place(values, nn.Parameter(values), gradient, turned)
            start = stop
        self.leaves = [place.leaf for place in self._places.values()]

    @property
    def weights(self) -> list[Tensor]:
        """``(r, n)`` each: what penalties look at, which is not biases."""
        return [place.values.flatten(1) for place in self._places.values() if place.values.ndim >= 3]

    def spread(self, values: Tensor, *, biases: bool = True) -> Tensor:
        """A number ``(r,)`` of each run, for each of its parameters in their order; 0 for biases if not for them."""
        counted = [biases or len(shape) >= 2 for shape in self._shapes.values()]
        pairs = zip(self._shapes.values(), counted, strict=True)
        return torch.cat([(values if c else 0 * values).repeat_interleave(s.numel()) for s, c in pairs])

    def chosen(self, flat: Tensor, positions: Tensor) -> Tensor:
        """What a tensor of the form of :attr:`flat` holds of some of the runs."""
        pieces = flat.split([len(self) * shape.numel() for shape in self._shapes.values()])
        return torch.cat([piece.view(len(self), -1)[positions].reshape(-1) for piece in pieces])

    def outputs(self, inputs: Tensor, noises: Sequence[Tensor] = ()) -> Tensor:
        """``(r, b, d) -> (r, b, k)``; without noises as in evaluation."""
        values, left = inputs, list(noises)
        for number, (name, layer) in enumerate(self._layers):
            if isinstance(layer, nn.Linear):
                weight, bias = self._places[f"{name}.weight"], self._places[f"{name}.bias"]
                rectified = number + 1 < len(self._layers) and type(self._layers[number + 1][1]) is nn.ReLU
                function = _Rectified if rectified else _Affine
                values = cast(Tensor, function.apply(values, weight.leaf, bias.leaf, weight, bias))  # type: ignore[no-untyped-call]
            elif type(layer) is nn.ReLU:
                continue
            elif isinstance(layer, SeededDropout):
                values = values * left.pop(0) if noises else values
            else:
                values = layer(values)
        return values

    def noises(self, rows: int, like: Tensor) -> list[Tensor]:
        """Dropout's ``(r, b, width)`` for each of its layers, every run from its own stream."""
        noises: list[Tensor] = []
        width = 0
        for _, layer in self._layers:
            if isinstance(layer, nn.Linear):
                width = layer.out_features
            elif isinstance(layer, SeededDropout):
                place = len(noises)
                noises.append(torch.stack([run[place].draw((rows, width), like) for run in self._random]))
        return noises

    def state(self, position: int) -> dict[str, NDArray[Any]]:
        """One run's parameters as its module's ``state_dict`` has them."""
        return {
            name: (place.values[position].mT if place.turned else place.values[position]).cpu().numpy().copy()
            for name, place in self._places.items()
        }

    def keep(self, positions: list[int]) -> None:
        """Go on with some of the runs."""
        flat = self.chosen(self.flat, torch.tensor(positions, device=self.flat.device))
        self._random = [self._random[i] for i in positions]
        self._place(flat)


@dataclass(frozen=True, eq=False)
class _Place:
    """Where a parameter of all runs and its gradient are.

    Attributes:
        values, gradient: ``(r, *shape)``, or ``(r, i, o)`` where a weight is kept turned.
        leaf: The values, to derive by.
        turned: Whether it is kept so.
    """

    values: Tensor
    leaf: nn.Parameter
    gradient: Tensor
    turned: bool


def _is_turned(shape: torch.Size) -> bool:
    """Whether a weight ``(o, i)`` is kept as ``(i, o)``: products are several times quicker with a long last side."""
    return len(shape) == 2 and shape[0] > shape[1]


def _turned(value: Tensor) -> Tensor:
    return value.mT if _is_turned(value.shape) else value


class _Affine(torch.autograd.Function):
    """``x·Wᵀ + b`` for every run; the gradients go where they are kept, and are in the order in which they are kept."""

    @staticmethod
    def forward(context: Any, inputs: Tensor, weight: Tensor, bias: Tensor, weights: _Place, biases: _Place) -> Tensor:
        """``(r, b, i), (r, o, i), (r, o) -> (r, b, o)``."""
        context.save_for_backward(inputs, weight)
        context.places = weights, biases
        return _product(inputs, weight, bias, weights)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None, None]:
        """From ``(r, b, o)`` to the gradients of all three."""
        inputs, weight = context.saved_tensors
        return _backward(context, gradients[0], inputs, weight)


class _Rectified(torch.autograd.Function):
    """The same with a ReLU behind it, in place: fresh memory costs more than the operation."""

    @staticmethod
    def forward(context: Any, inputs: Tensor, weight: Tensor, bias: Tensor, weights: _Place, biases: _Place) -> Tensor:
        """``(r, b, i), (r, o, i), (r, o) -> (r, b, o)``."""
        values = _product(inputs, weight, bias, weights).relu_()
        context.save_for_backward(inputs, weight, values)
        context.places = weights, biases
        return values

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None, None]:
        """From ``(r, b, o)``, which is written into, to the gradients of all three."""
        inputs, weight, values = context.saved_tensors
        # What comes from the layer above was made for this one alone.
        gradient = torch.ops.aten.threshold_backward.grad_input(gradients[0], values, 0, grad_input=gradients[0])
        return _backward(context, gradient, inputs, weight)


def _product(inputs: Tensor, weight: Tensor, bias: Tensor, place: _Place) -> Tensor:
    return torch.baddbmm(bias.unsqueeze(1), inputs, weight if place.turned else weight.mT)


def _backward(
    context: Any, gradient: Tensor, inputs: Tensor, weight: Tensor
) -> tuple[Tensor | None, Tensor, Tensor, None, None]:
    weights, biases = context.places
    left, right = (inputs, gradient) if weights.turned else (gradient, inputs)
    torch.bmm(left.mT, right, out=weights.gradient)
    torch.sum(gradient, 1, out=biases.gradient)
    below = None
    if context.needs_input_grad[0]:
        if gradient.shape[2] == 1 and not weights.turned:
            below = gradient * weight
        else:
            below = torch.bmm(gradient, weight.mT if weights.turned else weight)
    return below, weights.gradient, biases.gradient, None, None
