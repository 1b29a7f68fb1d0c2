"""Paths over a plane of weights: a hue a run, thinner where a path is farther off the plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPen

from gdstudio.gui.charts.colors import cosmetic
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.charts.tracks import Track, rim
from gdstudio.gui.theme import Theme

Array = NDArray[np.float64]

#: Widths of the line and of the dots, in pixels, on the plane and where a path is farthest from it.
_LINE: Final = (3.2, 1.0)
_DOT: Final = (8.0, 3.0)
#: So many widths are told apart.
_WIDTHS: Final = 5
_HALO: Final = 1.8
_STAR: Final = "#d55e00"


@dataclass(frozen=True, eq=False)
class Route:
    """Where one run went.

    Attributes:
        points: ``(m, 2)`` on the plane, oldest first.
        distances: ``(m,)`` off the plane.
        name: Of the run; may be empty where there is one.
        hue: Index of its colour; None for white, as a single one is drawn.
    """

    points: Array
    distances: Array
    name: str = ""
    hue: int | None = None

    def color(self, theme: Theme) -> QColor:
        """Of its line."""
        return QColor("white") if self.hue is None else theme.series_color(self.hue)


class Routes:
    """Draws them on a plot, anew whenever they change."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot = plot
        self._items: list[pg.GraphicsObject] = []
        self.routes: tuple[Route, ...] = ()

    def draw(self, routes: Sequence[Route], theme: Theme) -> None:
        """Draw these and no others."""
        self.clear()
        self.routes = tuple(routes)
        farthest = max((float(r.distances.max()) for r in routes if len(r.points)), default=0.0) or 1.0
        for route in reversed(self.routes):  # the first lies on top
            if len(route.points):
                self._draw(route, route.distances / farthest, theme)

    def clear(self) -> None:
        """Draw none."""
        for item in self._items:
            self._plot.removeItem(item)
        self._items = []

    def _draw(self, route: Route, off: Array, theme: Theme) -> None:
        points, color = route.points, route.color(theme)
        # A step is as thick as its farther end says.
        level = np.rint(np.maximum(off[1:], off[:-1]) * (_WIDTHS - 1)).astype(int)
        for number in np.unique(level).tolist():
            steps = np.flatnonzero(level == number)
            pairs = np.stack([points[steps], points[steps + 1]], 1).reshape(-1, 2)
            width = float(_between(_LINE, number / (_WIDTHS - 1)))
            item = pg.PlotCurveItem(
                pairs[:, 0], pairs[:, 1], connect="pairs", antialias=True, pen=cosmetic(color, width),
                shadowPen=cosmetic(rim(color), width + _HALO),
            )  # fmt: skip
            self._add(item)
        dots = pg.ScatterPlotItem(points[:, 0], points[:, 1], symbol="o", size=_between(_DOT, off))
        dots.setPen(cosmetic(rim(color), 0.6))
        dots.setBrush(pg.mkBrush(color))
        ends = pg.ScatterPlotItem(points[[0, -1], 0], points[[0, -1], 1], size=[11, 18], symbol=["s", "star"])
        ends.setBrush([pg.mkBrush("white"), pg.mkBrush(_STAR if route.hue is None else color)])
        dark = cosmetic(QColor(0, 0, 0, 200), 1)
        ends.setPen([dark, dark if route.hue is None else cosmetic(rim(color), 1)])
        self._add(dots, ends)

    def _add(self, *items: pg.GraphicsObject) -> None:
        for item in items:
            item.setZValue(2 + 0.01 * len(self._items))
            self._plot.addItem(item, ignoreBounds=True)
            self._items.append(item)

    def legend(self, theme: Theme) -> list[LegendEntry]:
        """What the marks and the hues are."""
        if not any(len(r.points) for r in self.routes):
            return []
        muted = QPen(theme.color("muted"))
        start, thin = LegendEntry("start", muted, "s", hollow=True), "thinner is farther off the plane"
        off = any(r.distances.any() for r in self.routes)
        named = [r for r in self.routes if r.hue is not None and len(r.points)]
        if not named:
            now = LegendEntry("now", QPen(QColor(_STAR)), "star")
            return [start, now, LegendEntry(f"path, {thin}" if off else "path", muted, "o")]
        hues = [LegendEntry(r.name, cosmetic(r.color(theme), 3)) for r in named]
        return [start, LegendEntry("end", muted, "star"), *hues, *([LegendEntry(thin, muted, "o")] if off else [])]

    def tracks(self, theme: Theme) -> list[Track]:
        """The same for a surface."""
        return [
            Track(r.name or "path", r.color(theme), r.points, star=r.hue is None) for r in self.routes if len(r.points)
        ]


def _between(ends: tuple[float, float], share: Array | float) -> Array | float:
    near, far = ends
    return near + (far - near) * share
