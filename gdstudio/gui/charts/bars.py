"""Named bars from zero to either side, with intervals: importances, contributions."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.colors import cosmetic
from gdstudio.gui.charts.names import shortened
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: More bars than these cannot be read; the data hold them all.
MOST_BARS = 20
_LONGEST_NAME = 22


class BarsChart(Chart):
    """Lying bars, the first at the top; those below zero in another hue, and on the other side of the line.

    Signals:
        chosen(name): A bar was clicked on.
    """

    chosen = Signal(str)

    def __init__(
        self, theme: Theme, title: str = "", *, empty: str = "", name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, title, empty=empty, name=name, parent=parent)
        self._names: tuple[str, ...] = ()
        self._notes: tuple[str, ...] = ()
        self._values: Array = np.empty(0)
        self._ends: tuple[Array, Array] | None = None
        self._caption = title
        self._bars: pg.BarGraphItem | None = None
        self._whiskers = pg.PlotCurveItem(connect="pairs")
        self._zero = pg.InfiniteLine(0, angle=90)
        for item in (self._zero, self._whiskers):
            self.plot.addItem(item, ignoreBounds=True)
        self._whiskers.setZValue(10)
        self.view.invertY(True)
        self.plot.scene().sigMouseClicked.connect(self._clicked)
        self.set_empty(True)

    def set_bars(
        self,
        names: Sequence[str],
        values: Array,
        *,
        ends: tuple[Array, Array] | None = None,
        notes: Sequence[str] = (),
        label: str = "",
    ) -> None:
        """Draw bars in the order given.

        Args:
            names: ``n``.
            values: ``(n,)``.
            ends: ``(n,)`` lower and upper ends of intervals.
            notes: ``n`` texts for the read-out, e.g. what the column holds.
            label: Of the axis of the values.
        """
        self._names, self._values, self._ends = tuple(names), np.asarray(values, dtype=np.float64), ends
        self._notes = tuple(notes)
        shown = min(len(names), MOST_BARS)
        more = f" (the first {shown} of {len(names)})" if shown < len(names) else ""
        self.set_title(f"{self._caption}{more}")
        self.axes["left"].setTicks([list(enumerate(shortened(self._names[:shown], _LONGEST_NAME)))])
        self.set_axis_label("bottom", label)
        self.set_empty(not shown)
        self.setAccessibleDescription(self.describe())
        self.recolor()
        self.fit()

    def clear(self, sentence: str) -> None:
        """Nothing to draw, and why."""
        self.set_bars((), np.empty(0))
        self.set_empty(True, sentence)

    @property
    def _shown(self) -> int:
        return min(len(self._names), MOST_BARS)

    def recolor(self) -> None:
        """Bars in two hues of the theme."""
        self.axes["left"].setGrid(False)
        if self._bars is not None:
            self.plot.removeItem(self._bars)
            self._bars = None
        theme, count = self.theme, self._shown
        self._zero.setPen(cosmetic(theme.color("muted"), 1))
        self._whiskers.setPen(cosmetic(theme.color("text"), 1.4))
        self._whiskers.setData([], [])
        if not count:
            return
        values, places = np.nan_to_num(self._values[:count]), np.arange(count)
        brushes = [theme.series_color(0 if value >= 0 else 1) for value in values]
        self._bars = pg.BarGraphItem(
            x0=np.minimum(values, 0), width=np.abs(values), y=places, height=0.7, brushes=brushes,
            pen=QPen(Qt.PenStyle.NoPen),
        )  # fmt: skip
        self.plot.addItem(self._bars)
        if self._ends is not None:
            low, high = (np.asarray(end[:count]) for end in self._ends)
            known = np.isfinite(low) & np.isfinite(high)
            x, y = np.stack([low, high], axis=1)[known].ravel(), np.repeat(places[known], 2)
            caps = np.repeat(np.concatenate([low[known], high[known]]), 2)
            around = np.repeat(np.concatenate([places[known]] * 2), 2) + np.tile([-0.18, 0.18], 2 * known.sum())
            self._whiskers.setData(np.concatenate([x, caps]), np.concatenate([y, around]))

    @Slot()
    def fit(self) -> None:
        """Show every bar and whisker, from zero."""
        count = self._shown
        if not count:
            return
        reach = [np.nan_to_num(self._values[:count])]
        if self._ends is not None:
            reach += [np.nan_to_num(end[:count]) for end in self._ends]
        low, high = min(0.0, float(np.min(reach))), max(0.0, float(np.max(reach)))
        if low == high:
            low, high = 0.0, 1.0
        room = 0.04 * (high - low)
        left = low - room if low < 0 else 0.0
        self.view.setRange(xRange=(left, high + room), yRange=(-0.6, max(count, 8) - 0.4), padding=0)

    def _at(self, at: QPointF) -> int | None:
        place = round(at.y())
        return place if 0 <= place < self._shown else None

    @Slot(object)
    def _clicked(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self.view.sceneBoundingRect().contains(event.scenePos()):
            return
        place = self._at(self.view.mapSceneToView(event.scenePos()))
        if place is not None:
            self.chosen.emit(self._names[place])

    def read_out(self, at: QPointF) -> str:
        """The bar at that height."""
        place = self._at(at)
        if place is None:
            return ""
        said = f"<b>{escape(self._names[place])}</b>: {self._values[place]:.5g}"
        if self._ends is not None and np.isfinite(self._ends[0][place]):
            said += f"<br>between {self._ends[0][place]:.4g} and {self._ends[1][place]:.4g}"
        return f"{said}<br>{escape(self._notes[place])}" if self._notes else said

    def describe(self) -> str:
        """The longest bars."""
        parts = [f"{name} {value:.3g}" for name, value in zip(self._names[:5], self._values[:5], strict=False)]
        return f"{len(self._names)} bars, the first: {', '.join(parts)}." if parts else ""

    def data(self) -> pd.DataFrame:
        """A row a bar, also of those that are not drawn."""
        import pandas as pd

        frame = pd.DataFrame({"column": self._names, "value": self._values})
        if self._ends is not None:
            frame["low"], frame["high"] = self._ends
        return frame
