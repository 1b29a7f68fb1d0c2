"""Minima of a formula, found from where descents have ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gdstudio.objectives.expression.evaluate import Objective

Array = NDArray[np.float64]

#: Heaps of ends that are looked into, the largest first.
_MOST_HEAPS: Final = 400
_NEWTON_STEPS: Final = 30
#: A gradient of this length is zero, measured against the largest curvature.
_ZERO: Final = 1e-8


@dataclass(frozen=True)
class Minima:
    """Points that no neighbour lies below.

    Attributes:
        points: ``(m, d)``.
        values: ``(m,)`` of the formula there.
    """

    points: Array
    values: Array

    @classmethod
    def of(cls, objective: Objective, points: Sequence[Sequence[float]]) -> Minima:
        """Minima that are known."""
        at = np.array(points, dtype=np.float64).reshape(-1, objective.dimensions)
        return cls(at, objective(torch.from_numpy(at)).numpy() if len(at) else np.empty(0))


def find_minima(
    objective: Objective, ends: Array, finite: NDArray[np.bool_], radius: float, known: Minima
) -> tuple[Minima, NDArray[np.int64]]:
    """The minima that ends lie at, and which end belongs to which.

    Ends are heaped by rounding; from the lowest of each heap Newton's method goes on to the nearby point where the
    gradient is zero, and the second derivatives tell whether it is a minimum.

    Args:
        objective: The formula.
        ends: ``(n, d)``.
        finite: ``(n,)`` which of them count.
        radius: An end within this distance of a minimum has reached it; minima nearer than this are one.
        known: They keep their numbers; what is found comes behind them.

    Returns:
        The minima, and for each end the number of its minimum, -1 where it is near none.
    """
    points, values = [*known.points], [*known.values]
    use = np.flatnonzero(finite)
    if len(use):
        cells, where, counts = np.unique(
            np.round(ends[use] / radius), axis=0, return_inverse=True, return_counts=True
        )  # fmt: skip
        heights = objective(torch.from_numpy(ends[use])).numpy()
        order = np.lexsort((heights, where.reshape(-1)))
        lowest = order[np.searchsorted(where.reshape(-1)[order], np.arange(len(cells)))]
        chosen = np.argsort(-counts, kind="stable")[:_MOST_HEAPS]
        candidates = ends[use][lowest[chosen]]
        polished, good = _newton(objective, candidates)
        good &= np.linalg.norm(polished - candidates, axis=1) <= 2 * radius
        found_values = objective(torch.from_numpy(polished)).numpy()
        for point, value, ok in zip(polished, found_values, good, strict=True):
            if ok and all(np.linalg.norm(point - other) > radius for other in points):
                points.append(point)
                values.append(value)
    minima = Minima(np.array(points).reshape(-1, ends.shape[1]), np.array(values, dtype=np.float64))
    labels = np.full(len(ends), -1, dtype=np.int64)
    if len(minima.points) and len(use):
        nearest = np.zeros(len(use), dtype=np.int64)
        best = np.full(len(use), np.inf)
        for number, point in enumerate(minima.points):
            distance = np.linalg.norm(ends[use] - point, axis=1)
            nearest[distance < best] = number
            best = np.minimum(best, distance)
        labels[use] = np.where(best <= radius, nearest, -1)
    return minima, labels


def _newton(objective: Objective, starts: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Where the gradient is zero near ``starts`` ``(n, d)``, and which of these points are minima."""
    at = torch.from_numpy(starts.copy())
    for _ in range(_NEWTON_STEPS):
        gradient, hessian = _derivatives(objective, at)
        # Where a second derivative has no value, the point stays; it is refused below.
        hessian = torch.nan_to_num(hessian, nan=0.0, posinf=0.0, neginf=0.0)
        at = at - torch.nan_to_num(torch.linalg.pinv(hessian, hermitian=True) @ gradient.unsqueeze(2)).squeeze(2)
    gradient, hessian = _derivatives(objective, at)
    finite = torch.isfinite(hessian).all(2).all(1) & torch.isfinite(gradient).all(1)
    curvature = torch.linalg.eigvalsh(torch.where(finite.view(-1, 1, 1), hessian, torch.zeros_like(hessian)))
    scale = curvature.abs().amax(1)
    # A curvature of zero in some direction (x**4) leaves a minimum possible: what falls off is refused.
    # Where nothing bends at all, it is a plain, and every point of it would be one.
    minimum = (
        finite
        & (scale > 1e-14)
        & (curvature[:, 0] > -1e-6 * scale)
        & (gradient.norm(dim=1) <= _ZERO * scale.clamp_min(1.0))
    )
    return at.numpy(), minimum.numpy()


def _derivatives(objective: Objective, points: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients ``(n, d)`` and second derivatives ``(n, d, d)``."""
    at = points.detach().requires_grad_()
    values = objective(at)
    count, dimensions = at.shape
    if not values.requires_grad:
        return torch.zeros_like(at), at.new_zeros(count, dimensions, dimensions)
    (gradient,) = torch.autograd.grad(values.sum(), at, create_graph=True)
    rows = []
    for k in range(dimensions):
        if gradient.requires_grad:
            (row,) = torch.autograd.grad(gradient[:, k].sum(), at, retain_graph=True, allow_unused=True)
        else:
            row = None
        rows.append(torch.zeros_like(at) if row is None else row)
    return gradient.detach(), torch.stack(rows, dim=1)
