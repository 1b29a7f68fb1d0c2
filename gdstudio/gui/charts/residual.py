"""What a regression misses, over what it predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Slot
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.colors import cosmetic
from gdstudio.gui.theme import Theme, blend

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: More points only hide one another, and cost.
_MOST_POINTS = 10_000
_POINT_SIZE = 7
#: Farther from every point than this many pixels the cursor reads none.
_REACH = 24


class ResidualChart(Chart):
    """One point a row; on the line nothing is missed. A good model leaves no pattern."""

    def __init__(
        self,
        theme: Theme,
        title: str = "Residuals",
        *,
        empty: str = "After a run, this shows what each prediction misses.",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, title, empty=empty, name=name, parent=parent)
        self._predicted: Array = np.empty(0)
        self._residual: Array = np.empty(0)
        self._drawn: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._points = pg.ScatterPlotItem(size=_POINT_SIZE)
        self._zero = pg.InfiniteLine(0, angle=0)
        for item in (self._zero, self._points):
            self.plot.addItem(item, ignoreBounds=True)
        self.set_axis_label("bottom", "Prediction")
        self.set_axis_label("left", "Target − prediction")
        self.recolor()
        self.set_empty(True)

    def set_residuals(self, predicted: Array, residual: Array, *, unit: str = "") -> None:
        """Draw one point a row.

        Args:
            predicted: ``(n,)`` in the target's own unit.
            residual: ``(n,)`` target − prediction.
            unit: What is predicted, for the axes.
        """
        self._predicted, self._residual = np.asarray(predicted), np.asarray(residual)
        count = len(self._predicted)
        every = max(1, -(-count // _MOST_POINTS))
        self._drawn = np.arange(0, count, every)
        self._points.setData(self._predicted[self._drawn], self._residual[self._drawn])
        of = f" of {unit}" if unit else ""
        self.set_axis_label("bottom", f"Prediction{of}")
        self.set_axis_label("left", "Target − prediction")
        self.set_title("Residuals" if every == 1 else f"Residuals ({len(self._drawn):,} of {count:,} rows drawn)")
        self.set_empty(not count)
        self.setAccessibleDescription(self.describe())
        self.fit()

    def recolor(self) -> None:
        """Points and line in the theme's colours."""
        color = self.theme.series_color(0)
        self._points.setBrush(pg.mkBrush(color))
        self._points.setPen(cosmetic(blend(color, self.theme.color("raised"), 0.7), 1.0))
        self._zero.setPen(cosmetic(self.theme.series_color(1), 1.6))

    @Slot()
    def fit(self) -> None:
        """Show all points, with the line in the middle."""
        if not len(self._predicted):
            return
        low, high = float(self._predicted.min()), float(self._predicted.max())
        reach = float(np.abs(self._residual).max()) or 1.0
        self.view.setRange(xRange=(low, high if high > low else low + 1.0), yRange=(-reach, reach), padding=0.06)

    def read_out(self, at: QPointF) -> str:
        """The nearest point."""
        if not len(self._drawn):
            return ""
        wide, high = self.view.viewPixelSize()
        x, y = self._predicted[self._drawn], self._residual[self._drawn]
        distance = np.hypot((x - at.x()) / wide, (y - at.y()) / high)
        nearest = int(distance.argmin())
        if distance[nearest] > _REACH:
            return ""
        predicted, missed = float(x[nearest]), float(y[nearest])
        muted = self.theme.tokens.muted
        rows = (("Prediction", predicted), ("Target", predicted + missed), ("Missed by", missed))
        return f"<table>{''.join(self.html_row(muted, name, f'{value:.5g}') for name, value in rows)}</table>"

    def describe(self) -> str:
        """How large the residuals are."""
        if not len(self._residual):
            return ""
        return f"{len(self._residual):,} rows; half of them miss by less than {np.median(np.abs(self._residual)):.4g}."

    def data(self) -> pd.DataFrame:
        """Prediction and residual of every row."""
        import pandas as pd

        return pd.DataFrame({"prediction": self._predicted, "residual": self._residual})
