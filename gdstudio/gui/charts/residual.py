"""What a regression misses, over what it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Slot
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.colors import cosmetic
from gdstudio.gui.charts.names import shortened
from gdstudio.gui.theme import Theme, blend

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: More points only hide one another, and cost.
_MOST_POINTS = 10_000
_POINT_SIZE = 7
#: How far beside the place of their category points are spread.
_SPREAD = 0.5
_LONGEST_NAME = 14
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
        self._x: Array = np.empty(0)
        self._against = "Prediction"
        self._names: tuple[str, ...] = ()
        self._half_width: float | None = None
        self._drawn: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._points = pg.ScatterPlotItem(size=_POINT_SIZE)
        self._zero = pg.InfiniteLine(0, angle=0)
        self._ends = (pg.InfiniteLine(0, angle=0), pg.InfiniteLine(0, angle=0))
        for line in self._ends:
            line.hide()
        for item in (self._zero, *self._ends, self._points):
            self.plot.addItem(item, ignoreBounds=True)
        self.set_axis_label("bottom", "Prediction")
        self.set_axis_label("left", "Target − prediction")
        self.recolor()
        self.set_empty(True)

    def set_residuals(
        self,
        predicted: Array,
        residual: Array,
        *,
        unit: str = "",
        against: tuple[str, Array] | None = None,
        names: Sequence[str] = (),
        half_width: float | None = None,
    ) -> None:
        """Draw one point a row.

        Args:
            predicted: ``(n,)`` in the target's own unit.
            residual: ``(n,)`` target − prediction.
            unit: What is predicted, for the axes.
            against: Name and ``(n,)`` values of what lies along the axis; the prediction when None. A row without a
                value is not drawn.
            names: For categories, what stands at 0, 1, 2, … of the axis; points are spread beside their place.
            half_width: Half the width of the prediction interval, which is drawn as two lines; None for none.
        """
        self._predicted, self._residual = np.asarray(predicted), np.asarray(residual)
        of = f" of {unit}" if unit else ""
        self._against, values = against or (f"Prediction{of}", self._predicted)
        self._x, self._names, self._half_width = np.asarray(values, dtype=np.float64), tuple(names), half_width
        known = np.flatnonzero(np.isfinite(self._x))
        every = max(1, -(-len(known) // _MOST_POINTS))
        self._drawn = known[::every]
        # The golden ratio's multiples fill the unit interval evenly, and are the same at every look.
        spread = (self._drawn * 0.6180339887 % 1 - 0.5) * _SPREAD if names else 0.0
        self._points.setData(self._x[self._drawn] + spread, self._residual[self._drawn])
        self.axes["bottom"].setTicks([list(enumerate(shortened(names, _LONGEST_NAME)))] if names else None)
        self.set_axis_label("bottom", self._against)
        self.set_axis_label("left", "Target − prediction")
        for line, place in zip(self._ends, (-1, 1), strict=True):
            line.setVisible(half_width is not None)
            line.setValue(place * (half_width or 0.0))
        count = len(self._x)
        self.set_title(
            "Residuals" if len(self._drawn) == count else f"Residuals ({len(self._drawn):,} of {count:,} rows drawn)"
        )
        self.set_empty(not len(known))
        self.setAccessibleDescription(self.describe())
        self.fit()

    def recolor(self) -> None:
        """Points and line in the theme's colours."""
        color = self.theme.series_color(0)
        self._points.setBrush(pg.mkBrush(color))
        self._points.setPen(cosmetic(blend(color, self.theme.color("raised"), 0.7), 1.0))
        self._zero.setPen(cosmetic(self.theme.series_color(1), 1.6))
        pen = cosmetic(self.theme.color("muted"), 1.6)
        pen.setStyle(Qt.PenStyle.DashLine)
        for line in self._ends:
            line.setPen(pen)

    @Slot()
    def fit(self) -> None:
        """Show all points, with the line in the middle."""
        if not len(self._drawn):
            return
        drawn = self._x[self._drawn]
        low, high = float(drawn.min()), float(drawn.max())
        if self._names:
            low, high = -0.5, len(self._names) - 0.5
        reach = max(float(np.abs(self._residual).max()), self._half_width or 0.0) or 1.0
        self.view.setRange(xRange=(low, high if high > low else low + 1.0), yRange=(-reach, reach), padding=0.06)

    def read_out(self, at: QPointF) -> str:
        """The nearest point."""
        if not len(self._drawn):
            return ""
        wide, high = self.view.viewPixelSize()
        x, y = self._points.getData()
        distance = np.hypot((x - at.x()) / wide, (y - at.y()) / high)
        nearest = int(distance.argmin())
        if distance[nearest] > _REACH:
            return ""
        row = self._drawn[nearest]
        predicted, missed = float(self._predicted[row]), float(self._residual[row])
        muted = self.theme.tokens.muted
        values = {"Prediction": predicted, "Target": predicted + missed, "Missed by": missed}
        rows = [(name, f"{value:.5g}") for name, value in values.items()]
        if self._x is not self._predicted:
            value = self._names[int(self._x[row])] if self._names else f"{self._x[row]:.5g}"
            rows.insert(0, (escape(self._against), escape(value)))
        return f"<table>{''.join(self.html_row(muted, *pair) for pair in rows)}</table>"

    def describe(self) -> str:
        """How large the residuals are."""
        if not len(self._residual):
            return ""
        return f"{len(self._residual):,} rows; half of them miss by less than {np.median(np.abs(self._residual)):.4g}."

    def data(self) -> pd.DataFrame:
        """Prediction and residual of every row, after what lies along the axis where that is something else."""
        import pandas as pd

        columns: dict[str, Any] = {"prediction": self._predicted, "residual": self._residual}
        if self._x is not self._predicted:
            named = [self._names[int(x)] if np.isfinite(x) else None for x in self._x] if self._names else self._x
            columns = {self._against: named, **columns}
        return pd.DataFrame(columns)
