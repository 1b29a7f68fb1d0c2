"""What a model says over the plane of two features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from gdstudio.data.preparation import Preparation
from gdstudio.evaluation.predict import outputs_of

#: Room around the points, as a share of their range.
_MARGIN = 0.08


@dataclass(frozen=True, eq=False)
class Plane:
    """A grid over two raw features.

    Attributes:
        names: The features along x and y.
        x, y: ``(g,)`` grid coordinates in the features' own units.
        inputs: ``(g·g, d)`` prepared grid points, row by row with y as the slow coordinate.
    """

    names: tuple[str, str]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    inputs: NDArray[np.float32]


def make_plane(preparation: Preparation, frame: pd.DataFrame, size: int = 80) -> Plane:
    """The grid over the range of two numeric features; it depends on the data alone, so it is made once a run.

    Args:
        preparation: Of exactly two raw columns.
        frame: Rows whose range is covered.
        size: Grid points a side.
    """
    first, second = preparation.raw_columns
    x, y = (_axis(frame[name], size) for name in (first, second))
    grid = pd.DataFrame({first: np.tile(x, size), second: np.repeat(y, size)})
    return Plane((first, second), x, y, preparation.transform(grid))


def decision_field(
    model: nn.Module, plane: Plane, preparation: Preparation, probabilities: Callable[[Any], NDArray[np.float64]] | None
) -> NDArray[np.float64]:
    """What the model predicts at the grid points, without changing it.

    Returns:
        ``(g, g, c)`` probabilities of the classes, or ``(g, g)`` values in the target's own unit; the first index
        goes along y.
    """
    outputs = outputs_of(model, plane.inputs)
    shape = (len(plane.y), len(plane.x))
    if probabilities is None:
        return np.asarray(preparation.decode_target(outputs[:, 0]), dtype=np.float64).reshape(shape)
    return probabilities(outputs).reshape(*shape, -1)


def _axis(values: pd.Series[Any], size: int) -> NDArray[np.float64]:
    numbers = values.to_numpy(dtype=np.float64)
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    room = _MARGIN * (high - low or 1.0)
    return np.linspace(low - room, high + room, size)
