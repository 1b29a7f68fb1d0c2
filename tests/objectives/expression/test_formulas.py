"""Formulas: what they mean, where a mistake in one is, and how they are typeset."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import ziamath
from scipy import special

from gdstudio.objectives.expression.evaluate import Objective
from gdstudio.objectives.expression.latex import latex_of
from gdstudio.objectives.expression.parse import parse_formula
from gdstudio.objectives.expression.scan import FormulaError

X, Y = 0.7, -1.3
MEANINGS = {
    "x**2 + 10*y**2": X**2 + 10 * Y**2,
    "(1 - x)^2 + 100*(y - x**2)**2": (1 - X) ** 2 + 100 * (Y - X**2) ** 2,
    "-x**2 + 0*y": -(X**2),
    "2^3^2*x + 0*y": 512 * X,
    "y - x - 1": Y - X - 1,
    "y / x / 2": Y / X / 2,
    "y % 1 + x": Y % 1 + X,
    "where(x < y, x, y) + clamp(y, -1, 1)": Y - 1,
    "min(x, y) + max(x, y, 3) + sum(x, y) + norm(x, y) + prod(x, y) + mean(x, y)":
        Y + 3 + X + Y + math.hypot(X, Y) + X * Y + (X + Y) / 2,
    "sin(x) + cos(y) + tan(x) + atan(y) + atan2(y, x)":
        math.sin(X) + math.cos(Y) + math.tan(X) + math.atan(Y) + math.atan2(Y, X),
    "exp(x) + log(x) + log10(x) + log2(x) + sqrt(x) + abs(y)":
        math.exp(X) + math.log(X) + math.log10(X) + math.log2(X) + math.sqrt(X) - Y,
    "sinh(x) + cosh(x) + tanh(y) + sigmoid(x) + relu(y) + erf(x) + sign(y) + floor(y) + ceil(y) + round(x)":
        math.sinh(X) + math.cosh(X) + math.tanh(Y) + special.expit(X) + math.erf(X) - 1 - 2 - 1 + 1,
    "pi*x + e*y": math.pi * X + math.e * Y,
    "(x > 0) * (y < 0) + (x == y) + (x != y)": 2.0,
}  # fmt: skip


def value(formula: str, **parameters: float) -> float:
    objective = Objective(parse_formula(formula, tuple(parameters)), parameters)
    point = torch.tensor([{"x": X, "y": Y}[name] for name in objective.variables], dtype=torch.float64)
    return float(objective(point))


@pytest.mark.parametrize("formula", MEANINGS)
def test_a_formula_means_what_it_says(formula: str) -> None:
    assert value(formula) == pytest.approx(MEANINGS[formula], rel=1e-12)


def test_parameters_are_no_variables() -> None:
    expression = parse_formula("a*x**2 + rate*y", ("a", "rate"))
    assert expression.scalars == ("x", "y")
    assert value("a*x**2 + rate*y", a=2.0, rate=3.0) == pytest.approx(2 * X**2 + 3 * Y)


def test_a_sum_goes_over_a_vector() -> None:
    objective = Objective(parse_formula("sum(i*(x_i - a)**2) + x_2*n + y"), {}, 1_000)
    assert len(objective.variables) == 1_002  # a is a variable here, as y is
    objective = Objective(parse_formula("sum(i*(x_i - a)**2) + x_2*n", ("a",)), {"a": 0.5}, 12)
    assert objective.variables == tuple(f"x_{k}" for k in range(1, 13))
    points = np.random.default_rng(0).normal(size=(5, 12))
    expected = (np.arange(1, 13) * (points - 0.5) ** 2).sum(1) + 12 * points[:, 1]
    values, gradient = objective.with_gradient(torch.from_numpy(points))
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    slope = 2 * np.arange(1, 13) * (points - 0.5)
    slope[:, 1] += 12
    np.testing.assert_allclose(gradient, slope, rtol=1e-12)


def test_a_grid_of_points_is_worked_out_at_once() -> None:
    objective = Objective(parse_formula("x**2 + sum(x, 3, y)"), {})
    grid = torch.randn(7, 5, 2, dtype=torch.float64)
    expected = grid[..., 0] ** 2 + grid[..., 0] + 3 + grid[..., 1]
    torch.testing.assert_close(objective(grid), expected)


def test_powers_of_powers_overflow_instead_of_hanging() -> None:
    assert value("9**9**9**9*x*y") == -math.inf


def test_what_has_no_real_value_is_named() -> None:
    objective = Objective(parse_formula("x + 2*log(x - 3)"), {})
    point = torch.tensor([1.0], dtype=torch.float64)
    assert math.isnan(float(objective(point)))
    assert objective.undefined_part(point) == "log(x - 3)"


@pytest.mark.parametrize(
    ("formula", "column", "says"),
    [
        ("x + sinn(y)", 4, "sin"),
        ("x^2 + foo", 6, "floor"),
        ("3x", 1, "3 * x"),
        ("(x + 1", 0, "never closed"),
        ("x + 1)", 5, "closes nothing"),
        ("x^2 + y.real", 7, "attributes"),
        ("x*^2", 2, "cannot stand here"),
    ],
)
def test_a_mistake_is_pointed_at(formula: str, column: int, says: str) -> None:
    with pytest.raises(FormulaError, match=f"Column {column + 1}:") as caught:
        parse_formula(formula)
    assert caught.value.column == column
    assert says in str(caught.value)


@pytest.mark.parametrize("formula", [*MEANINGS, "sum(100*(x_i - 1)**2)", "mean(x_i) + norm(x_i)", "alpha_2/x12"])
def test_formulas_are_typeset(formula: str) -> None:
    assert "<svg" in ziamath.Latex(latex_of(parse_formula(formula).root)).svg()


def test_mathematics_on_screen_keeps_its_meaning() -> None:
    assert latex_of(parse_formula("(x + y)*2").root) == r"\left(x + y\right) \cdot 2"
    assert latex_of(parse_formula("x - (y - 1)").root) == r"x - \left(y - 1\right)"
    assert latex_of(parse_formula("(-x)**2").root) == r"\left(-x\right)^{2}"
    assert latex_of(parse_formula("x/(y + 1)").root) == r"\frac{x}{y + 1}"
    assert latex_of(parse_formula("(x**2)**3").root) == r"\left(x^{2}\right)^{3}"
