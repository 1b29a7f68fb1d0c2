"""Curvature where it is known: quadratic forms and the test functions of optimization."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gdstudio.evaluation.curvature import curvature


def quadratic(eigenvalues, seed=0):
    """``x'Ax`` at a point, with the Hessian ``2A`` of those eigenvalues."""
    generator = torch.Generator().manual_seed(seed)
    count = len(eigenvalues)
    basis, _ = torch.linalg.qr(torch.randn(count, count, generator=generator, dtype=torch.float64))
    matrix = basis @ torch.diag(torch.tensor(eigenvalues, dtype=torch.float64)) @ basis.T / 2
    x = torch.zeros(count, dtype=torch.float64, requires_grad=True)
    return lambda: x @ matrix @ x, [x]


@pytest.mark.parametrize("count", [5, 64, 65, 300])
def test_extreme_eigenvalues_and_trace_of_a_quadratic_form(count):
    eigenvalues = np.linspace(-3, 20, count)
    found = curvature(*quadratic(eigenvalues))
    assert found.largest == pytest.approx(20, rel=0.01)
    assert found.smallest == pytest.approx(-3, rel=0.01)
    assert found.largest_rate == pytest.approx(0.1, rel=0.01)
    assert abs(found.trace - eigenvalues.sum()) <= max(4 * found.trace_error, 1e-9)
    assert found.verdict == "saddle"


def at(function, *point):
    x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
    return curvature(lambda: function(x), [x])


def himmelblau(x):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


@pytest.mark.parametrize(
    ("function", "point", "verdict"),
    [
        (himmelblau, (3.0, 2.0), "minimum"),
        (himmelblau, (-0.270845, -0.923039), "maximum"),
        (himmelblau, (0.086678, 2.884255), "saddle"),
        (himmelblau, (0.0, 0.0), "descending"),
        (rosenbrock, (1.0, 1.0), "minimum"),
        (rosenbrock, (-1.0, 1.0), "descending"),
        (lambda x: x[0] ** 2 - x[1] ** 2, (0.0, 0.0), "saddle"),
        (lambda x: 0 * x.sum() + 3, (1.0, 2.0), "plateau"),
        (lambda x: x[0] + 2 * x[1], (1.0, 2.0), "descending"),
    ],
)
def test_critical_points_are_told_apart(function, point, verdict):
    found = at(function, *point)
    assert found.verdict == verdict
    assert f"{found.gradient_norm:.3g}" in found.sentences()[0]


def test_a_rate_is_compared_with_the_limit():
    found = at(lambda x: 5 * x[0] ** 2 + x[1] ** 2, 0.0, 0.0)
    assert found.largest == pytest.approx(10)
    assert "2/λmax = 0.2" in " ".join(found.sentences(0.3))
    assert "above" in found.sentences(0.3)[-1]
    assert "below" in found.sentences(0.1)[-1]


def test_gradient_descent_diverges_just_above_the_limit():
    loss, (x,) = quadratic(np.linspace(1, 8, 80))
    limit = curvature(loss, [x]).largest_rate
    for factor, grows in ((0.98, False), (1.02, True)):
        with torch.no_grad():
            x.fill_(1)
        for _ in range(2_000):
            (gradient,) = torch.autograd.grad(loss(), x)
            with torch.no_grad():
                x -= factor * limit * gradient
        assert (float(x.detach().norm()) > 100) is grows


def test_a_cancel_ends_it():
    assert curvature(*quadratic(np.ones(100)), cancelled=lambda: True) is None
