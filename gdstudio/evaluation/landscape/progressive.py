"""A coarse picture first, then finer ones that re-use what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.errors import StudioError
from gdstudio.evaluation.landscape.evaluator import Evaluator

Array = NDArray[np.float64]
MIN_GRID, MAX_GRID = 3, 1001
#: A picture coarser than this says nothing.
_COARSEST = 12


@dataclass(frozen=True, eq=False)
class Picture:
    """Values on a grid.

    Attributes:
        x, y: ``(w,)`` and ``(h,)`` coordinates; a line has one y.
        values: ``(h, w)``; the first index goes along y.
        last: Whether no finer one follows.
    """

    x: Array
    y: Array
    values: Array
    last: bool


def check_grid(grid: int) -> None:
    """Refuse a grid that shows nothing, or that takes hours; raises StudioError."""
    if not MIN_GRID <= grid <= MAX_GRID:
        raise StudioError(
            f"A grid of {grid} points a side cannot be drawn: it must be from {MIN_GRID} to {MAX_GRID}.",
            "Usual are 25 to 101.",
        )


def strides(grid: int) -> tuple[int, ...]:
    """Steps between the grid points that each picture knows, coarse to fine; every one ends at the last point."""
    coarser = (s for s in (16, 8, 4, 2) if (grid - 1) % s == 0 and (grid - 1) // s >= _COARSEST)
    return (*coarser, 1)


def pictures(
    evaluator: Evaluator,
    grid: int,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[float], object] = lambda share: None,
) -> Iterator[Picture]:
    """Picture after picture, each finer than the one before it; the values they share are the same numbers.

    Args:
        evaluator: Of the plane.
        grid: Points a side of the last picture.
        cancelled: Is asked between two portions; nothing more comes once it says so.
        progress: Hears the share of all points that are known, 0 … 1.

    Raises:
        StudioError: The grid is too small or too large.
    """
    check_grid(grid)
    x, y = evaluator.plane.axes(grid)
    known = np.full((len(y), len(x)), np.nan)
    done = np.zeros(known.shape, dtype=bool)
    for stride in strides(grid):
        wanted = np.zeros_like(done)
        wanted[::stride, ::stride] = True
        rows, columns = np.nonzero(wanted & ~done)
        start = 0
        for values in evaluator.chunks(np.column_stack([x[columns], y[rows]])):
            if cancelled():
                return
            end = start + len(values)
            known[rows[start:end], columns[start:end]] = values
            done[rows[start:end], columns[start:end]] = True
            start = end
            progress(float(done.mean()))
        if cancelled():
            return
        yield Picture(x[::stride], y[::stride], known[::stride, ::stride].copy(), stride == 1)
