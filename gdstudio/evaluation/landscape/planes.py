"""Planes and lines through the space of weights, and a run's path projected on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gdstudio.core.errors import StudioError

Kind = Literal["random", "trajectory", "points", "line"]
Range = tuple[float, float]
#: Room around what must be seen, as a share of its extent.
_MARGIN = 0.25


@dataclass(frozen=True, eq=False)
class Plane:
    """The weights ``origin + x·first + y·second``.

    Attributes:
        kind: How it was laid; a ``line`` has a second direction of zeros and one y.
        origin, first, second: ``(p,)``.
        x_range, y_range: What is worth seeing.
        seed: Of random directions.
        explained: Share of the path's variance along each direction, for ``trajectory``.
    """

    kind: Kind
    origin: Tensor
    first: Tensor
    second: Tensor
    x_range: Range
    y_range: Range
    seed: int | None = None
    explained: tuple[float, float] | None = None

    def at(self, x: float, y: float) -> Tensor:
        """The weights ``(p,)`` of a point."""
        return self.origin + x * self.first + y * self.second

    def axes(self, grid: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Evenly spaced coordinates along x and y, ``grid`` of each; a line has the one y 0."""
        x = np.linspace(*self.x_range, grid)
        return x, np.zeros(1) if self.kind == "line" else np.linspace(*self.y_range, grid)

    def project(self, vectors: Sequence[Tensor]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The nearest points of the plane.

        Args:
            vectors: ``m`` weights of ``(p,)``.

        Returns:
            Coordinates ``(m, 2)`` and Euclidean distances off the plane ``(m,)``.
        """
        if not len(vectors):
            return np.zeros((0, 2)), np.zeros(0)
        basis = torch.stack([self.first, self.second]).double()
        offsets = torch.stack([v.double() - self.origin.double() for v in vectors])
        inverse = torch.linalg.pinv(basis @ basis.T)
        found = offsets @ basis.T @ inverse
        rest = torch.linalg.vector_norm(offsets - found @ basis, dim=1)
        return found.numpy(), rest.numpy()


def random_plane(model: nn.Module, origin: Tensor, seed: int, reach: float = 1.0) -> Plane:
    """Two random directions, each filter as long as the model's own.

    Source: Li, Xu, Taylor, Studer, Goldstein (2018), Visualizing the Loss Landscape of Neural Nets, section 4.
    A filter is the weights of one unit; biases and the scales of normalizations are not moved, as in their code.

    Args:
        model: Whose layers say what a filter is.
        origin: ``(p,)`` the point in the middle.
        seed: Of the directions.
        reach: How far the plane goes, in lengths of the filters.
    """
    generator = torch.Generator().manual_seed(seed)
    directions = []
    for _ in range(2):
        pieces, start = [], 0
        for parameter in model.parameters():
            weights = origin[start : start + parameter.numel()]
            start += parameter.numel()
            if parameter.ndim < 2:
                pieces.append(torch.zeros_like(weights))
                continue
            filters = weights.double().view(parameter.shape[0], -1)
            drawn = torch.randn(filters.shape, generator=generator, dtype=torch.float64)
            lengths = filters.norm(dim=1, keepdim=True) / drawn.norm(dim=1, keepdim=True).clamp_min(1e-30)
            pieces.append((drawn * lengths).to(origin.dtype).reshape(-1))
        directions.append(torch.cat(pieces))
    first, second = directions
    if not float(first.abs().max()) or not float(second.abs().max()):
        raise StudioError(
            "All weights are zero, so filter-normalised directions have no length.", "Choose the trajectory's plane."
        )
    return Plane("random", origin, first, second, (-reach, reach), (-reach, reach), seed=seed)


def trajectory_plane(path: Sequence[Tensor]) -> Plane:
    """The first two principal components of a run's path, through its last point.

    Source: Li et al. (2018), section 7.2: the components of the differences to the final weights.

    Args:
        path: ``m ≥ 3`` weights ``(p,)``, the last of them the trained ones.

    Raises:
        StudioError: The path has too few points, or all lie on a line.
    """
    few = StudioError(
        "The path of this run holds too few different weights to lay a plane along it.",
        "Train for more epochs, or choose a plane of random directions.",
    )
    if len(path) < 3:
        raise few
    origin = path[-1]
    offsets = torch.stack([v.double() - origin.double() for v in path[:-1]])
    # The Gram matrix has m × m numbers where the weights' covariance would have p × p.
    values, vectors = torch.linalg.eigh(offsets @ offsets.T)
    values, vectors = values.flip(0), vectors.flip(1)
    if float(values[0]) <= 0 or float(values[1]) <= 1e-12 * float(values[0]):
        raise few
    found = (offsets.T @ vectors[:, :2]) / values[:2].sqrt()
    found *= torch.where(found.gather(0, found.abs().argmax(0, keepdim=True)) < 0, -1.0, 1.0)
    shares = [float(v / values.clamp_min(0).sum()) for v in values[:2]]
    first, second = (found[:, i].to(origin.dtype) for i in range(2))
    return _around(Plane("trajectory", origin, first, second, (0, 1), (0, 1), explained=(shares[0], shares[1])), path)


def points_plane(points: Sequence[Tensor]) -> Plane:
    """The plane through three weights, with right angles and equal units on both axes.

    Source: Garipov et al. (2018), Loss Surfaces, Mode Connectivity, and Fast Ensembling of DNNs, appendix A.1.

    Raises:
        StudioError: They are not three, of different models, or lie on a line.
    """
    _alike(points, 3)
    a, b, c = (p.double() for p in points)
    first = b - a
    length = float(first.norm())
    second = (c - a) - (c - a).dot(first) / max(length**2, 1e-30) * first
    if not length or float(second.norm()) <= 1e-6 * length:
        raise StudioError("The three weights lie on one line, so no plane is theirs alone.", "Choose another third.")
    first, second = first / length, second / second.norm()
    dtype = points[0].dtype
    plane = Plane("points", points[0], first.to(dtype), second.to(dtype), (0, 1), (0, 1))
    return _around(plane, points)


def line_between(points: Sequence[Tensor]) -> Plane:
    """The straight line from one of two weights (x = 0) to the other (x = 1).

    Source: Goodfellow, Vinyals, Saxe (2015), Qualitatively Characterizing Neural Network Optimization Problems,
    section 3.

    Raises:
        StudioError: They are not two, of different models, or the same.
    """
    _alike(points, 2)
    first = points[1] - points[0]
    if not float(first.abs().max()):
        raise StudioError("The two weights are the same, so there is no line between them.", "Choose another one.")
    return Plane("line", points[0], first, torch.zeros_like(first), (-_MARGIN, 1 + _MARGIN), (0.0, 0.0))


def widened(plane: Plane, points: Sequence[Tensor]) -> Plane:
    """The plane with a range that shows some points too, whatever lies on it already.

    A line keeps its range: nothing is drawn on it.
    """
    if plane.kind == "line" or not len(points):
        return plane
    found, _ = plane.project(points)
    low, high = found.min(0), found.max(0)
    room = 0.1 * (high - low)
    ranges = [
        (min(old[0], float(least - r)), max(old[1], float(most + r)))
        for old, least, most, r in zip((plane.x_range, plane.y_range), low, high, room, strict=True)
    ]
    return replace(plane, x_range=ranges[0], y_range=ranges[1])


def _alike(points: Sequence[Tensor], count: int) -> None:
    if len(points) != count:
        raise StudioError(f"{count} weights are needed here, and {len(points)} were chosen.")
    shapes: set[Any] = {p.shape for p in points}
    if len(shapes) > 1:
        raise StudioError(
            f"The weights are of different models: they hold {', '.join(str(len(p)) for p in points)} numbers.",
            "Choose runs with equal layers.",
        )


def _around(plane: Plane, points: Sequence[Tensor]) -> Plane:
    """The plane with the range of some points, and equal units on both axes."""
    found, _ = plane.project(points)
    low, high = found.min(0), found.max(0)
    extent = high - low
    # A path that hardly moves along the second direction still gets a picture that can be read.
    half = np.maximum(extent, 0.4 * extent.max()) * (0.5 + _MARGIN)
    middle = (low + high) / 2
    x, y = ((float(m - h), float(m + h)) for m, h in zip(middle, half, strict=True))
    return replace(plane, x_range=x, y_range=y)
