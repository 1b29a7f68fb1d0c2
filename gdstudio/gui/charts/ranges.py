"""What an axis shows of what there is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gdstudio.gui.charts.pyramid import Pyramid

Range = tuple[float, float]

#: Room around the data when they are fitted.
_MARGIN = 0.04


def with_margin(span: Range) -> Range:
    """A span with room on both sides, also where it is a single value."""
    low, high = span
    margin = _MARGIN * (high - low) or 0.1 * abs(high) or 0.5
    return low - margin, high + margin


def widened(shown: tuple[float, ...], data: Range, room_below: float, room_above: float) -> tuple[float, ...]:
    """``shown``, moved outwards on the sides where ``data`` lie outside of it, with room as a share of the span."""
    low, high = shown
    span = max(data[1], high) - min(data[0], low)
    if data[0] < low:
        low = data[0] - room_below * span
    if data[1] > high:
        high = data[1] + room_above * span
    return low, high


def data_range(curves: Iterable[Pyramid], extent: Range | None, *, log: bool) -> tuple[Range, Range]:
    """What curves span together, along the horizontal and the vertical axis.

    Args:
        curves: Those without a value are passed over.
        extent: A horizontal range that belongs to it in any case.
        log: Whether the vertical one is of exponents.
    """
    horizontal: list[float] = [] if extent is None else list(extent)
    vertical: list[float] = []
    for points in curves:
        bounds = points.positive_bounds if log else points.bounds
        if bounds is not None:
            vertical += [math.log10(b) for b in bounds] if log else bounds
            horizontal += [float(points.x[0]), float(points.x[-1])]
    left, right = min(horizontal, default=0.0), max(horizontal, default=1.0)
    if not vertical:
        return (left, right), (0.0, 1.0)
    return (left, right if right > left else left + 1.0), (min(vertical), max(vertical))
