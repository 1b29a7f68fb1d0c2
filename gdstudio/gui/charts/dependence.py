"""What a model says as one column goes over its values: on average, and for single rows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Slot
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.colors import cosmetic
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.charts.names import shortened
from gdstudio.gui.theme import Theme, blend

if TYPE_CHECKING:
    import pandas as pd

    from gdstudio.evaluation.explain.dependence import Dependence

_LONGEST_NAME = 12
#: More names than these would overlap.
_MOST_NAMES = 12


class DependenceChart(Chart):
    """A wide line for the mean over the rows, thin ones for single rows; ticks below where the rows are."""

    def __init__(
        self,
        theme: Theme,
        title: str = "Dependence",
        *,
        empty: str = "Choose a column to see how the prediction goes with it.",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, title, empty=empty, name=name, parent=parent)
        self._found: Dependence | None = None
        self._output = 0
        self._x: NDArray[np.float64] = np.empty(0)
        self._singles = pg.PlotCurveItem()
        self._mean = pg.PlotCurveItem()
        self._points = pg.ScatterPlotItem(size=8, pen=None)
        self._rug = pg.ScatterPlotItem(size=9, symbol="|")
        for item in (self._singles, self._mean, self._points, self._rug):
            self.plot.addItem(item, ignoreBounds=True)
        self.set_empty(True)

    def set_dependence(self, found: Dependence, output: int, label: str) -> None:
        """Draw one output.

        Args:
            found: As it was computed.
            output: Which class, or 0.
            label: Of the upright axis, e.g. ``"Probability of yes"``.
        """
        self._found, self._output = found, output
        numeric = found.numeric
        self._x = found.grid.astype(np.float64) if numeric else np.arange(len(found.grid), dtype=np.float64)
        step = max(1, -(-len(self._x) // _MOST_NAMES))
        names = [
            (step * i, name) for i, name in enumerate(shortened(list(map(str, found.grid[::step])), _LONGEST_NAME))
        ]
        self.axes["bottom"].setTicks(None if numeric else [names])
        self.set_axis_label("bottom", found.column)
        self.set_axis_label("left", label)
        self.set_title(f"\u200e{label} by {found.column}")
        single = found.individual[:, :, output]
        connected = np.ones(single.shape, dtype=bool)
        connected[:, -1] = False
        self._singles.setData(np.tile(self._x, len(single)), single.ravel(), connect=connected.ravel())
        mean = found.average[:, output]
        self._mean.setData(self._x, mean)
        few = not numeric or len(self._x) < 15
        self._points.setData(self._x if few else [], mean if few else [])
        low, _ = self._range()
        seen = found.observed.astype(np.float64) if numeric else np.empty(0)
        seen = seen[(seen >= self._x[0]) & (seen <= self._x[-1])] if len(self._x) else seen
        self._rug.setData(seen, np.full(len(seen), low))
        self.set_empty(False)
        self.setAccessibleDescription(self.describe())
        self.recolor()
        self.fit()

    def clear(self, sentence: str) -> None:
        """Nothing to draw, and why."""
        self._found = None
        self.set_title("Dependence")
        self.set_legend([])
        self.set_empty(True, sentence)

    def recolor(self) -> None:
        """The mean in full colour, single rows towards the ground."""
        theme = self.theme
        full = theme.series_color(0)
        faint = blend(full, theme.color("raised"), 0.55)
        self._singles.setPen(cosmetic(faint, 1))
        self._mean.setPen(theme.series_pen(0, width=3))
        self._points.setBrush(full)
        self._rug.setPen(cosmetic(theme.color("muted"), 1))
        if self._found is not None:
            count = len(self._found.individual_rows)
            self.set_legend(
                [
                    LegendEntry(f"Mean over {self._found.rows:,} rows", theme.series_pen(0, width=3)),
                    LegendEntry(f"{count} single rows", cosmetic(faint, 1)),
                ]
            )

    def _range(self) -> tuple[float, float]:
        """Of what is drawn, with a little room below for the ticks."""
        assert self._found is not None
        single = self._found.individual[:, :, self._output]
        mean = self._found.average[:, self._output]
        low, high = min(single.min(initial=np.inf), mean.min()), max(single.max(initial=-np.inf), mean.max())
        room = 0.05 * (high - low) or 0.05 * (abs(high) or 1.0)
        return float(low - room), float(high + room)

    @Slot()
    def fit(self) -> None:
        """Show all lines."""
        if self._found is None or not len(self._x):
            return
        low, high = self._range()
        left, right = float(self._x[0]), float(self._x[-1])
        room = 0.03 * (right - left) if self._found.numeric else 0.4
        room = room or 0.5
        self.view.setRange(xRange=(left - room, right + room), yRange=(low - 0.03 * (high - low), high), padding=0)

    def read_out(self, at: QPointF) -> str:
        """The mean at the nearest value."""
        found = self._found
        if found is None or not len(self._x):
            return ""
        place = int(np.abs(self._x - at.x()).argmin())
        value = f"{self._x[place]:.5g}" if found.numeric else str(found.grid[place])
        single = found.individual[:, place, self._output]
        rows = self.html_row(self.theme.series_color(0).name(), "Mean", f"{found.average[place, self._output]:.5g}")
        spread = f"single rows from {single.min():.4g} to {single.max():.4g}" if len(single) else ""
        return f"{escape(found.column)} = <b>{escape(value)}</b><table>{rows}</table>{spread}"

    def describe(self) -> str:
        """From where to where the mean goes."""
        if self._found is None:
            return ""
        mean = self._found.average[:, self._output]
        return f"The mean lies between {mean.min():.4g} and {mean.max():.4g} over {len(mean)} values."

    def data(self) -> pd.DataFrame:
        """A row a value: the mean, and each single row by its number."""
        import pandas as pd

        assert self._found is not None
        frame = pd.DataFrame({"value": self._found.grid, "mean": self._found.average[:, self._output]})
        names = [f"row {row}" for row in self._found.individual_rows]
        return pd.concat([frame, pd.DataFrame(self._found.individual[:, :, self._output].T, columns=names)], axis=1)
