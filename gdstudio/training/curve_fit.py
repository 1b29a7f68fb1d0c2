"""Least squares of a curve that a person types to the points of a table, with standard errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.objectives.expression.evaluate import DTYPE, Objective
from gdstudio.objectives.expression.parse import parse_formula

Array = NDArray[np.float64]

_STEPS: Final = 300
_CLOSE: Final = 1e-12
_MOST_PARAMETERS: Final = 30


@dataclass(frozen=True)
class CurveFit:
    """A curve beside its points.

    Attributes:
        names: ``(p,)`` of the parameters, alphabetical.
        values: ``(p,)`` estimates.
        errors: ``(p,)`` standard errors; infinite where the points do not determine the parameters.
        fitted: ``(n,)`` the curve at the points.
        sum_of_squares: Of what the curve misses.
        deviation: Standard deviation of the residuals, ``sqrt(SS / (n - p))``; NaN where n = p.
        converged: Whether the steps had become small.
        steps: That were taken.
    """

    names: tuple[str, ...]
    values: Array
    errors: Array
    fitted: Array
    sum_of_squares: float
    deviation: float
    converged: bool
    steps: int
    _model: _Curve

    def __call__(self, x: Array) -> Array:
        """The curve ``(m,)`` at places ``(m,)``."""
        return self._model.at(torch.from_numpy(np.asarray(x, float)), torch.from_numpy(self.values)).numpy()


def fit_curve(
    formula: str,
    variable: str,
    x: Array,
    y: Array,
    *,
    start: Mapping[str, float] | None = None,
    positive: tuple[str, ...] = (),
    control: RunControl | None = None,
) -> CurveFit:
    """Fit ``formula`` by Levenberg and Marquardt's method, with derivatives by automatic differentiation.

    A parameter that must be positive is fitted as the exponential of a free one. The standard errors are those of the
    parameters themselves: square roots of the diagonal of ``s² (JᵀJ)⁻¹``, where ``2JᵀJ`` is the Hessian of the sum
    of squares without its second-order part, and ``s² = SS / (n - p)``.

    Source: Nocedal and Wright (2006), Numerical Optimization, section 10.3; Seber and Wild (1989), Nonlinear
    Regression, section 2.1.

    Args:
        formula: E.g. ``a*exp(-b*t) + c``.
        variable: Which of its names is the column ``x``; all others are parameters.
        x: ``(n,)``.
        y: ``(n,)``.
        start: A first guess for some of the parameters, 1 for the others.
        positive: Parameters that stay above zero.
        control: A cancel ends it with what it has.

    Raises:
        StudioError: The formula cannot be read, lacks the variable or parameters, has no value at the first guess, or
            there are fewer points than parameters.
    """
    model = _Curve(formula, variable)
    names, start = model.names, dict(start or {})
    for name in (*start, *positive):
        if name not in names:
            raise StudioError(f"The curve has no parameter {name}.", f"It has {', '.join(names)}.")
    if len(x) < len(names):
        raise StudioError(
            f"{len(x)} points cannot determine {len(names)} parameters.", "Take more rows or a simpler curve."
        )
    at, target = torch.from_numpy(np.asarray(x, float)), torch.from_numpy(np.asarray(y, float))
    bound = torch.tensor([name in positive for name in names])
    first = torch.tensor([float(start.get(name, 1.0)) for name in names], dtype=DTYPE)
    if bool((first[bound] <= 0).any()):
        raise StudioError("A parameter that stays positive must start above zero.", "Give a first guess above 0.")

    def value_of(free: Tensor) -> Tensor:
        return torch.where(bound, torch.exp(torch.where(bound, free, 0.0)), free)

    free = torch.where(bound, torch.log(torch.where(bound, first, 1.0)), first)
    curve = model.at(at, value_of(free))
    if not bool(torch.isfinite(curve).all()):
        raise StudioError(
            f"The curve has no finite value at some points with {_listed(names, first)}.", "Give another first guess."
        )
    squares = float(((target - curve) ** 2).sum())
    damping, converged, step = 1e-3, False, 0
    for step in range(1, _STEPS + 1):  # noqa: B007 - told in the result
        if control is not None and control.cancelled:
            break
        jacobian = model.jacobian(at, value_of(free)) * torch.where(bound, value_of(free), 1.0)
        gradient, normal = jacobian.T @ (target - curve), jacobian.T @ jacobian
        # Scaled by its own diagonal (Marquardt 1963): the units of a parameter do not matter then.
        scale = normal.diagonal().clamp_min(1e-30)
        moved = torch.linalg.lstsq(normal + damping * torch.diag(scale), gradient).solution
        # A parameter that wants to be zero would otherwise become so: e**-700 is the least that is above it.
        trial = torch.where(bound, (free + moved).clamp(-700, 700), free + moved)
        tried = model.at(at, value_of(trial))
        found = float(((target - tried) ** 2).sum())
        if math.isfinite(found) and found <= squares:
            small = bool((moved.abs() <= _CLOSE * (trial.abs() + _CLOSE)).all())
            gained = squares - found
            free, curve, squares = trial, tried, found
            damping = max(damping / 10, 1e-15)
            if small or (gained <= 1e-15 * squares and damping <= 1e-10):
                converged = True
                break
        else:
            damping *= 10
            if damping > 1e12:
                converged = bool((moved.abs() <= 1e-6 * (free.abs() + 1e-6)).all())
                break
    values = value_of(free)
    return CurveFit(
        names, values.numpy(), *_errors(model.jacobian(at, values), squares), curve.numpy(), squares,
        math.sqrt(squares / (len(x) - len(names))) if len(x) > len(names) else math.nan, converged, step, model,
    )  # fmt: skip


def _errors(jacobian: Tensor, squares: float) -> tuple[Array]:
    count, parameters = jacobian.shape
    unknown = np.full(parameters, np.inf)
    if count <= parameters or not bool(torch.isfinite(jacobian).all()):
        return (unknown,)
    _, singular, right = torch.linalg.svd(jacobian, full_matrices=False)
    if float(singular[-1]) <= 1e-15 * max(jacobian.shape) * float(singular[0]):
        return (unknown,)
    covariance = (right.T / singular**2) @ right * (squares / (count - parameters))
    return (covariance.diagonal().sqrt().numpy(),)


class _Curve:
    """A formula of one variable and parameters."""

    def __init__(self, formula: str, variable: str) -> None:
        expression = parse_formula(formula)
        if expression.vectors:
            raise StudioError("A curve has no sums over i.", "Write it with single letters, e.g. a*exp(-b*t) + c.")
        self._objective = Objective(expression, {})
        everything = self._objective.variables
        if variable not in everything:
            raise StudioError(
                f"The curve {formula[:60]} does not contain the variable {variable}.",
                f"It has {', '.join(everything)}; say which of them is the column." if everything else "",
            )
        self.names = tuple(name for name in everything if name != variable)
        if not self.names or len(self.names) > _MOST_PARAMETERS:
            raise StudioError(f"The curve has {len(self.names)} parameters.", f"It needs 1 to {_MOST_PARAMETERS}.")
        self._place = everything.index(variable)

    def at(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Values ``(n,)``."""
        return self._objective(self._points(x, parameters))

    def jacobian(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Derivatives ``(n, p)`` in the parameters."""
        _, gradient = self._objective.with_gradient(self._points(x, parameters))
        return torch.cat([gradient[:, : self._place], gradient[:, self._place + 1 :]], dim=1)

    def _points(self, x: Tensor, parameters: Tensor) -> Tensor:
        rows = parameters.expand(len(x), -1)
        return torch.cat([rows[:, : self._place], x.unsqueeze(1), rows[:, self._place :]], dim=1)


def _listed(names: tuple[str, ...], values: Tensor) -> str:
    return ", ".join(f"{n} = {v:.4g}" for n, v in zip(names, values.tolist(), strict=True))
