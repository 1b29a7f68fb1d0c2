"""What an axis shows of what there is."""

from __future__ import annotations

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
