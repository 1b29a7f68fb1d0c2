"""From text to a tree of known parts."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from gdstudio.core.errors import nearest
from gdstudio.objectives.expression.functions import CONSTANTS, FUNCTIONS, GREEK
from gdstudio.objectives.expression.scan import FormulaError, Token, known_names, scan
from gdstudio.objectives.expression.tree import Call, Chain, Compare, Name, Node, Number, Power, Sign, walk

_VARIABLE: Final = re.compile(rf"(?:[A-Za-z]|{'|'.join(sorted(GREEK, reverse=True))})(?:_?[0-9]{{1,4}}|_i)?")
_SIGNS: Final = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%"}
_COMPARISONS: Final = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_COUNTER: Final = "i"


@dataclass(frozen=True)
class Expression:
    """A formula that was read.

    Attributes:
        text: As it was typed.
        root: Its tree.
        scalars: Names of the variables that are one number each, in the order of points.
        vectors: Names of those that have ``n`` elements, e.g. ``("x",)`` for ``sum(x_i**2)``.
        parameters: Names of the parameters that occur.
    """

    text: str
    root: Node
    scalars: tuple[str, ...]
    vectors: tuple[str, ...]
    parameters: tuple[str, ...]

    def variables(self, n: int = 2) -> tuple[str, ...]:
        """The name of every coordinate of a point; ``n`` elements for each vector."""
        names = list(self.scalars) + [f"{vector}_{k}" for vector in self.vectors for k in range(1, n + 1)]
        return tuple(sorted(names, key=_natural)) if self.vectors else self.scalars


def parse_formula(text: str, parameters: Collection[str] = ()) -> Expression:
    """Read a formula.

    Args:
        text: E.g. ``(1 - x)**2 + 100*(y - x**2)**2``; ``^`` is a power as ``**`` is.
        parameters: Names that are given values and are no variables.

    Raises:
        FormulaError: It cannot be read; says where and what to do.
    """
    tokens = scan(text)
    source, columns = _python_of(tokens)
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        offset = getattr(error, "offset", None) or len(source) + 1
        raise _unreadable(tokens, columns, offset - 1) from None
    root = _Reader(text, columns, tokens, frozenset(parameters)).read(tree.body)
    return _with_names(text, root, frozenset(parameters))


def _python_of(tokens: list[Token]) -> tuple[str, list[tuple[int, Token]]]:
    """Text for Python's grammar, numbers as floats and ^ as **, and where each token stands in it."""
    source, columns = "", []
    for token in tokens:
        columns.append((len(source), token))
        text = token.text
        if token.kind == "number":
            text = repr(float(text))
        elif text == "^":
            text = "**"
        source += f"{text} "
    return source, columns


def _unreadable(tokens: list[Token], columns: list[tuple[int, Token]], offset: int) -> FormulaError:
    at = max(bisect_right(columns, offset, key=lambda c: c[0]) - 1, 0)
    token = columns[at][1]
    last = tokens[-1]
    if last.kind == "sign" and last.text != ")":
        return FormulaError(
            f"the formula ends with {last.text}.", "Write what follows it, or take it away.", last.column
        )
    return FormulaError(
        f"{token.text[:20]!r} cannot stand here.", "A number, a variable or a sign is missing beside it.", token.column
    )


