"""The functions and constants that a formula may use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Function:
    r"""A function of a formula.

    Attributes:
        least: Fewest arguments.
        most: Most arguments; None where there is no bound.
        help: What it is.
        latex: How it is typeset; ``#1``, ``#2``, ``#3`` stand for the arguments. Empty: its name as an operator.
        reduces: Whether it takes all values of one argument in ``x_i`` together.
    """

    least: int
    most: int | None
    help: str
    latex: str = ""
    reduces: bool = False


FUNCTIONS: Final = MappingProxyType(
    {
        "sin": Function(1, 1, "sine, of radians"),
        "cos": Function(1, 1, "cosine, of radians"),
        "tan": Function(1, 1, "tangent, of radians"),
        "asin": Function(1, 1, "inverse of sin", r"\arcsin\left(#1\right)"),
        "acos": Function(1, 1, "inverse of cos", r"\arccos\left(#1\right)"),
        "atan": Function(1, 1, "inverse of tan", r"\arctan\left(#1\right)"),
        "atan2": Function(2, 2, "angle of the point (second, first)", r"\operatorname{atan2}\left(#1, #2\right)"),
        "sinh": Function(1, 1, "hyperbolic sine"),
        "cosh": Function(1, 1, "hyperbolic cosine"),
        "tanh": Function(1, 1, "hyperbolic tangent"),
        "exp": Function(1, 1, "e to the power of", r"e^{#1}"),
        "log": Function(1, 1, "natural logarithm", r"\ln\left(#1\right)"),
        "ln": Function(1, 1, "natural logarithm"),
        "log10": Function(1, 1, "logarithm to base 10", r"\log_{10}\left(#1\right)"),
        "log2": Function(1, 1, "logarithm to base 2", r"\log_{2}\left(#1\right)"),
        "log1p": Function(1, 1, "natural logarithm of 1 + x", r"\ln\left(1 + #1\right)"),
        "sqrt": Function(1, 1, "square root", r"\sqrt{#1}"),
        "abs": Function(1, 1, "absolute value", r"\left|#1\right|"),
        "sign": Function(1, 1, "−1, 0 or 1", r"\operatorname{sign}\left(#1\right)"),
        "floor": Function(1, 1, "largest whole number that is not larger", r"\left\lfloor #1 \right\rfloor"),
        "ceil": Function(1, 1, "smallest whole number that is not smaller", r"\left\lceil #1 \right\rceil"),
        "round": Function(1, 1, "nearest whole number", r"\operatorname{round}\left(#1\right)"),
        "sigmoid": Function(1, 1, "1 / (1 + exp(-x))", r"\sigma\left(#1\right)"),
        "relu": Function(1, 1, "x where it is positive, else 0", r"\operatorname{relu}\left(#1\right)"),
        "softplus": Function(1, 1, "log(1 + exp(x))", r"\operatorname{softplus}\left(#1\right)"),
        "erf": Function(1, 1, "error function", r"\operatorname{erf}\left(#1\right)"),
        "where": Function(3, 3, "where(condition, then, else)", r"\operatorname{where}\left(#1, #2, #3\right)"),
        "clamp": Function(3, 3, "clamp(x, lowest, highest)", r"\operatorname{clamp}\left(#1, #2, #3\right)"),
        "min": Function(1, None, "smallest of its arguments", reduces=True),
        "max": Function(1, None, "largest of its arguments", reduces=True),
        "sum": Function(1, None, "sum of its arguments, or over i", reduces=True),
        "prod": Function(1, None, "product of its arguments, or over i", reduces=True),
        "mean": Function(1, None, "mean of its arguments, or over i", reduces=True),
        "norm": Function(1, None, "Euclidean length of its arguments, or over i", reduces=True),
    }
)

CONSTANTS: Final = MappingProxyType({"pi": math.pi, "e": math.e})

#: Names of variables and parameters that are more than one letter.
GREEK: Final = frozenset(
    {
        *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "mu"),
        *("nu", "xi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega"),
    }
)
