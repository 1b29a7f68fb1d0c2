"""Curves fitted here equal scipy's estimates and standard errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import curve_fit

from gdstudio.core.errors import StudioError
from gdstudio.training.curve_fit import fit_curve

RNG = np.random.default_rng(0)
T = np.linspace(0, 5, 60)


@pytest.mark.parametrize(
    ("formula", "variable", "curve", "truth", "start"),
    [
        ("a*exp(-b*t) + c", "t", lambda t, a, b, c: a * np.exp(-b * t) + c, (3.0, 1.2, 0.5), {}),
        ("a + b*x + c*x**2", "x", lambda x, a, b, c: a + b * x + c * x**2, (1.0, -2.0, 0.3), {}),
        ("a*sin(b*x + c)", "x", lambda x, a, b, c: a * np.sin(b * x + c), (2.0, 2.0, 0.3), {"b": 1.9}),
        ("k/(1 + exp(-r*(x - m)))", "x", lambda x, k, m, r: k / (1 + np.exp(-r * (x - m))), (4.0, 2.0, 1.5), {}),
    ],
)
def test_estimates_and_errors_are_those_of_scipy(
    formula: str, variable: str, curve: Callable[..., Any], truth: tuple[float, ...], start: dict[str, float]
) -> None:
    y = curve(T, *truth) + RNG.normal(0, 0.05, len(T))
    found = fit_curve(formula, variable, T, y, start=start)
    first = [start.get(name, 1.0) for name in found.names]
    values, covariance = curve_fit(curve, T, y, p0=first, ftol=1e-14, xtol=1e-14, gtol=1e-14)
    assert found.converged
    np.testing.assert_allclose(found.values, values, rtol=1e-6)
    np.testing.assert_allclose(found.errors, np.sqrt(np.diag(covariance)), rtol=1e-4)
    np.testing.assert_allclose(found(T), found.fitted)


def test_a_positive_parameter_changes_nothing_where_the_best_one_is_positive_and_holds_where_it_is_not() -> None:
    y = 3 * np.exp(-1.2 * T) + 0.5 + RNG.normal(0, 0.05, len(T))
    free, held = (fit_curve("a*exp(-b*t) + c", "t", T, y, positive=p) for p in ((), ("a", "b")))
    np.testing.assert_allclose(held.values, free.values, rtol=1e-6)
    np.testing.assert_allclose(held.errors, free.errors, rtol=1e-4)
    falling = fit_curve("a + b*t", "t", T, 5 - T, positive=("b",))
    assert 0 < falling.values[1] < 1e-3


def test_what_points_cannot_determine_has_no_standard_error() -> None:
    assert np.isinf(fit_curve("a + b + x*0", "x", T, T).errors).all()


@pytest.mark.parametrize(
    ("formula", "variable", "match"),
    [("a + b*x", "t", "does not contain"), ("x**2", "x", "0 parameters"), ("a*log(x)", "x", "no finite value")],
)
def test_what_cannot_be_fitted_is_refused_with_a_sentence(formula: str, variable: str, match: str) -> None:
    with pytest.raises(StudioError, match=match):
        fit_curve(formula, variable, T - 1, T)
    with pytest.raises(StudioError, match="cannot determine"):
        fit_curve("a + b*x", "x", T[:1], T[:1])
