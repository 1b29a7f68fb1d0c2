"""From a tree to LaTeX's mathematics."""

from __future__ import annotations

from gdstudio.objectives.expression.functions import FUNCTIONS, GREEK
from gdstudio.objectives.expression.tree import Call, Chain, Compare, Name, Node, Number, Power, Sign

#: How tightly a part holds together; a looser one gets parentheses where a tighter one is wanted.
_COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(6)
_COMPARISONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"}
_OVER_I = {"sum": r"\sum_{i=1}^{n}", "prod": r"\prod_{i=1}^{n}", "min": r"\min_{i}", "max": r"\max_{i}"}
_PLAIN = frozenset(["sin", "cos", "tan", "sinh", "cosh", "tanh", "ln", "min", "max"])


def latex_of(node: Node) -> str:
    """A formula in LaTeX's mathematics."""
    return _latex(node)[0]


def _latex(node: Node) -> tuple[str, int]:
    """The text and how tightly it holds together."""
    match node:
        case Number():
            return _number(node)
        case Name():
            return name_latex(node.name), _ATOM
        case Sign():
            return f"{node.sign}{_within(node.inner, _SIGN)}", _SIGN
        case Power():
            return f"{_within(node.base, _ATOM)}^{{{_latex(node.exponent)[0]}}}", _POWER
        case Compare():
            return f"{_within(node.left, _SUM)} {_COMPARISONS[node.sign]} {_within(node.right, _SUM)}", _COMPARE
        case Chain():
            return _chain(node)
        case Call():
            return _call(node)
    raise TypeError(node)


def _within(node: Node, least: int) -> str:
    """The text, in parentheses where it holds together less than is wanted."""
    return _wrapped(*_latex(node), least)


def _wrapped(text: str, holds: int, least: int) -> str:
    return text if holds >= least else rf"\left({text}\right)"


def _number(node: Number) -> tuple[str, int]:
    if node.name:
        return (r"\pi" if node.name == "pi" else node.name), _ATOM
    mantissa, _, exponent = f"{node.value:.12g}".partition("e")
    return (rf"{mantissa} \cdot 10^{{{int(exponent)}}}", _PRODUCT) if exponent else (mantissa, _ATOM)


def name_latex(name: str) -> str:
    """A variable with its subscript."""
    letters = name.rstrip("0123456789")
    base, under, rest = (letters.rstrip("_"), "_", name[len(letters) :]) if letters != name else name.partition("_")
    base = rf"\{base}" if base in GREEK and base != "omicron" else base
    if len(base.lstrip("\\")) > 1 and not base.startswith("\\"):
        base = rf"\mathrm{{{base.replace('_', ' ')}}}"
    return f"{base}_{{{rest.replace('_', ' ')}}}" if under and rest else base


def _chain(node: Chain) -> tuple[str, int]:
    text, holds = _latex(node.first)
    before: Node = node.first
    for sign, term in node.rest:
        if sign in "+-":
            text, holds = f"{text} {sign} {_within(term, _PRODUCT)}", _SUM
        elif sign == "/":
            text, holds = rf"\frac{{{text}}}{{{_latex(term)[0]}}}", _ATOM
        elif sign == "%":
            text, holds = rf"{_wrapped(text, holds, _PRODUCT)} \bmod {_within(term, _POWER)}", _PRODUCT
        else:
            left, right = _wrapped(text, holds, _PRODUCT), _within(term, _POWER)
            # A dot where two numbers would run together; elsewhere factors simply stand side by side.
            digits = right[:1].isdigit() or (isinstance(before, Number) and not before.name and right[:1] == ".")
            text, holds = f"{left} {chr(92)}cdot {right}" if digits else rf"{left} \, {right}", _PRODUCT
        before = term
    return text, holds


def _call(node: Call) -> tuple[str, int]:
    if node.over_i:
        inner = node.arguments[0]
        if node.function == "norm":
            return rf"\left\| {_latex(inner)[0]} \right\|", _ATOM
        sign = r"\frac{1}{n} \sum_{i=1}^{n}" if node.function == "mean" else _OVER_I[node.function]
        return f"{sign} {_within(inner, _PRODUCT)}", _PRODUCT
    arguments = [_latex(argument)[0] for argument in node.arguments]
    template = FUNCTIONS[node.function].latex
    if template:
        for place, argument in enumerate(arguments, 1):
            template = template.replace(f"#{place}", argument)
        return template, _POWER if node.function == "exp" else _ATOM
    name = rf"\{node.function}" if node.function in _PLAIN else rf"\operatorname{{{node.function}}}"
    return rf"{name}\left({', '.join(arguments)}\right)", _ATOM
