"""From a tree to torch operations, for one point or for as many as there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor

from gdstudio.core.errors import StudioError, nearest
from gdstudio.objectives.expression.parse import Expression
from gdstudio.objectives.expression.tree import Call, Chain, Compare, Name, Node, Number, Power, Sign, walk

DTYPE: Final = torch.float64
#: Coordinates of a point; with more, one step of one path would take longer than a person waits for a picture.
MOST_VARIABLES: Final = 10_000

#: Names outside a sum, and the same names with a last dimension for ``i`` inside one.
_Names = tuple[Mapping[str, Tensor], Mapping[str, Tensor]]
_Step = Callable[[_Names], Tensor]

_ARITHMETIC: Final[Mapping[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "+": torch.add,
    "-": torch.sub,
    "*": torch.mul,
    "/": torch.div,
    "%": torch.remainder,
}
_COMPARISONS: Final[Mapping[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "<": torch.lt,
    "<=": torch.le,
    ">": torch.gt,
    ">=": torch.ge,
    "==": torch.eq,
    "!=": torch.ne,
}
_CALLS: Final[Mapping[str, Callable[..., Tensor]]] = {
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "asin": torch.asin,
    "acos": torch.acos,
    "atan": torch.atan,
    "atan2": torch.atan2,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "exp": torch.exp,
    "log": torch.log,
    "ln": torch.log,
    "log10": torch.log10,
    "log2": torch.log2,
    "log1p": torch.log1p,
    "sqrt": torch.sqrt,
    "abs": torch.abs,
    "sign": torch.sign,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "round": torch.round,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "softplus": torch.nn.functional.softplus,
    "erf": torch.erf,
    "where": lambda condition, one, other: torch.where(condition != 0, one, other),
    "clamp": lambda x, low, high: torch.minimum(torch.maximum(x, low), high),
}
#: All take the last dimension away.
_REDUCTIONS: Final[Mapping[str, Callable[[Tensor], Tensor]]] = {
    "sum": lambda x: x.sum(-1),
    "prod": lambda x: x.prod(-1),
    "mean": lambda x: x.mean(-1),
    "norm": lambda x: torch.linalg.vector_norm(x, dim=-1),
    "min": lambda x: x.amin(-1),
    "max": lambda x: x.amax(-1),
}


@dataclass(frozen=True)
class Objective:
    """A formula with values for its parameters: a function from points to numbers.

    Args:
        expression: What was read.
        parameters: A value for each parameter of the expression.
        n: Elements of each vector, 1 … 1,000.

    Raises:
        StudioError: An element beyond ``n`` is named, or there are more than 10,000 coordinates.
    """

    expression: Expression
    parameters: Mapping[str, float]
    n: int = 2
    variables: tuple[str, ...] = field(init=False, compare=False)
    _places: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _firsts: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _step: _Step = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        count = len(self.expression.scalars) + len(self.expression.vectors) * self.n
        if count > MOST_VARIABLES:
            raise StudioError(
                f"The formula has {count:,} variables; {MOST_VARIABLES:,} are the most.",
                "Give its vectors fewer elements with objective.n.",
            )
        object.__setattr__(self, "variables", self.expression.variables(self.n))
        order = {name: k for k, name in enumerate(self.variables)}
        used = {part.name for part in walk(self.expression.root) if isinstance(part, Name)}
        for name in used - {*order, *self.parameters, "i", "n"}:
            if not name.endswith("_i"):
                raise StudioError(f"{name} is beyond the {self.n} elements of the vector.", nearest(name, order))
        # Most elements of a long vector have no part of the formula for themselves, and a slice for each would cost
        # more than all the rest.
        object.__setattr__(self, "_places", {name: order[name] for name in used if name in order})
        object.__setattr__(self, "_firsts", {f"{v}_i": order[f"{v}_1"] for v in self.expression.vectors})
        object.__setattr__(self, "_step", _compile(self.expression.root, inside=False))

    @property
    def dimensions(self) -> int:
        """Coordinates of a point."""
        return len(self.variables)

    def __call__(self, points: Tensor) -> Tensor:
        """Values ``(…)`` at points ``(…, d)``; where the formula has no real value there, NaN."""
        value = self._step(self._names(points))
        result: Tensor = value.expand(points.shape[:-1]) if value.shape != points.shape[:-1] else value
        return result

    def with_gradient(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Values ``(…)`` and gradients ``(…, d)`` at points ``(…, d)``, by automatic differentiation."""
        at = points.detach().requires_grad_()
        with torch.enable_grad():
            values = self(at)
            if not values.requires_grad:
                return values.detach(), torch.zeros_like(at)
            (gradient,) = torch.autograd.grad(values.sum(), at, allow_unused=True)
        return values.detach(), torch.zeros_like(at) if gradient is None else gradient

    def hessian(self, point: Tensor) -> Tensor:
        """Second derivatives ``(d, d)`` at one point ``(d,)``."""
        from torch.autograd.functional import hessian

        made: Tensor = hessian(lambda p: self(p), point.detach())
        return made

    def undefined_part(self, point: Tensor) -> str:
        """The innermost part of the formula that has no value at one point ``(d,)``; empty where all have."""
        names = self._names(point.detach())
        sums = (part for part in walk(self.expression.root) if isinstance(part, Call) and part.over_i)
        inside = {id(part) for call in sums for part in walk(call.arguments[0])}
        for part in walk(self.expression.root):
            value = _compile(part, inside=id(part) in inside)(names)
            if not bool(torch.isfinite(value).all()):
                return self.expression.text[part.start : part.end]
        return ""

    def _names(self, points: Tensor) -> _Names:
        outside = {name: points[..., place] for name, place in self._places.items()}
        for name, value in self.parameters.items():
            outside[name] = torch.tensor(value, dtype=points.dtype)
        if not self.expression.vectors:
            return outside, outside
        outside["n"] = torch.tensor(float(self.n), dtype=points.dtype)
        inside = {name: value.unsqueeze(-1) if value.dim() else value for name, value in outside.items()}
        inside["i"] = torch.arange(1, self.n + 1, dtype=points.dtype)
        for name, first in self._firsts.items():
            inside[name] = points[..., first : first + self.n]
        return outside, inside


