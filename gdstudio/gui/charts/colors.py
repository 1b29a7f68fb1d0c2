"""From numbers to colours: what a model says over a plane, and how full a cell is."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPen

from gdstudio.gui.theme import Theme, contrast

Array = NDArray[np.float64]

#: How strongly a certain prediction is coloured: points of the same class must still stand out.
_STRENGTH = 0.6
#: Rises in lightness and reads under every colour-vision deficiency (Nuñez et al. 2018).
SEQUENTIAL = "cividis"


def class_image(probabilities: Array, theme: Theme) -> NDArray[np.uint8]:
    """The likeliest class of each point by hue, and how sure the model is by strength.

    With two classes this is a diverging map: the ground shows where both are equally likely.

    Args:
        probabilities: ``(h, w, c)``.
        theme: Colours.

    Returns:
        ``(h, w, 3)``.
    """
    count = probabilities.shape[-1]
    likeliest = probabilities.argmax(axis=-1)
    sure = (probabilities.max(axis=-1) - 1 / count) / (1 - 1 / count)
    hues = np.array([_channels(theme.class_color(i)) for i in range(count)])
    ground = _channels(theme.color("raised"))
    share = (_STRENGTH * np.clip(np.nan_to_num(sure), 0, 1))[..., None]
    return np.asarray(np.rint(ground * (1 - share) + hues[likeliest] * share), dtype=np.uint8)


def value_colors(values: Array, low: float, high: float) -> NDArray[np.uint8]:
    """Numbers on a sequential map.

    Args:
        values: ``(…)``; what is not finite gets the lowest colour.
        low: Value of the first colour.
        high: Value of the last.

    Returns:
        ``(…, 3)``.
    """
    share = np.clip(np.nan_to_num((values - low) / ((high - low) or 1.0)), 0, 1)
    colors: NDArray[np.uint8] = pg.colormap.get(SEQUENTIAL).map(share.ravel(), mode="byte")[:, :3]
    return colors.reshape(*share.shape, 3)


def value_image(values: Array, low: float, high: float, theme: Theme) -> NDArray[np.uint8]:
    """:func:`value_colors`, softened towards the ground, so that points in the full colours stand out."""
    ground = _channels(theme.color("raised"))
    full = value_colors(values, low, high).astype(np.float64)
    return np.asarray(np.rint(ground * (1 - _STRENGTH) + full * _STRENGTH), dtype=np.uint8)


def signed_image(values: Array, theme: Theme, strength: float = 1.0) -> NDArray[np.uint8]:
    """Numbers by sign and size: the largest magnitude has the full hue, zero is the ground.

    Args:
        values: ``(h, w)``; what is not finite gets the ground.
        theme: Colours: the first class's for negative values, the second's for positive ones.
        strength: Share of the hue that the largest magnitude has.

    Returns:
        ``(h, w, 3)``.
    """
    negative, ground, positive = map(_channels, (theme.class_color(0), theme.color("raised"), theme.class_color(1)))
    finite = np.nan_to_num(np.asarray(values, dtype=np.float64), posinf=0.0, neginf=0.0)
    share = (strength * finite / (np.abs(finite).max() or 1.0))[..., None]
    mixed = ground + np.abs(share) * (np.where(share >= 0, positive, negative) - ground)
    return np.asarray(np.rint(mixed), dtype=np.uint8)


def _channels(color: QColor) -> Array:
    """``(3,)`` red, green, blue, 0 … 255."""
    return np.array([color.red(), color.green(), color.blue()], dtype=np.float64)


def cosmetic(color: QColor, width: float) -> QPen:
    """A pen whose width is in pixels whatever the zoom."""
    pen = QPen(color, width)
    pen.setCosmetic(True)
    return pen


def finer(field: Array, factor: int) -> Array:
    """A grid ``(h, w, …)`` with ``factor`` times as many cells a side, interpolated linearly between the old ones."""
    for axis in (0, 1):
        length = field.shape[axis]
        at = np.linspace(0, length - 1, length * factor)
        left = np.minimum(at.astype(np.intp), max(length - 2, 0))
        right = np.minimum(left + 1, length - 1)
        share = (at - left).reshape([-1 if a == axis else 1 for a in range(field.ndim)])
        field = field.take(left, axis) * (1 - share) + field.take(right, axis) * share
    return field


def text_color(ground: QColor) -> QColor:
    """Black or white, whichever reads better on the ground: the better one reaches a contrast of 4.5 on any."""
    dark, light = QColor("black"), QColor("white")
    return dark if contrast(dark, ground) >= contrast(light, ground) else light
