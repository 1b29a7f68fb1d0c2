"""Curves of classes against the rest: ROC, precision and recall, calibration, gain, lift."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Slot
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.colors import cosmetic
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.theme import PartName, Theme

if TYPE_CHECKING:
    import pandas as pd

    from gdstudio.evaluation.curve_kinds import ClassCurve, CurveKind

Array = NDArray[np.float64]

#: Farther from every point than this many pixels, the cursor reads none.
_REACH = 40
_STYLES: tuple[PartName, ...] = ("train", "validation", "test")
#: Diameters in pixels of a point that stands for few rows, and of one that stands for most of them.
_SMALL, _LARGE = 6.0, 18.0


class ClassCurvesChart(Chart):
    """One curve a class, summed up in the legend, with a guide to compare with and the point of a threshold."""

    def __init__(
        self,
        theme: Theme,
        title: str = "Curves",
        *,
        empty: str = "After a run, this shows how well the probabilities tell the classes apart.",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, title, empty=empty, name=name, parent=parent)
        self._kind: CurveKind | None = None
        self._curves: dict[str, ClassCurve] = {}
        self._drawn: dict[str, NDArray[np.intp]] = {}
        self._items: list[pg.GraphicsObject] = []
        self._dashed: frozenset[str] = frozenset()
        self._guide = pg.PlotCurveItem(antialias=True)
        self._mark = pg.ScatterPlotItem(size=13)
        self._mark.setZValue(20)
        self._line = pg.InfiniteLine(0, angle=90)
        self._line.hide()
        for item in (self._guide, self._line, self._mark):
            self.plot.addItem(item, ignoreBounds=True)
        self.recolor()
        self.set_empty(True)

    def set_curves(
        self, kind: CurveKind, curves: Mapping[str, ClassCurve], *, dashed: frozenset[str] = frozenset()
    ) -> None:
        """Draw the curves of these names; without any, the sentence for the empty place.

        Args:
            kind: What they are.
            curves: Name for the legend → curve. Very long ones are thinned for drawing; a file holds every point.
            dashed: Names of those that are drawn with dashes.
        """
        from gdstudio.evaluation.curve_kinds import thinned

        self._kind, self._curves, self._dashed = kind, dict(curves), dashed
        self._drawn = {name: thinned(curve) for name, curve in curves.items()}
        self.set_title(kind.label)
        self.set_axis_label("bottom", kind.x_label)
        self.set_axis_label("left", kind.y_label)
        self.set_mark(None)
        self._draw()
        self.set_empty(not curves)
        self.setAccessibleDescription(self.describe())
        self.fit()

    def set_mark(self, at: tuple[float, float] | None) -> None:
        """The point of the chosen threshold; None takes it away. Redraws nothing else."""
        self._mark.setData([] if at is None else [at[0]], [] if at is None else [at[1]])

    def set_line(self, x: float | None) -> None:
        """An upright line, e.g. at the chosen threshold where the axis is the probability; None takes it away."""
        self._line.setVisible(x is not None)
        if x is not None:
            self._line.setValue(x)

    def recolor(self) -> None:
        """Curves in the theme's colours."""
        theme = self.theme
        self._mark.setBrush(pg.mkBrush(theme.color("raised")))
        self._mark.setPen(cosmetic(theme.color("text"), 2.4))
        line = cosmetic(theme.color("text"), 1.2)
        line.setStyle(Qt.PenStyle.DashLine)
        self._line.setPen(line)
        self._draw()

    def _draw(self) -> None:
        theme, kind = self.theme, self._kind
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        if kind is None:
            return
        entries = []
        for hue, (name, curve) in enumerate(self._curves.items()):
            # After eight the hues repeat, and the style tells them apart.
            style: PartName = "validation" if name in self._dashed else _STYLES[(hue // 8) % 3]
            pen = theme.series_pen(hue, style, width=2.0)
            at = self._drawn[name]
            x, y = curve.x[at], curve.y[at]
            # Precision is only known where a threshold lies: between two of them it does not run straight.
            steps = "right" if kind.key == "precision_recall" else None
            item = pg.PlotCurveItem(x, y, pen=pen, antialias=True, connect="finite", stepMode=steps)
            self._add(item)
            if curve.counts is not None:
                share = np.sqrt(curve.counts[at] / max(1, curve.counts.max()))
                points = pg.ScatterPlotItem(x, y, size=_SMALL + (_LARGE - _SMALL) * share)
                points.setBrush(pg.mkBrush(theme.series_color(hue)))
                points.setPen(cosmetic(theme.color("raised"), 1.0))
                self._add(points)
            entries.append(LegendEntry(f"{name}, {curve.summary}", pen))
        entries += self._draw_guide(kind)
        self.set_legend(entries)

    def _add(self, item: pg.GraphicsObject) -> None:
        self.plot.addItem(item, ignoreBounds=True)
        self._items.append(item)

    def _draw_guide(self, kind: CurveKind) -> list[LegendEntry]:
        """The diagonal, or the level line where all curves share it."""
        pen = cosmetic(self.theme.color("muted"), 1.2)
        pen.setStyle(Qt.PenStyle.DotLine)
        self._guide.setPen(pen)
        levels = {curve.guessing for curve in self._curves.values()}
        height = next(iter(levels)) if len(levels) == 1 else None
        if not self._curves or (kind.guide == "level" and height is None):
            self._guide.setData([], [])
            return []
        self._guide.setData([0, 1], [0, 1] if height is None else [height, height])
        return [LegendEntry(kind.guide_label, pen)]

    @Slot()
    def fit(self) -> None:
        """Show the unit square, or higher curves whole."""
        highest = max((float(np.nanmax(c.y)) for c in self._curves.values() if len(c.y)), default=1.0)
        self.view.setRange(xRange=(0, 1), yRange=(0, max(1.0, highest)), padding=0.03)

    def read_out(self, at: QPointF) -> str:
        """The nearest point of a curve, with its threshold."""
        kind = self._kind
        wide, high = self.view.viewPixelSize()
        best: tuple[float, str, int] | None = None
        for name, curve in self._curves.items():
            drawn = self._drawn[name]
            distances = np.hypot((curve.x[drawn] - at.x()) / wide, (curve.y[drawn] - at.y()) / high)
            if np.isnan(distances).all():
                continue
            index = int(np.nanargmin(distances))
            if best is None or distances[index] < best[0]:
                best = (float(distances[index]), name, int(drawn[index]))
        if kind is None or best is None or best[0] > _REACH:
            return ""
        _, name, index = best
        curve = self._curves[name]
        color, muted = self.theme.series_color(list(self._curves).index(name)).name(), self.theme.tokens.muted
        height = f"{curve.y[index]:.3g}" if kind.key == "lift" else f"{curve.y[index]:.1%}"
        rows = [
            self.html_row(color, escape(name), curve.summary),
            self.html_row(muted, kind.x_label, f"{curve.x[index]:.1%}"),
            self.html_row(muted, kind.y_label, height),
        ]
        if curve.counts is not None:
            rows.append(self.html_row(muted, "Rows", f"{curve.counts[index]:,}"))
        if curve.thresholds is not None and np.isfinite(curve.thresholds[index]):
            rows.append(self.html_row(muted, "At a probability from", f"{curve.thresholds[index]:.4g}"))
        return f"<table cellspacing='1'>{''.join(rows)}</table>"

    def describe(self) -> str:
        """What sums the curves up."""
        return "; ".join(f"{name}: {curve.summary}" for name, curve in self._curves.items())

    def data(self) -> pd.DataFrame:
        """All points of all curves, below each other."""
        import pandas as pd

        x_name, y_name = ("x", "y") if self._kind is None else self._kind.columns
        frames = []
        for name, curve in self._curves.items():
            columns = {"class": name, x_name: curve.x, y_name: curve.y}
            if curve.thresholds is not None:
                columns["threshold"] = curve.thresholds
            if curve.counts is not None:
                columns["rows"] = curve.counts
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["class", x_name, y_name])