class _Reader:
    """Turns Python's syntax tree into ours; whatever is not named here is refused."""

    def __init__(
        self, text: str, columns: list[tuple[int, Token]], tokens: list[Token], parameters: frozenset[str]
    ) -> None:
        self._text = text
        self._columns = columns
        self._parameters = parameters
        self._inside = False
        self._indexed = {t.text[:-2] for t in tokens if t.kind == "name" and t.text.endswith("_i")}

    def read(self, node: ast.expr) -> Node:
        """The part that a node stands for."""
        start, end = self._place(node)
        match node:
            case ast.Constant(value=float(value)):
                return Number(start, end, value)
            case ast.Name(id=name):
                return self._name(name, start, end)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inner):
                return Sign(start, end, "-" if isinstance(node.op, ast.USub) else "+", self.read(inner))
            case ast.BinOp(op=ast.Pow()):
                return Power(start, end, self.read(node.left), self.read(node.right))
            case ast.BinOp():
                return self._chain(node, start, end)
            case ast.Compare():
                return self._comparison(node, start, end)
            case ast.Call(func=ast.Name(id=name), keywords=[]):
                return self._call(name, node.args, start, end)
        raise FormulaError("this cannot be part of a formula.", "Use numbers, variables and functions.", start)

    def _chain(self, node: ast.BinOp, start: int, end: int) -> Node:
        rest: list[tuple[str, Node]] = []
        left: ast.expr = node
        links = []
        # A sum of 900 terms is 900 levels deep in Python's tree, all of them at the left.
        while isinstance(left, ast.BinOp) and type(left.op) in _SIGNS:
            links.append((_SIGNS[type(left.op)], left.right))
            left = left.left
        first = self.read(left)
        rest = [(sign, self.read(right)) for sign, right in reversed(links)]
        return Chain(start, end, first, tuple(rest))

    def _comparison(self, node: ast.Compare, start: int, end: int) -> Node:
        sign = _COMPARISONS.get(type(node.ops[0]))
        if len(node.ops) != 1 or sign is None:
            raise FormulaError(
                "only two sides can be compared at once.", "Write (0 < x) * (x < 1) for 0 < x < 1.", start
            )
        return Compare(start, end, sign, self.read(node.left), self.read(node.comparators[0]))

    def _name(self, name: str, start: int, end: int) -> Node:
        if name in self._parameters:
            return Name(start, end, name)
        if name in CONSTANTS:
            return Number(start, end, CONSTANTS[name], name)
        if name in FUNCTIONS:
            raise FormulaError(f"{name} is a function.", f"Write {name}(x).", start)
        if name == _COUNTER or name.endswith("_i"):
            if not self._inside:
                raise FormulaError(
                    f"{name} has a meaning only inside sum(…), prod(…), mean(…), norm(…), min(…) or max(…).",
                    "Write for example sum(x_i**2), or x_1 for one element.",
                    start,
                )
            if name == _COUNTER:
                return Name(start, end, name)
        if not _VARIABLE.fullmatch(name):
            raise FormulaError(
                f"{name[:40]!r} is neither a function nor a variable.",
                _nearest(name, (*known_names(), *self._parameters))
                or "Variables are a letter, with a number if you like: x, y, x1, x_2.",
                start,
            )
        if name in self._indexed:
            raise FormulaError(
                f"{name} is a vector here, since {name}_i occurs.",
                f"Write {name}_i inside sum(…), or {name}_1.",
                start,
            )
        return Name(start, end, name)

    def _call(self, name: str, arguments: list[ast.expr], start: int, end: int) -> Node:
        function = FUNCTIONS.get(name)
        if function is None:
            variable = _VARIABLE.fullmatch(name) or name in self._parameters or name in CONSTANTS
            hint = f"Write {name} * (…) for a product." if variable else nearest(name[:40], FUNCTIONS)
            raise FormulaError(f"there is no function {name[:40]!r}.", hint, start)
        given = len(arguments)
        if given < function.least or (function.most is not None and given > function.most):
            takes = f"{function.least}" if function.most == function.least else f"{function.least} or more"
            raise FormulaError(
                f"{name} takes {takes} argument{'s' * (function.least != 1)}, and {given} "
                f"{'was' if given == 1 else 'were'} given.",
                f"{name}: {function.help}.",
                start,
            )
        if function.reduces and given == 1:
            return self._reduction(name, arguments[0], start, end)
        return Call(start, end, name, tuple(self.read(argument) for argument in arguments))

    def _reduction(self, name: str, argument: ast.expr, start: int, end: int) -> Node:
        if self._inside:
            raise FormulaError(f"{name} over i stands inside another one.", "Sums cannot be nested.", start)
        self._inside = True
        try:
            inner = self.read(argument)
        finally:
            self._inside = False
        if not any(isinstance(part, Name) and part.name.endswith("_i") for part in walk(inner)):
            raise FormulaError(
                f"{name} of one number has nothing to go over.",
                f"Write {name}(x_i**2) over the elements of a vector, or {name}(x, y).",
                start,
            )
        return Call(start, end, name, (inner,), over_i=True)

    def _place(self, node: ast.expr) -> tuple[int, int]:
        """First column and the one behind the last, in the text as it was typed."""
        first = bisect_right(self._columns, node.col_offset, key=lambda c: c[0]) - 1
        last = bisect_right(self._columns, (node.end_col_offset or 1) - 1, key=lambda c: c[0]) - 1
        token = self._columns[last][1]
        return self._columns[first][1].column, token.column + len(token.text)


def _with_names(text: str, root: Node, parameters: frozenset[str]) -> Expression:
    names = {part.name: part for part in walk(root) if isinstance(part, Name)}
    vectors = sorted({name[:-2] for name in names if name.endswith("_i") and name not in parameters}, key=_natural)
    used = [name for name in names if name in parameters]
    scalars = []
    for name in names:
        base, _, number = name.rpartition("_")
        element = base in vectors and number.isdigit()
        counts = bool(vectors) and name in ("n", _COUNTER)
        if name not in parameters and not name.endswith("_i") and not element and not counts:
            scalars.append(name)
        if element and int(number) == 0:
            raise FormulaError(f"the elements of {base} begin with {base}_1.", "", names[name].start)
    if not scalars and not vectors:
        raise FormulaError(
            "the formula has no variable, so there is nothing to minimize.", "Write for example x**2.", 0
        )
    return Expression(text, root, tuple(sorted(scalars, key=_natural)), tuple(vectors), tuple(used))


def _natural(name: str) -> tuple[str, int, str]:
    """A key by which x_2 stands before x_10."""
    letters = name.rstrip("0123456789")
    return letters.rstrip("_"), int(name[len(letters) :] or 0), name


def _nearest(name: str, valid: Collection[str]) -> str:
    """Names that are close; nothing where none is."""
    hint = nearest(name[:40], valid)
    return hint if hint.startswith("Did") else ""