def _compile(node: Node, inside: bool) -> _Step:
    """The steps that work a part out; numbers are tensors from the start, so that nothing is exact and endless."""
    match node:
        case Number():
            constant = torch.tensor(node.value, dtype=DTYPE)
            return lambda names: constant
        case Name():
            name = node.name
            return (lambda names: names[1][name]) if inside else (lambda names: names[0][name])
        case Sign():
            inner = _compile(node.inner, inside)
            return inner if node.sign == "+" else lambda names: -inner(names)
        case Power(exponent=Number() as number):
            base, power = _compile(node.base, inside), number.value
            return lambda names: torch.pow(base(names), power)
        case Power():
            base, exponent = _compile(node.base, inside), _compile(node.exponent, inside)
            return lambda names: torch.pow(base(names), exponent(names))
        case Chain():
            return _chain(node, inside)
        case Compare():
            left, right = _compile(node.left, inside), _compile(node.right, inside)
            compare = _COMPARISONS[node.sign]
            return lambda names: compare(left(names), right(names)).to(DTYPE)
        case Call():
            return _call(node, inside)
    raise TypeError(node)


def _chain(node: Chain, inside: bool) -> _Step:
    first = _compile(node.first, inside)
    rest = [(_ARITHMETIC[sign], _compile(term, inside)) for sign, term in node.rest]

    def step(names: _Names) -> Tensor:
        value = first(names)
        for operate, term in rest:
            value = operate(value, term(names))
        return value

    return step


def _call(node: Call, inside: bool) -> _Step:
    if node.over_i:
        reduce, inner = _REDUCTIONS[node.function], _compile(node.arguments[0], inside=True)
        return lambda names: reduce(inner(names))
    arguments = [_compile(argument, inside) for argument in node.arguments]
    if node.function in _REDUCTIONS:
        reduce = _REDUCTIONS[node.function]
        return lambda names: reduce(torch.stack(torch.broadcast_tensors(*[a(names) for a in arguments]), dim=-1))
    call = _CALLS[node.function]
    if len(arguments) == 1:
        only = arguments[0]
        return lambda names: call(only(names))
    return lambda names: call(*[argument(names) for argument in arguments])
