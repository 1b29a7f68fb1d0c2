"""Arrows of a length in pixels, whatever the zoom."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Half the angle between the two sides of a head, in radians, and their length in pixels.
_HALF_ANGLE, _HEAD = 0.45, 11.0


def arrow(view: pg.ViewBox, start: Array, direction: Array, length: float) -> tuple[Array, Array] | None:
    """The line of an arrow in the plot's coordinates.

    Args:
        view: Where it is drawn; with another zoom it is another line.
        start: ``(2,)`` where it begins.
        direction: ``(2,)`` where it points, in the plot's coordinates.
        length: Of the shaft, in pixels.

    Returns:
        Shaft ``(2, 2)`` and head ``(3, 2)``; None where there is no direction.
    """
    pixel = np.array(view.viewPixelSize(), dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        # Scaled first: the square of a gradient of 1e200 would be infinite.
        on_screen = direction / pixel
        on_screen = on_screen / np.abs(on_screen).max()
        on_screen = on_screen / np.hypot(*on_screen)
    if not (np.isfinite(on_screen).all() and np.isfinite(start).all()):
        return None
    tip = start + length * on_screen * pixel
    angle = float(np.arctan2(on_screen[1], on_screen[0]))
    sides = [
        tip - _HEAD * np.array([np.cos(angle + turn), np.sin(angle + turn)]) * pixel
        for turn in (-_HALF_ANGLE, _HALF_ANGLE)
    ]
    return np.stack([start, tip]), np.stack([sides[0], tip, sides[1]])
