"""From text to words, numbers and signs: what is no part of a formula goes no further.

The scan bounds length, nesting and runs of signs before anything recursive sees the text, and refuses every
character and word that mathematics does not need, look-alike letters among them.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import Final, Literal

from gdstudio.core.errors import StudioError
from gdstudio.objectives.expression.functions import CONSTANTS, FUNCTIONS

MAX_CHARACTERS: Final = 2_000
MAX_NESTING: Final = 40
_MAX_DIGITS: Final = 300
#: Signs and powers nest without parentheses: -----x, x**x**x.
_MAX_SIGNS_IN_A_ROW: Final = 10
_MAX_POWERS: Final = 60

_TOKEN: Final = re.compile(
    r"(?P<space>\s+)|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>\*\*|//|<=|>=|==|!=|:=|[-+*/%^(),<>=])",
    re.ASCII,
)
_HINTS: Final = {
    "[": "Elements are written x_1, x_2 and, inside sum(…), x_i.",
    "]": "Elements are written x_1, x_2 and, inside sum(…), x_i.",
    "{": "Group with round parentheses.",
    "}": "Group with round parentheses.",
    "·": "Write * for a product.",
    "×": "Write * for a product.",
    "−": "Write - for minus.",
    "–": "Write - for minus.",
    "²": "Write **2 for a square.",
    "³": "Write **3 for a cube.",
    "π": "Write pi.",
    ".": "A formula has no attributes; a decimal point needs a digit beside it.",
    "!": "Not equal is written !=.",
}


class FormulaError(StudioError):
    """A formula that cannot be read.

    Attributes:
        column: 0-based place in the text.
    """

    def __init__(self, message: str, hint: str, column: int) -> None:
        super().__init__(f"Column {column + 1}: {message}", hint)
        self.column = column


@dataclass(frozen=True)
class Token:
    """A piece of a formula; ``column`` is 0-based."""

    kind: Literal["number", "name", "sign"]
    text: str
    column: int


def scan(text: str) -> list[Token]:
    """The tokens of a formula.

    Raises:
        FormulaError: It is empty, too long, nested too deeply, or has a character or a word that does not belong.
    """
    if len(text) > MAX_CHARACTERS:
        raise FormulaError(
            f"the formula has {len(text):,} characters; {MAX_CHARACTERS:,} are the most.",
            "Sums over many variables are shorter as sum(x_i**2).",
            MAX_CHARACTERS,
        )
    tokens: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            found = text[place]
            hint = _HINTS.get(found, "Use letters a to z, digits, + - * / ** ( ) , and comparisons.")
            raise FormulaError(f"{found!a} is no part of a formula.", hint, place)
        if match.lastgroup != "space":
            tokens.append(Token(match.lastgroup, match.group(), place))  # type: ignore[arg-type]
        place = match.end()
    if not tokens:
        raise FormulaError("there is no formula yet.", "Write for example x**2 + 10*y**2.", 0)
    _check_neighbours(tokens)
    _check_nesting(tokens)
    return tokens


def _check_neighbours(tokens: list[Token]) -> None:
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.kind == "number":
            _check_number(token)
        elif token.kind == "name" and keyword.iskeyword(token.text) and token.text != "lambda":
            raise FormulaError(
                f"{token.text!r} is a word of programming, not of a formula.",
                "Conditions are written where(x > 0, x, 0).",
                token.column,
            )
        elif token.text == "lambda":
            raise FormulaError("'lambda' cannot be a name here.", "Call it l, or beta.", token.column)
        elif token.text in ("=", ":="):
            raise FormulaError(
                "a formula is only the right-hand side, without =.",
                "Write x**2, not y = x**2; comparisons are ==, <, >.",
                token.column,
            )
        elif token.text == "//":
            raise FormulaError("// is not a sign here.", "Write floor(a / b).", token.column)
        if after is not None and not keyword.iskeyword(after.text):
            _check_product(token, after)


def _check_number(token: Token) -> None:
    if len(token.text) > _MAX_DIGITS:
        raise FormulaError(
            f"this number has {len(token.text)} digits; {_MAX_DIGITS} are the most.",
            "Write it with an exponent, e.g. 1e300.",
            token.column,
        )
    if float(token.text) == float("inf"):
        raise FormulaError(f"{token.text} is too large for a number.", "1.7e308 is the largest.", token.column)


def _check_product(token: Token, after: Token) -> None:
    """Refuse a product without its sign, as in 2x, x y, (a)(b) and 2(x)."""
    ends = token.kind in ("number", "name") or token.text == ")"
    begins = after.kind in ("number", "name") or after.text == "("
    if not (ends and begins):
        return
    if token.kind == "name" and after.text == "(":
        return  # a call; whether there is such a function is said elsewhere
    if token.kind == "name" and token.text in FUNCTIONS:
        raise FormulaError(f"{token.text} is a function.", f"Write {token.text}({after.text[:20]}).", token.column)
    raise FormulaError(
        f"a sign is missing between {token.text[:20]!r} and {after.text[:20]!r}.",
        f"Write {token.text[:20]} * {after.text[:20]} for a product.",
        after.column,
    )


def _check_nesting(tokens: list[Token]) -> None:
    open_: list[int] = []
    row = powers = 0
    for token in tokens:
        row = row + 1 if token.text in ("+", "-") else 0
        powers += token.text in ("**", "^")
        if row > _MAX_SIGNS_IN_A_ROW or powers > _MAX_POWERS:
            raise FormulaError(
                f"there are too many {'signs in a row' if row else 'powers'}.", "Leave some out.", token.column
            )
        if token.text == "(":
            open_.append(token.column)
            if len(open_) > MAX_NESTING:
                raise FormulaError(
                    f"parentheses are nested deeper than {MAX_NESTING}.", "Leave some out.", token.column
                )
        elif token.text == ")":
            if not open_:
                raise FormulaError("this parenthesis closes nothing.", "Take it away, or open one.", token.column)
            open_.pop()
    if open_:
        raise FormulaError("this parenthesis is never closed.", "Add ) where it should end.", open_[-1])


def known_names() -> tuple[str, ...]:
    """Functions and constants, for hints."""
    return (*FUNCTIONS, *CONSTANTS)
