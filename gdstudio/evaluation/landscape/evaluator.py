"""The values of a problem at points of a plane, in the way that is fastest for its model and size."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gdstudio.evaluation.landscape.layers import stack_layers
from gdstudio.evaluation.landscape.planes import Plane
from gdstudio.evaluation.landscape.problem import Problem, hits


class Evaluator:
    """Evaluates points of one plane.

    Args:
        problem: What is measured.
        plane: Whose points.
        plain: Evaluate point by point with the model itself, as for a model whose layers are not known.
    """

    def __init__(self, problem: Problem, plane: Plane, *, plain: bool = False) -> None:
        self.problem = problem
        self.plane = plane
        with torch.no_grad():
            self._stacked = None if plain else stack_layers(problem.model, plane, problem.features)
        #: To put weights into; layers that are stacked need none.
        self._model = problem.own_model() if self._stacked is None else None
        self._penalty = _Penalty(problem, plane)
        self._vectorized: bool | None = None

    @property
    def fast(self) -> bool:
        """Whether stacked layers are used."""
        return self._stacked is not None

    @property
    def portion(self) -> int:
        """Points that are evaluated at once."""
        return 1 if self._stacked is None else self._stacked.portion

    def values(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values ``(m,)`` at ``points (m, 2)``."""
        return np.concatenate([np.zeros(0), *self.chunks(points)])

    def chunks(self, points: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
        """The same in portions that follow one another, so that one can stop in between."""
        size = self.portion
        for start in range(0, len(points), size):
            with torch.no_grad():
                found = self._portion(points[start : start + size])
            yield found

    def _portion(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._stacked is None:
            return np.array([self.problem.value(self.plane.at(x, y), self._model) for x, y in points.tolist()])
        coefficients = torch.from_numpy(np.column_stack([np.ones(len(points)), points]))
        outputs = self._stacked.outputs(coefficients.to(self.plane.origin.dtype))
        values = self._measured(outputs).double() + self._penalty(coefficients)
        return np.asarray(values.numpy(), dtype=np.float64)

    def _measured(self, outputs: Tensor) -> Tensor:
        """The measure ``(k,)`` of ``outputs (k, n, c)``, without penalties."""
        problem = self.problem
        if problem.measure == "accuracy":
            return hits(outputs, problem.target).double().mean(1)
        if problem.each is not None:
            return problem.each(outputs, problem.target).mean(1)
        if len(outputs) > 1 and self._vectorized is not False:
            try:
                # A loss without a batching rule is looped over by torch, with a warning and slower than here.
                with warnings.catch_warnings():
                    if self._vectorized is None:
                        warnings.simplefilter("error")
                    found: Tensor = torch.vmap(problem.criterion, in_dims=(0, None))(outputs, problem.target)
                self._vectorized = True
                return found
            except (RuntimeError, UserWarning):
                self._vectorized = False
        return torch.stack([problem.criterion(o, problem.target) for o in outputs])


class _Penalty:
    """What the penalties add at points of a plane, without a look at every weight for the squares."""

    def __init__(self, problem: Problem, plane: Plane) -> None:
        self._l1 = problem.l1 if problem.measure == "loss" else 0.0
        self._l2 = problem.l2 if problem.measure == "loss" else 0.0
        if self._l1 or self._l2:
            counted = torch.cat([torch.full((p.numel(),), p.ndim >= 2) for p in problem.model.parameters()])
            stacked = torch.stack([plane.origin, plane.first, plane.second])
            self._weights = stacked[:, counted].double()
            # Σ(w + x·a + y·b)² is a quadratic form in (1, x, y) whose matrix holds the vectors' inner products.
            self._gram = self._weights @ self._weights.T

    def __call__(self, coefficients: Tensor) -> Tensor:
        total = torch.zeros(len(coefficients), dtype=torch.float64)
        if self._l2:
            total += self._l2 * ((coefficients @ self._gram) * coefficients).sum(1)
        if self._l1:
            total += self._l1 * torch.stack([(c @ self._weights).abs().sum() for c in coefficients])
        return total
