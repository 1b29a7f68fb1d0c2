"""One curve of a line chart: its points, what draws them, how it looks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen

from gdstudio.gui.charts.curve import Line
from gdstudio.gui.charts.pyramid import Array, Pyramid
from gdstudio.gui.charts.smoothing import Smoother
from gdstudio.gui.theme import PartName, Theme

if TYPE_CHECKING:
    import pandas as pd

#: A curve that goes up and down more often than this many times its height is drawn with the thinnest line: what a
#: wide antialiased or dashed line costs grows with its length on the screen (tens of milliseconds for some hundred
#: noisy points), where Qt draws the thinnest one in less than two whatever its length.
_CALM_TRAVEL = 8.0


class Series:
    """A curve with its moving average.

    Attributes:
        label: What the legend calls it.
        points: The curve.
        smooth: Its moving average, while :attr:`smoothing` is above 0.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self.label = ""
        self.part: PartName = "train"
        self.color_index = 0
        self.faint = False
        self.smoothing = 0.0
        self.points = Pyramid()
        self.smooth = Smoother()
        self._plot = plot
        self._main, self._back = QPen(), QPen()
        self._curve, self._mean = Line(plot), Line(plot)
        # Few curves need it, and it costs a millisecond.
        self._dot: pg.ScatterPlotItem | None = None

    @property
    def look(self) -> tuple[str, PartName, int, bool]:
        """Label, part, hue, and whether it stays in the background."""
        return self.label, self.part, self.color_index, self.faint

    @look.setter
    def look(self, value: tuple[str, PartName, int, bool]) -> None:
        self.label, self.part, self.color_index, self.faint = value

    def set_points(self, x: Array, y: Array) -> None:
        """Take the curve as it is now."""
        grew = self.points.set(x, y)
        if self.smoothing:
            self.smooth.set(self.points, self.smoothing, grew=grew)

    def set_smoothing(self, weight: float) -> None:
        """Draw a moving average over the curve; 0 is none."""
        self.smoothing = weight
        if weight:
            self.smooth.set(self.points, weight, grew=False)

    def style(self, theme: Theme) -> None:
        """Pens in the theme's colours; what stays in the background lies below the rest."""
        self._main = theme.series_pen(self.color_index, self.part, faint=self.faint and not self.smoothing)
        faint = self.smoothing or self.faint
        self._back = theme.series_pen(self.color_index, self.part, faint=True) if faint else self._main
        self._style_items()

    def _style_items(self) -> None:
        self._curve.set_z(0 if self.faint else 1)
        self._mean.set_z(2)
        if self._dot is not None:
            self._dot.setPen(pg.mkPen(None))
            self._dot.setBrush(pg.mkBrush(self._main.color()))
            self._dot.setZValue(0 if self.faint else 1)

    def draw(self, start: float, end: float, columns: int, *, log: bool, thin: bool = False) -> None:
        """Hand what is visible to the plot.

        Args:
            start: Left end of the visible range.
            end: Its right end.
            columns: Pixels that it has.
            log: Whether the exponents are drawn rather than the values.
            thin: Whether the thinnest line is used.
        """
        main, back = QPen(self._main), QPen(self._back)
        if thin:
            main.setWidthF(1.0)
            back.setWidthF(1.0)
        self._draw(self._curve, back, self.points, start, end, columns, log)
        self._mean.set_visible(bool(self.smoothing))
        if self.smoothing:
            self._draw(self._mean, main, self.smooth.points, start, end, columns, log)
        # A line needs two points; a single one would be invisible.
        single = len(self.points) == 1
        if single and self._dot is None:
            self._dot = pg.ScatterPlotItem(size=7)
            self._plot.addItem(self._dot, ignoreBounds=True)
            self._style_items()
        if self._dot is not None:
            self._dot.setVisible(single)
            if single:
                self._dot.setData(self.points.x, _exponents(self.points.y) if log else self.points.y)

    def _draw(self, line: Line, look: QPen, points: Pyramid, start: float, end: float, columns: int, log: bool) -> None:
        x, y = points.window(start, end, columns)
        if log:
            y = _exponents(y)
        pen = QPen(look)
        if _travel(y) > _CALM_TRAVEL:
            # At 200 % the thinnest line would be a hair; a solid one of two pixels is cheap without antialiasing.
            solid = pen.style() == Qt.PenStyle.SolidLine
            pen.setWidthF(self._plot.devicePixelRatioF() if solid else 1.0)
        line.draw(x, y, pen, smooth=pen.widthF() == 1.0 or pen == look)

    def remove(self) -> None:
        """Take it off the plot."""
        self._curve.remove()
        self._mean.remove()
        if self._dot is not None:
            self._plot.removeItem(self._dot)

    @property
    def shown(self) -> Pyramid:
        """What the read-out speaks of: the average where there is one."""
        return self.smooth.points if self.smoothing else self.points


def table_of(curves: Iterable[Series], x: str, y: str) -> pd.DataFrame:
    """All points of curves, below each other; ``x`` and ``y`` name the columns of their coordinates."""
    import pandas as pd

    y = y if y != x else "y"
    frames = [pd.DataFrame({"curve": s.label, "part": s.part, x: s.points.x, y: s.points.y}) for s in curves]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["curve", "part", x, y])


def _travel(y: Array) -> float:
    """How often a curve covers its own height, up and down together: 1 where it only rises or only falls."""
    finite = y[np.isfinite(y)]
    height = np.ptp(finite) if len(finite) else 0.0
    return float(np.abs(np.diff(finite)).sum() / height) if height > 0 else 0.0


def _exponents(y: Array) -> Array:
    """``log10`` of what lies above zero; the rest are gaps."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exponents = np.log10(y)
    exponents[~np.isfinite(exponents)] = np.nan
    return exponents
