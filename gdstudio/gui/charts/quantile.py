"""Residuals in order against a normal distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Slot
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.colors import cosmetic
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.theme import Theme, blend

if TYPE_CHECKING:
    import pandas as pd

    from gdstudio.evaluation.residuals import QuantilePlot

_MOST_POINTS = 4_000
_REACH = 24


class QuantileChart(Chart):
    """One point a row: on the line the residuals are as a normal distribution has them; bent ends are heavy tails."""

    def __init__(
        self,
        theme: Theme,
        title: str = "Are the residuals normal?",
        *,
        empty: str = "After a run, this shows whether what is missed is normally distributed.",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, title, empty=empty, name=name, parent=parent)
        self._plot: QuantilePlot | None = None
        self._drawn: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._points = pg.ScatterPlotItem(size=6)
        self._line = pg.PlotCurveItem(antialias=True)
        for item in (self._points, self._line):
            self.plot.addItem(item, ignoreBounds=True)
        self.set_axis_label("bottom", "Normal quantile (standard deviations)")
        self.set_axis_label("left", "Target − prediction")
        self.recolor()
        self.set_empty(True)

    def set_plot(self, plot: QuantilePlot | None, reason: str = "") -> None:
        """Draw residuals in order; None with the reason why there are none."""
        self._plot = plot
        if plot is not None:
            count = len(plot.normal)
            # Both tails whole, where the eye looks, and the middle thinned.
            inner = np.linspace(0, count - 1, min(count, _MOST_POINTS)).astype(np.intp)
            tails = np.concatenate([np.arange(min(count, 200)), np.arange(max(0, count - 200), count)])
            self._drawn = np.union1d(inner, tails)
            self._points.setData(plot.normal[self._drawn], plot.ordered[self._drawn])
            ends = plot.normal[[0, -1]]
            self._line.setData(ends, plot.intercept + plot.slope * ends)
        self.recolor()
        self.set_empty(plot is None, reason)
        self.setAccessibleDescription(self.describe())
        self.fit()

    def recolor(self) -> None:
        """Points and line in the theme's colours."""
        color = self.theme.series_color(0)
        self._points.setBrush(pg.mkBrush(color))
        self._points.setPen(cosmetic(blend(color, self.theme.color("raised"), 0.7), 1.0))
        line = cosmetic(self.theme.series_color(1), 1.6)
        self._line.setPen(line)
        said = f"normal, r {self._plot.correlation:.3f}" if self._plot is not None else ""
        self.set_legend([LegendEntry(said, line)] if said else [])

    @Slot()
    def fit(self) -> None:
        """Show all points."""
        if self._plot is not None:
            x, y = self._plot.normal, self._plot.ordered
            self.view.setRange(xRange=(x[0], x[-1]), yRange=(y[0], y[-1]), padding=0.06)

    def read_out(self, at: QPointF) -> str:
        """The nearest point."""
        if self._plot is None:
            return ""
        wide, high = self.view.viewPixelSize()
        x, y = self._plot.normal[self._drawn], self._plot.ordered[self._drawn]
        distance = np.hypot((x - at.x()) / wide, (y - at.y()) / high)
        nearest = int(distance.argmin())
        if distance[nearest] > _REACH:
            return ""
        muted = self.theme.tokens.muted
        expected = self._plot.intercept + self._plot.slope * float(x[nearest])
        rows = (("Residual", float(y[nearest])), ("If normal", expected))
        return f"<table>{''.join(self.html_row(muted, name, f'{value:.5g}') for name, value in rows)}</table>"

    def describe(self) -> str:
        """How close the points are to the line."""
        if self._plot is None:
            return ""
        return f"{len(self._plot.normal):,} residuals; correlation with the normal line {self._plot.correlation:.3f}."

    def data(self) -> pd.DataFrame:
        """Every point."""
        import pandas as pd

        empty = np.empty(0)
        x, y = (empty, empty) if self._plot is None else (self._plot.normal, self._plot.ordered)
        return pd.DataFrame({"normal_quantile": x, "residual": y})
