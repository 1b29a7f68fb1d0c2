"""What a laboratory found: lines with bars, points, marked places, or a plane in areas."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.colors import cosmetic
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.theme import Theme, blend

if TYPE_CHECKING:
    import pandas as pd

    from gdstudio.labs.picture import Picture, PictureSeries

_SYMBOLS = ("o", "s", "t", "d", "x", "+", "p", "h")
_POINT_SIZE = 9
#: From so many points on they are drawn smaller.
_MANY, _SMALL_SIZE = 200, 5
#: How far the slowest start's colour goes towards black, in either theme.
_SHADE = 0.45
_MARGIN = 0.06


class LabChart(Chart):
    """Draws any :class:`~gdstudio.labs.picture.Picture`."""

    def __init__(self, theme: Theme, *, empty: str = "The answer appears here.", parent: QWidget | None = None) -> None:
        super().__init__(theme, "", empty=empty, name="chart.lab", parent=parent)
        self._picture: Picture | None = None
        self._items: list[pg.GraphicsObject] = []
        self._now = pg.InfiniteLine(angle=90)
        self._now.hide()
        self.plot.addItem(self._now, ignoreBounds=True)
        self.set_empty(True)

    def set_picture(self, picture: Picture) -> None:
        """Draw another one."""
        self._picture = picture
        self.set_title(picture.title)
        self.set_axis_label("bottom", picture.x_label)
        self.set_axis_label("left", picture.y_label)
        self.axes["bottom"].setLogMode(picture.x_log)
        self.axes["left"].setLogMode(picture.y_log)
        self.set_empty(False)
        self.recolor()
        self.fit()

    def clear(self) -> None:
        """Draw nothing."""
        self._picture = None
        self._now.hide()
        self.set_title("")
        self.set_legend([])
        self.recolor()
        self.set_empty(True)

    def set_now(self, x: float) -> None:
        """Mark a place along the horizontal axis, such as the step that is looked at."""
        self._now.setPos(self._x(x))
        self._now.show()

    def recolor(self) -> None:
        """Draw everything in the theme's colours."""
        self._now.setPen(cosmetic(self.theme.color("text"), 1.5))
        for item in self._items:
            self.plot.removeItem(item)
        self._items.clear()
        picture = self._picture
        if picture is None:
            return
        entries: list[LegendEntry] = []
        if picture.regions is not None:
            entries += self._draw_regions()
        for index, series in enumerate(picture.series):
            entries.append(self._draw_series(series, index))
        for number, (x, label) in enumerate(picture.marks):
            styles = (Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
            pen = cosmetic(self.theme.color("text"), 2)
            pen.setStyle(styles[number % len(styles)])
            self._add(pg.InfiniteLine(self._x(x), angle=90, pen=pen))
            entries.append(LegendEntry(f"{label} ({x:.3g})", pen))
        self.set_legend(entries)
        self.setAccessibleDescription(self.describe())

    def _add(self, item: pg.GraphicsObject) -> None:
        self.plot.addItem(item, ignoreBounds=True)
        self._items.append(item)

    def _x(self, value: float) -> float:
        assert self._picture is not None
        return float(np.log10(value)) if self._picture.x_log else value

    def _shown(self, series: PictureSeries) -> list[np.ndarray]:
        """``x``, ``y``, lower and upper ends as they are drawn; on a logarithmic axis only what is above zero."""
        picture = self._picture
        assert picture is not None
        low, high = series.low or series.y, series.high or series.y
        columns = [np.array(list(c), dtype=np.float64) for c in (series.x, series.y, low, high)]
        for column, log in zip(columns, (picture.x_log, *[picture.y_log] * 3), strict=True):
            if log:
                column[~(column > 0)] = np.nan
                np.log10(column, out=column)
        known = np.isfinite(columns[0]) & np.isfinite(columns[1])
        return [column[known] for column in columns]

    def _draw_series(self, series: PictureSeries, index: int) -> LegendEntry:
        x, y, low, high = self._shown(series)
        on_map = self._picture is not None and self._picture.regions is not None
        color = self.theme.color("text") if on_map else self.theme.series_color(index)
        symbol = "star" if on_map else _SYMBOLS[index % len(_SYMBOLS)]
        pen = cosmetic(color, 2)
        if series.low:
            ends = np.isfinite(low) & np.isfinite(high)
            bars = pg.PlotCurveItem(
                np.repeat(x[ends], 2), np.column_stack([low[ends], high[ends]]).ravel(), connect="pairs", pen=pen
            )
            self._add(bars)
        if series.style != "points":
            self._add(pg.PlotCurveItem(x, y, pen=pen, connect="finite"))
        if series.style == "curve":
            return LegendEntry(series.label, pen)
        size = _POINT_SIZE * 2 if on_map else _POINT_SIZE if len(x) < _MANY else _SMALL_SIZE
        rim = cosmetic(self.theme.color("raised"), 1)
        self._add(pg.ScatterPlotItem(x, y, symbol=symbol, size=size, brush=pg.mkBrush(color), pen=rim))
        return LegendEntry(series.label, QPen(color), mark=symbol)

    def _draw_regions(self) -> list[LegendEntry]:
        assert self._picture is not None
        regions = self._picture.regions
        assert regions is not None
        ground, none = self.theme.color("raised"), self.theme.color("muted")
        numbers = np.asarray(regions.numbers)
        colors = [self.theme.series_color(k) for k in range(len(regions.names) - 1)]
        # What has no area has number -1, and so the last colour.
        table = np.array([_channels(c) for c in (*colors, none)])
        share = _SHADE * np.asarray(regions.shades)[..., None] if regions.shades is not None else 0.0
        image = np.rint(table[numbers] * (1 - share)).astype(np.uint8)
        item = pg.ImageItem(image, axisOrder="row-major", levels=None)
        item.setZValue(-10)
        x, y = np.asarray(regions.x), np.asarray(regions.y)
        half_x, half_y = np.ptp(x) / (len(x) - 1) / 2, np.ptp(y) / (len(y) - 1) / 2
        item.setRect(QRectF(x[0] - half_x, y[0] - half_y, np.ptp(x) + 2 * half_x, np.ptp(y) + 2 * half_y))
        self._add(item)
        names = list(regions.names[:-1])[:12]
        entries = [LegendEntry(n, QPen(blend(c, ground, 0.1)), mark="s") for n, c in zip(names, colors, strict=False)]
        if (numbers < 0).any():
            entries.append(LegendEntry(regions.names[-1], QPen(none), mark="s"))
        return entries

    @Slot()
    def fit(self) -> None:
        """Show everything."""
        picture = self._picture
        if picture is None:
            return
        if picture.regions is not None:
            x, y = (np.asarray(v, dtype=float) for v in (picture.regions.x, picture.regions.y))
            self.view.setRange(xRange=(x[0], x[-1]), yRange=(y[0], y[-1]), padding=0)
            return
        xs = [self._x(x) for x, _ in picture.marks]
        ys: list[float] = []
        for series in picture.series:
            x, y, low, high = self._shown(series)
            xs += x.tolist()
            ys += [v for column in (y, low, high) for v in column.tolist() if np.isfinite(v)]
        if xs and ys:
            self.view.setRange(xRange=_wide(xs), yRange=_wide(ys), padding=0)

    def read_out(self, at: QPointF) -> str:
        """The nearest point, or the area under the cursor."""
        picture = self._picture
        if picture is None:
            return ""
        if picture.regions is not None:
            x, y = np.asarray(picture.regions.x), np.asarray(picture.regions.y)
            if not (x[0] <= at.x() <= x[-1] and y[0] <= at.y() <= y[-1]):
                return ""
            number = int(picture.regions.numbers[np.abs(y - at.y()).argmin(), np.abs(x - at.x()).argmin()])
            return f"({at.x():.3g}, {at.y():.3g}) leads to <b>{escape(picture.regions.names[number])}</b>"
        (left, right), (bottom, top) = self.view.viewRange()
        best: tuple[float, str] = (0.0025, "")
        for series in picture.series:
            x, y, _, _ = self._shown(series)
            for px, py in zip(x, y, strict=True):
                distance = ((px - at.x()) / (right - left)) ** 2 + ((py - at.y()) / (top - bottom)) ** 2
                if distance < best[0]:
                    shown = (10**px if picture.x_log else px, 10**py if picture.y_log else py)
                    best = (distance, f"{escape(series.label)}<br><b>{shown[0]:.5g}</b>, <b>{shown[1]:.5g}</b>")
        return best[1]

    def describe(self) -> str:
        """What is drawn, in words."""
        picture = self._picture
        if picture is None:
            return "Nothing is drawn."
        names = [s.label for s in picture.series] + [f"{label} at {x:.4g}" for x, label in picture.marks]
        areas = list(picture.regions.names) if picture.regions is not None else []
        return f"{picture.title}: {picture.y_label} over {picture.x_label}. {'; '.join(names + areas)}."

    def data(self) -> pd.DataFrame:
        """The numbers that are drawn."""
        import pandas as pd

        return pd.DataFrame(self._picture.rows() if self._picture is not None else [])


def _channels(color: QColor) -> np.ndarray:
    return np.array([color.red(), color.green(), color.blue()], dtype=np.float64)


def _wide(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = _MARGIN * (high - low) or 0.1 * abs(high) or 0.5
    return low - margin, high + margin
