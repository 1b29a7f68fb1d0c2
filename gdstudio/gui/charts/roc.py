"""ROC curves: what share of a class is found, against what share of the others is taken for it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Slot
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.colors import cosmetic
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Farther from every curve than this, as a share of the axes, the cursor reads none.
_REACH = 0.08


class Curve(Protocol):
    """A ROC curve; :class:`gdstudio.evaluation.curves.RocCurve` is one."""

    @property
    def false_positive_rate(self) -> Array: ...  # noqa: D102
    @property
    def true_positive_rate(self) -> Array: ...  # noqa: D102
    @property
    def thresholds(self) -> Array: ...  # noqa: D102
    @property
    def area(self) -> float: ...  # noqa: D102


class RocChart(Chart):
    """One curve a class, with its area in the legend; the diagonal is guessing."""

    def __init__(
        self,
        theme: Theme,
        title: str = "ROC curve",
        *,
        empty: str = "After a run, this shows how well the probabilities tell the classes apart.",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, title, empty=empty, name=name, parent=parent)
        self._curves: dict[str, Curve] = {}
        self._items: list[pg.PlotCurveItem] = []
        self._diagonal = pg.PlotCurveItem([0, 1], [0, 1], antialias=True)
        self.plot.addItem(self._diagonal, ignoreBounds=True)
        self.set_axis_label("bottom", "False positive rate")
        self.set_axis_label("left", "True positive rate")
        self.recolor()
        self.set_empty(True)

    def set_curves(self, curves: Mapping[str, Curve]) -> None:
        """Draw the curves of these classes; without any, the sentence for the empty place."""
        self._curves = dict(curves)
        self.recolor()
        self.set_empty(not curves)
        self.setAccessibleDescription(self.describe())
        self.fit()

    def recolor(self) -> None:
        """Curves in the theme's colours."""
        theme = self.theme
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        entries = []
        for index, (name, curve) in enumerate(self._curves.items()):
            # After eight the hues repeat, and the style tells them apart.
            pen = theme.series_pen(index, ("train", "validation", "test")[(index // 8) % 3], width=2.0)
            item = pg.PlotCurveItem(curve.false_positive_rate, curve.true_positive_rate, pen=pen, antialias=True)
            self.plot.addItem(item, ignoreBounds=True)
            self._items.append(item)
            entries.append(LegendEntry(f"{name}, AUC {curve.area:.3f}", pen))
        guess = cosmetic(theme.color("muted"), 1.2)
        guess.setStyle(Qt.PenStyle.DotLine)
        self._diagonal.setPen(guess)
        if entries:
            entries.append(LegendEntry("guessing", guess))
        self.set_legend(entries)

    @Slot()
    def fit(self) -> None:
        """Show the unit square."""
        self.view.setRange(xRange=(0, 1), yRange=(0, 1), padding=0.03)

    def read_out(self, at: QPointF) -> str:
        """The nearest point of a curve, with its threshold."""
        best: tuple[float, int, str, int] | None = None
        for number, (name, curve) in enumerate(self._curves.items()):
            distances = np.hypot(curve.false_positive_rate - at.x(), curve.true_positive_rate - at.y())
            index = int(distances.argmin())
            if best is None or distances[index] < best[0]:
                best = (float(distances[index]), number, name, index)
        if best is None or best[0] > _REACH:
            return ""
        _, number, name, index = best
        curve = self._curves[name]
        color, muted = self.theme.series_color(number).name(), self.theme.tokens.muted
        rows = [
            self.html_row(color, escape(name), f"AUC {curve.area:.4f}"),
            self.html_row(muted, "Found (true positive rate)", f"{curve.true_positive_rate[index]:.1%}"),
            self.html_row(muted, "False alarms (false positive rate)", f"{curve.false_positive_rate[index]:.1%}"),
        ]
        if np.isfinite(curve.thresholds[index]):
            rows.append(self.html_row(muted, "At a probability from", f"{curve.thresholds[index]:.4g}"))
        return f"<table cellspacing='1'>{''.join(rows)}</table>"

    def describe(self) -> str:
        """The areas."""
        return "; ".join(f"{name}: area {curve.area:.3f}" for name, curve in self._curves.items())

    def data(self) -> pd.DataFrame:
        """All points of all curves, below each other."""
        import pandas as pd

        columns = ["class", "false_positive_rate", "true_positive_rate", "threshold"]
        frames = [
            pd.DataFrame(
                dict(zip(columns, (n, c.false_positive_rate, c.true_positive_rate, c.thresholds), strict=True))
            )
            for n, c in self._curves.items()
        ]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
