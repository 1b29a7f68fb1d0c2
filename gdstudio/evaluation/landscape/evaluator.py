"""The values of a problem at points of a plane, in the way that is fastest for its size.

===============  =====================================  ==================================================
regime           when                                   what is done
===============  =====================================  ==================================================
overhead-bound   a point's values are far below the     many points as stacked weights in one product
                 cache
cache-bound      a few points' values fill the cache    as many points together as fit into it
product-bound    one point's values exceed the cache    one point at a time, its rows in blocks that fit
===============  =====================================  ==================================================
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gdstudio.evaluation.landscape.layers import StackedLayers, stack_layers
from gdstudio.evaluation.landscape.planes import Plane
from gdstudio.evaluation.landscape.problem import Problem, hits

#: Bytes of one layer's values for the points of a group: measured best where the last cache holds them.
_GROUP_BYTES = 2**21
#: … and for a block of one point's rows, which stays in a core's own cache.
_BLOCK_BYTES = 2**20
#: Bytes of an output of the points whose loss is measured at once, so that what a call costs is shared by many.
_OUTPUT_BYTES = 2**20
#: Points together at most, so that a cancel is heard.
_MAX_POINTS = 512
#: Fewer rows in a block than this, and the products become too small to be quick.
_MIN_ROWS = 512


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
        self._model = problem.own_model()
        with torch.no_grad():
            self._stacked = None if plain else stack_layers(self._model, plane, problem.features)
        self._penalty = _Penalty(problem, plane, self._model)
        self._vectorized: bool | None = None

    @property
    def fast(self) -> bool:
        """Whether stacked layers are used."""
        return self._stacked is not None

    @property
    def chunk(self) -> int:
        """Points whose layers are evaluated together."""
        stacked = self._stacked
        if stacked is None:
            return 1
        return int(min(max(_GROUP_BYTES // (4 * stacked.width * stacked.rows), 1), _MAX_POINTS))

    @property
    def portion(self) -> int:
        """Points whose loss is measured together: whole chunks, as many as keep their outputs small."""
        if self._stacked is None:
            return 1
        outputs = _OUTPUT_BYTES // (4 * self._stacked.rows)
        return self.chunk * max(min(outputs, _MAX_POINTS) // self.chunk, 1)

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
        chunks = self._chunks(coefficients.to(self.plane.origin.dtype))
        outputs = torch.cat([self._outputs(self._stacked, chunk).clone() for chunk in chunks])
        values = self._measured(outputs).double() + self._penalty(coefficients)
        return np.asarray(values.numpy(), dtype=np.float64)

    def _chunks(self, coefficients: Tensor) -> tuple[Tensor, ...]:
        """Points that are evaluated together: of one row of the grid where a row has enough of them."""
        turns = (coefficients[1:, 2] != coefficients[:-1, 2]).nonzero().flatten() + 1
        aligned = (len(turns) + 1) * self.chunk <= len(coefficients)
        rows: Sequence[Tensor] = coefficients.tensor_split(turns.tolist()) if aligned else [coefficients]
        return tuple(itertools.chain.from_iterable(row.split(self.chunk) for row in rows))

    def _outputs(self, stacked: StackedLayers, coefficients: Tensor) -> Tensor:
        if len(coefficients) > 1:
            return stacked.outputs(coefficients, 0, stacked.rows)
        rows = max(_BLOCK_BYTES // (4 * stacked.width), _MIN_ROWS)
        blocks = [
            stacked.outputs(coefficients, start, min(start + rows, stacked.rows)).clone()
            for start in range(0, stacked.rows, rows)
        ]
        return blocks[0] if len(blocks) == 1 else torch.cat(blocks, dim=1)

    def _measured(self, outputs: Tensor) -> Tensor:
        """The measure ``(k,)`` of ``outputs (k, n, c)``, without penalties."""
        problem = self.problem
        if problem.measure == "accuracy":
            return hits(outputs, problem.target).double().mean(1)
        if len(outputs) > 1 and problem.each is not None:
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

    def __init__(self, problem: Problem, plane: Plane, model: torch.nn.Module) -> None:
        self._l1 = problem.l1 if problem.measure == "loss" else 0.0
        self._l2 = problem.l2 if problem.measure == "loss" else 0.0
        if self._l1 or self._l2:
            counted = torch.cat([torch.full((p.numel(),), p.ndim >= 2) for p in model.parameters()])
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
