"""The coordinate system that all charts share: tick texts, grid, and the same gestures everywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

#: From here on a number is written with its power of ten, as a loss that explodes has it.
_MOST_DIGITS = 1e12


class Axis(pg.AxisItem):
    """An axis with texts that mean something: 20 000 as ``20k``, small numbers as ``10⁻⁵``."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)
        self.setStyle(tickLength=0, maxTickLevel=1, maxTextLevel=0, tickAlpha=255)

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The texts of the ticks."""
        if self.logMode:
            return [power_text(value) for value in values]
        return tick_texts([value * scale for value in values], spacing * scale)

    def logTickValues(
        self, low: float, high: float, size: float, ticks: Sequence[tuple[float, Sequence[float]]]
    ) -> list[tuple[float | None, list[float]]]:
        """Decades where there are some, otherwise round values between."""
        return log_ticks(low, high, size)

    def logTickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The texts of the ticks of a logarithmic axis."""
        return [power_text(value) for value in values]


def log_ticks(low: float, high: float, size: float) -> list[tuple[float | None, list[float]]]:
    """Ticks of a logarithmic axis: those with a text, then those without.

    Args:
        low: Lower end of the range, as an exponent of ten.
        high: Upper end.
        size: Length of the axis in pixels.
    """
    decades = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
    if len(decades) >= 2:
        every = max(1, math.ceil(len(decades) * 40 / max(size, 1)))
        major = [float(d) for d in decades if d % every == 0]
        if every > 1 or len(decades) > 3:
            return [(1.0, major), (None, [])]
        minor = [d + math.log10(m) for d in range(math.floor(low), math.ceil(high)) for m in range(2, 10)]
        labelled = [math.log10(m) for m in (2, 5)] if len(decades) == 2 else []
        between = [d + m for d in range(math.floor(low), math.ceil(high)) for m in labelled]
        return [(1.0, major + [b for b in between if low <= b <= high]), (None, [m for m in minor if low < m < high])]
    bottom, top = 10**low, 10**high
    rough = (top - bottom) / max(2, min(6, size / 50))
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= rough * (1 - 1e-9))
    first = math.ceil(bottom / step - 1e-9)
    return [(1.0, [math.log10(k * step) for k in range(first, math.floor(top / step + 1e-9) + 1) if k > 0]), (None, [])]


def tick_texts(values: Sequence[float], spacing: float) -> list[str]:
    """Texts of evenly spaced ticks, all with the same number of decimals.

    Args:
        values: Where the ticks are.
        spacing: Distance between two.
    """
    largest = max((abs(value) for value in values), default=0.0)
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if unit <= largest < _MOST_DIGITS:
            unit = 1e3 if letter == "k" else unit
            places = _places(spacing / unit)
            return ["0" if value == 0 else f"{value / unit:.{places}f}{letter}" for value in values]
    if 0 < largest < 1e-3 or largest >= _MOST_DIGITS:
        places = max(0, math.floor(math.log10(largest)) - math.floor(math.log10(spacing)))
        return [
            "0" if abs(value) < spacing / 1e3 else f"{value:.{places}e}".replace("e-0", "e-").replace("e+", "e")
            for value in values
        ]
    places = _places(spacing)
    texts = [f"{value:.{places}f}" for value in values]
    return [text.replace("-", "\u2212") if float(text) else text.lstrip("-") for text in texts]


def _places(spacing: float) -> int:
    return max(0, -math.floor(math.log10(spacing) + 1e-9)) if spacing > 0 else 0


def power_text(exponent: float) -> str:
    """The text of ``10**exponent``."""
    whole = round(exponent)
    if abs(exponent - whole) < 1e-9 and not -4 <= whole <= 4:
        return "10" + str(whole).translate(_SUPERSCRIPTS)
    return f"{10**exponent:.4g}"


class Gestures(pg.ViewBox):
    """Drag pans, wheel zooms; the chart itself hears the double click that fits."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setMouseMode(pg.ViewBox.PanMode)
        self.disableAutoRange()

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Pan with the left button; the right one is for the menu."""
        if event.button() == Qt.MouseButton.LeftButton:
            super().mouseDragEvent(event, axis)
        else:
            event.ignore()
