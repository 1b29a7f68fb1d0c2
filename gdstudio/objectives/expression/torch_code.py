"""From a tree to lines of Python for torch, which round as the program itself does."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from gdstudio.objectives.expression.evaluate import Objective
from gdstudio.objectives.expression.tree import Call, Chain, Compare, Name, Node, Number, Power, Sign, walk

#: How tightly a part holds together, as in Python's grammar.
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
#: Functions that torch calls otherwise.
_TORCH = {"ln": "log", "softplus": "nn.functional.softplus"}
_OVER_I = {
    "sum": "{}.sum(-1)", "prod": "{}.prod(-1)", "mean": "{}.mean(-1)", "norm": "torch.linalg.vector_norm({}, dim=-1)",
    "min": "{}.amin(-1)", "max": "{}.amax(-1)",
}  # fmt: skip
#: Names that mean something else in the lines around.
_TAKEN = frozenset({"torch", "math", "number", "point", "value"})
#: Whole numbers below this are written without a point.
_SHORT = 1e6


def body_of(objective: Objective, point: str = "point") -> list[str]:
    """The lines of a function of ``point``, a tensor ``(d,)``: its coordinates' names, and what it returns.

    Constants take part as torch takes plain numbers wherever that gives the same bits, and as ``number(…)``, a tensor,
    where it would not.

    Args:
        objective: The formula, with values for its parameters.
        point: What the tensor is called.

    Returns:
        Lines without indentation. They need torch, math, and ``number``, which makes a float64 tensor of a number.
    """
    expression = objective.expression
    names = list(dict.fromkeys(part.name for part in walk(expression.root) if isinstance(part, Name)))
    order = {name: k for k, name in enumerate(objective.variables)}
    lines = [f"{_safe(name)} = {objective.parameters[name]!r}" for name in names if name in objective.parameters]
    left = [name for name in names if name in order]
    if left and len(order) == len(left) > 1:
        # In the order of the point, all of it.
        lines.append(f"{', '.join(_safe(name) for name in order)} = {point}")
    else:
        lines += [f"{_safe(name)} = {point}[{order[name]}]" for name in left]
    for vector in expression.vectors:
        if f"{vector}_i" in names:
            first = order[f"{vector}_1"]
            lines.append(f"{_safe(f'{vector}_i')} = {point}[{first}:{first + objective.n}]")
    if expression.vectors and "i" in names and "i" not in order:
        lines.append(f"i = torch.arange(1.0, {objective.n + 1}.0, dtype=torch.float64)")
    if expression.vectors and "n" in names and "n" not in order and "n" not in objective.parameters:
        lines.append(f"n = {objective.n}.0")
    writer = _Writer({*objective.parameters, *({"n"} if expression.vectors and "n" not in order else ())})
    return [*lines, f"return {writer.tensor(expression.root)}"]


def _safe(name: str) -> str:
    """A name that Python and the lines around leave free."""
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name


class _Writer:
    """Writes parts of one formula; ``plain`` are the names that stand for numbers instead of tensors."""

    def __init__(self, plain: Iterable[str]) -> None:
        self._plain = frozenset(plain)
        self._inside = False

    def tensor(self, node: Node) -> str:
        """A part that must be a tensor, whatever it is made of."""
        text, _, number = self._write(node)
        return f"number({text})" if number else text

    def _within(self, node: Node, least: int) -> str:
        text, holds, _ = self._write(node)
        return text if holds >= least else f"({text})"

    def _tensor_within(self, node: Node, least: int) -> str:
        text, holds, number = self._write(node)
        return f"number({text})" if number else text if holds >= least else f"({text})"

    def _write(self, node: Node) -> tuple[str, int, bool]:
        """The text, how tightly it holds together, and whether it is a plain number in Python."""
        match node:
            case Number():
                return (f"math.{node.name}" if node.name else _literal(node.value)), _ATOM, True
            case Name():
                return _safe(node.name), _ATOM, node.name in self._plain
            case Sign():
                text, holds, number = self._write(node.inner)
                if node.sign == "+":
                    return text, holds, number
                return f"-{text if holds >= _SIGN else f'({text})'}", _SIGN, number
            case Power(exponent=Number() as constant):
                power = f"math.{constant.name}" if constant.name else _literal(constant.value)
                return f"{self._tensor_within(node.base, _ATOM)} ** {power}", _POWER, False
            case Power():
                # A plain base or exponent is another function of torch, with another derivative at the edges.
                base, exponent = self._tensor_within(node.base, _ATOM), self._tensor_within(node.exponent, _SIGN)
                return f"{base} ** {exponent}", _POWER, False
            case Compare():
                left = self._tensor_within(node.left, _SUM)
                return f"({left} {node.sign} {self._within(node.right, _SUM)}).to(torch.float64)", _ATOM, False
            case Chain():
                return self._chain(node)
            case Call():
                return self._call(node), _ATOM, False
        raise TypeError(node)

    def _chain(self, node: Chain) -> tuple[str, int, bool]:
        text, holds, number = self._write(node.first)
        for sign, term in node.rest:
            right, right_holds, right_number = self._write(term)
            if number and (right_number or sign in "/%"):
                # Python divides a number by a tensor through the reciprocal, and folds two whole numbers exactly.
                text, holds, number = f"number({text})", _ATOM, False
            if sign == "%":
                other = f"number({right})" if right_number else right
                text, holds, number = f"torch.remainder({text}, {other})", _ATOM, False
                continue
            here = _SUM if sign in "+-" else _PRODUCT
            left = text if holds >= here else f"({text})"
            text = f"{left} {sign} {right if right_holds > here else f'({right})'}"
            holds, number = here, False
        return text, holds, number

    def _call(self, node: Call) -> str:
        if node.over_i:
            template = _OVER_I[node.function]
            self._inside = True
            inner, holds, _ = self._write(node.arguments[0])
            self._inside = False
            return template.format(f"({inner})" if template.startswith("{}") and holds < _ATOM else inner)
        arguments = [self.tensor(argument) for argument in node.arguments]
        if node.function in _OVER_I:
            parts = f"[{', '.join(arguments)}]"
            if self._inside:  # vectors among them, and numbers that stand for every element
                return _OVER_I[node.function].format(f"torch.stack(torch.broadcast_tensors(*{parts}), dim=-1)")
            return _OVER_I[node.function].format(f"torch.stack({parts})")
        if node.function == "where":
            condition = self._tensor_within(node.arguments[0], _SUM)
            return f"torch.where({condition} != 0, {arguments[1]}, {arguments[2]})"
        if node.function == "clamp":
            return f"torch.minimum(torch.maximum({arguments[0]}, {arguments[1]}), {arguments[2]})"
        return f"torch.{_TORCH.get(node.function, node.function)}({', '.join(arguments)})"


def _literal(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < _SHORT else repr(value)
