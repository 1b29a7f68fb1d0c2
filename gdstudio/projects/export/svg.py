"""Small pictures for a report: lines and points as SVG, readable in light and dark and on paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Okabe and Ito (2008), as in the program.
HUES: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8f98")
#: The hue of what is only there to compare with.
GREY: Final = len(HUES) - 1
_WIDTH, _HEIGHT = 560, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 14, 46
#: A curve of more points than this looks the same.
_MOST_POINTS = 1_200


@dataclass(frozen=True, eq=False)
class Curve:
    """A line, or points where ``points`` is set.

    Attributes:
        label: In the legend; empty for none.
        x, y: ``(n,)``; what is not finite is left out.
        hue: Index of its colour.
        dashed: Whether the line is broken.
        points: Whether dots are drawn instead of a line.
    """

    label: str
    x: Array
    y: Array
    hue: int = 0
    dashed: bool = False
    points: bool = False


def plot(curves: Sequence[Curve], x_label: str, y_label: str, title: str) -> str:
    """An SVG element with axes, a grid and a legend.

    Args:
        curves: What is drawn; at least one has a finite point.
        x_label: With its unit.
        y_label: With its unit.
        title: For those who cannot see it.
    """
    finite = [(c.x[m], c.y[m]) for c in curves if (m := np.isfinite(c.x) & np.isfinite(c.y)).any()]
    xs, ys = (np.concatenate([pair[i] for pair in finite]) if finite else np.array([0.0, 1.0]) for i in (0, 1))
    (x0, x1), (y0, y1) = _span(xs, 0.0), _span(ys, 0.05)

    def across(x: Array | float) -> Array:
        return _LEFT + (np.asarray(x) - x0) / (x1 - x0) * (_WIDTH - _LEFT - _RIGHT)

    def down(y: Array | float) -> Array:
        return _HEIGHT - _BOTTOM - (np.asarray(y) - y0) / (y1 - y0) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">',
        f"<title>{escape(title)}</title>",
    ]
    for tick in span_ticks(y0, y1):
        at = float(down(tick))
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{number(tick)}</text>')
    for tick in span_ticks(x0, x1):
        at = float(across(tick))
        parts.append(f'<line class="grid" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" x1="{at:.1f}" x2="{at:.1f}"/>')
        parts.append(f'<text x="{at:.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{number(tick)}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>')
    parts.append(
        f'<text transform="translate(14 {(_HEIGHT - _BOTTOM + _TOP) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_label)}</text>"
    )
    for curve in curves:
        parts.append(_drawn(curve, across, down))
    parts.append("</svg>")
    legend = "".join(
        f'<span><i style="border-top:3px {"dashed" if c.dashed else "solid"} {HUES[c.hue % len(HUES)]}"></i>'
        f"{escape(c.label)}</span>"
        for c in curves
        if c.label
    )
    return f'<figure><figcaption>{escape(title)}</figcaption><p class="legend">{legend}</p>{"".join(parts)}</figure>'


def _drawn(curve: Curve, across: object, down: object) -> str:
    x, y = curve.x, curve.y
    color = HUES[curve.hue % len(HUES)]
    every = max(1, -(-len(x) // _MOST_POINTS))
    x, y = x[::every], y[::every]
    known = np.isfinite(x) & np.isfinite(y)
    left, top = across(x), down(y)  # type: ignore[operator]
    if curve.points:
        dots = (f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.4"/>' for a, b in zip(left[known], top[known], strict=True))
        return f'<g fill="{color}" fill-opacity="0.55">{"".join(dots)}</g>'
    path, pen = [], "M"
    for a, b, there in zip(left, top, known, strict=True):
        if there:
            path.append(f"{pen}{a:.1f} {b:.1f}")
            pen = "L"
        else:
            pen = "M"
    dash = ' stroke-dasharray="6 4"' if curve.dashed else ""
    return f'<path d="{"".join(path)}" fill="none" stroke="{color}" stroke-width="1.8"{dash}/>'


def _span(values: Array, room: float) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = room * (high - low) or (0.0 if high > low else abs(high) or 1.0)
    return low - margin, high + margin


def span_ticks(low: float, high: float) -> list[float]:
    """Round numbers, four to eight of them."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.ceil(low / step)
    return [n * step for n in range(first, math.floor(high / step) + 1)]


def number(value: float) -> str:
    """A tick's text."""
    return "0" if abs(value) < 1e-12 else f"{value:.6g}"
