"""How the values of a column are spread, coloured by the target."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Slot
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.charts.names import shortened
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

_LONGEST_NAME = 18


class DistributionChart(Chart):
    """Stacked bars: the bins of a histogram upright, categories lying so that their names can be read."""

    def __init__(
        self, theme: Theme, title: str = "Distribution", *, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, title, empty="Choose a column.", name=name, parent=parent)
        self._edges: NDArray[np.float64] = np.zeros(0)
        self._names: tuple[str, ...] = ()
        self._groups: tuple[str, ...] = ()
        self._counts: NDArray[np.int64] = np.zeros((0, 0), dtype=np.int64)
        self._bars: list[pg.BarGraphItem] = []
        self.set_empty(True)

    def set_histogram(self, edges: NDArray[np.float64], counts: NDArray[np.int64], groups: Sequence[str]) -> None:
        """Draw ``(g, k)`` counts over bins with ``(k + 1,)`` edges."""
        self._edges, self._names = edges, ()
        self._take(counts, groups)

    def set_bars(self, names: Sequence[str], counts: NDArray[np.int64], groups: Sequence[str]) -> None:
        """Draw ``(g, k)`` counts of ``k`` categories, the first at the top."""
        self._edges, self._names = np.zeros(0), tuple(names)
        self._take(counts, groups)

    def clear(self, sentence: str) -> None:
        """Nothing to draw, and why."""
        self._edges, self._names = np.zeros(0), ()
        self._take(np.zeros((0, 0), dtype=np.int64), ())
        self.set_empty(True, sentence)

    def _take(self, counts: NDArray[np.int64], groups: Sequence[str]) -> None:
        self._counts, self._groups = counts, tuple(groups)
        self.view.invertY(bool(self._names))
        self.axes["left"].setTicks([list(enumerate(shortened(self._names, _LONGEST_NAME)))] if self._names else None)
        self.set_axis_label("bottom" if self._names else "left", "Rows")
        self.set_axis_label("left" if self._names else "bottom", "")
        self.set_empty(not counts.size or not counts.sum())
        self.setAccessibleDescription(self.describe())
        self.recolor()
        self.fit()

    def recolor(self) -> None:
        """Bars in the classes' colours."""
        for bar in self._bars:
            self.plot.removeItem(bar)
        self._bars = []
        base = np.zeros(self._counts.shape[1] if self._counts.size else 0)
        many = len(self._groups) > 1
        for group, counts in enumerate(self._counts):
            color = self.theme.class_color(group) if many else self.theme.series_color(0)
            shape = (
                {"y": np.arange(len(counts)), "x0": base, "width": counts, "height": 0.8}
                if self._names
                else {"x0": self._edges[:-1], "x1": self._edges[1:], "y0": base, "height": counts}
            )
            bar = pg.BarGraphItem(**shape, brush=color, pen=QPen(self.theme.color("raised"), 0))
            self.plot.addItem(bar)
            self._bars.append(bar)
            base = base + counts
        self.set_legend(
            [
                LegendEntry(name, QPen(self.theme.class_color(g), 0.5 * self.theme.em))
                for g, name in enumerate(self._groups)
            ]
            if many
            else []
        )

    @Slot()
    def fit(self) -> None:
        """Show every bar."""
        most = max(float(self._counts.sum(axis=0).max(initial=0)), 1.0) if self._counts.size else 1.0
        if self._names:
            self.view.setRange(xRange=(0, 1.05 * most), yRange=(-0.6, len(self._names) - 0.4), padding=0)
        elif len(self._edges):
            self.view.setRange(xRange=(self._edges[0], self._edges[-1]), yRange=(0, 1.05 * most), padding=0)

    def read_out(self, at: QPointF) -> str:
        """The bar below the cursor."""
        if self._names:
            place = round(at.y())
            head = escape(self._names[place]) if 0 <= place < len(self._names) else ""
        else:
            place = int(np.searchsorted(self._edges, at.x(), side="right")) - 1
            inside = 0 <= place < len(self._edges) - 1
            head = f"{self._edges[place]:.4g} to {self._edges[place + 1]:.4g}" if inside else ""
        if not head or place >= self._counts.shape[1]:
            return ""
        counts = self._counts[:, place]
        rows = [
            self.html_row(self.theme.class_color(g).name(), escape(name), f"{counts[g]:,}")
            for g, name in enumerate(self._groups)
        ]
        return f"<b>{head}</b>: {int(counts.sum()):,} rows<table>{''.join(rows)}</table>"

    def describe(self) -> str:
        """Number of rows and bars."""
        return f"{int(self._counts.sum()):,} rows in {self._counts.shape[-1]} bars." if self._counts.size else ""

    def data(self) -> pd.DataFrame:
        """A row a bar, a column a group."""
        import pandas as pd

        frame = pd.DataFrame(self._counts.T, columns=list(self._groups))
        if self._names:
            frame.insert(0, "value", list(self._names), allow_duplicates=True)
        else:
            frame.insert(0, "from", self._edges[:-1], allow_duplicates=True)
            frame.insert(1, "to", self._edges[1:], allow_duplicates=True)
        return frame
