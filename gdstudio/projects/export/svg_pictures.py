"""Pictures of a report that are no curves: a network, and a map with axes and a scale of colours."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from gdstudio.models.entry import Layer
from gdstudio.projects.export.svg import number, span_ticks

_WIDTH, _HEIGHT = 640, 250
#: More units than this are drawn as some at the top, dots, and some at the bottom.
_MOST_UNITS = 9
_RADIUS = 6
#: Of a map: the square of the picture, and room for its axes.
_SIDE, _LEFT, _TOP, _BELOW, _SCALE = 400, 66, 12, 48, 84
_BAR_PARTS = 64


def network(layers: Sequence[Layer], title: str) -> str:
    """The layers as columns of units, from the inputs at the left to the output at the right."""
    apart = _WIDTH / len(layers)
    columns = []
    for number_, layer in enumerate(layers):
        shown = min(layer.units, _MOST_UNITS)
        room = min(20.0, (_HEIGHT - 66) / max(shown - 1, 1))
        x, top = apart * (number_ + 0.5), (_HEIGHT - 50) / 2 - room * (shown - 1) / 2
        columns.append([(x, top + room * k) for k in range(shown)])
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title, quote=True)}" class="wide">',
        f"<title>{escape(title)}</title>",
    ]
    dots = [_left_out(layer) for layer in layers]
    for here, there, hidden, hidden_there in zip(columns, columns[1:], dots, dots[1:], strict=False):
        lines = "".join(
            f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}"
            for i, (a, b) in enumerate(here) for j, (c, d) in enumerate(there)
            if i not in hidden and j not in hidden_there
        )  # fmt: skip
        parts.append(f'<path class="edge" d="{lines}"/>')
    for column, layer, hidden, number_ in zip(columns, layers, dots, range(len(layers)), strict=True):
        for place, (x, y) in enumerate(column):
            if place in hidden:
                parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="1.6"/>')
            else:
                kind = "input" if number_ == 0 else "unit"
                parts.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}"/>')
        x = column[0][0]
        name = "Inputs" if number_ == 0 else layer.label
        dropout = f", dropout {layer.dropout:g}" if layer.dropout else ""
        parts.append(f'<text class="strong" x="{x:.1f}" y="{_HEIGHT - 26}" text-anchor="middle">{layer.units:,}</text>')
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(name)}{escape(dropout)}</text>')
    return "".join([*parts, "</svg>"])


def _left_out(layer: Layer) -> frozenset[int]:
    """The places of a column where dots stand for units that are not drawn."""
    middle = _MOST_UNITS // 2
    return frozenset(range(middle - 1, middle + 2)) if layer.units > _MOST_UNITS else frozenset()


def map_of(
    png: bytes,
    ranges: tuple[tuple[float, float], tuple[float, float]],
    labels: tuple[str, str],
    scale: tuple[float, float, str],
    colors: Sequence[tuple[int, int, int]],
    title: str,
) -> str:
    """A square picture with axes, and beside it what its colours mean.

    Args:
        png: The picture.
        ranges: What it spans along x and y.
        labels: Of the two axes.
        scale: The values of the first and of the last colour, and what they are.
        colors: Evenly spaced along the scale.
        title: For those who cannot see it.
    """
    (x0, x1), (y0, y1) = ranges
    width, height = _LEFT + _SIDE + _SCALE, _TOP + _SIDE + _BELOW
    picture = base64.b64encode(png).decode("ascii")
    parts = [
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title, quote=True)}" class="map">',
        f"<title>{escape(title)}</title>",
        f'<image x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" href="data:image/png;base64,{picture}"/>',
    ]
    bottom = _TOP + _SIDE
    for tick in span_ticks(x0, x1):
        at = _LEFT + (tick - x0) / (x1 - x0) * _SIDE
        parts.append(f'<line class="tick" x1="{at:.1f}" x2="{at:.1f}" y1="{bottom}" y2="{bottom + 5}"/>')
        parts.append(f'<text x="{at:.1f}" y="{bottom + 19}" text-anchor="middle">{number(tick)}</text>')
    for tick in span_ticks(y0, y1):
        at = bottom - (tick - y0) / (y1 - y0) * _SIDE
        parts.append(f'<line class="tick" x1="{_LEFT - 5}" x2="{_LEFT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{number(tick)}</text>')
    parts.append(f'<text x="{_LEFT + _SIDE / 2}" y="{height - 6}" text-anchor="middle">{escape(labels[0])}</text>')
    turned = f"translate(14 {_TOP + _SIDE / 2}) rotate(-90)"
    parts.append(f'<text transform="{turned}" text-anchor="middle">{escape(labels[1])}</text>')
    low, high, what = scale
    left, each = _LEFT + _SIDE + 18, _SIDE / _BAR_PARTS
    for part in range(_BAR_PARTS):
        color = _between(colors, part / (_BAR_PARTS - 1))
        y = bottom - (part + 1) * each
        parts.append(f'<rect x="{left}" y="{y:.2f}" width="14" height="{each + 0.5:.2f}" fill="{color}"/>')
    parts.append(f'<text x="{left + 20}" y="{_TOP + 10}">{high:.3g}</text>')
    parts.append(f'<text x="{left + 20}" y="{bottom}">{low:.3g}</text>')
    middle = _TOP + _SIDE / 2
    parts.append(
        f'<text transform="translate({left + 32} {middle}) rotate(-90)" text-anchor="middle">{escape(what)}</text>'
    )
    return "".join([*parts, "</svg>"])


def _between(colors: Sequence[tuple[int, int, int]], share: float) -> str:
    at = share * (len(colors) - 1)
    first = min(int(at), len(colors) - 2)
    pairs = zip(colors[first], colors[first + 1], strict=True)
    return "#" + "".join(f"{round(a + (at - first) * (b - a)):02x}" for a, b in pairs)
