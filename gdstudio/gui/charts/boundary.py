"""Points of two features, and what a model says over their plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Slot
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.colors import class_image, cosmetic, finer, value_colors, value_image
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.theme import Theme, blend

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Shape by class, so that hue is not needed to tell them apart.
_SYMBOLS = ("o", "s", "t", "d", "p", "h", "star", "t1")
_POINT_SIZE = 8
#: The model is asked at a coarse grid; between its points the picture is interpolated.
_FINER = 4


def between(values: Array) -> Array:
    """The picture's points between those at which the model was asked, ``(h, w, …)`` to ``(4h, 4w, …)``."""
    return finer(values, _FINER)


@dataclass(frozen=True, eq=False)
class _Points:
    """The rows of one part."""

    x: Array
    y: Array
    target: NDArray[Any]


@dataclass(frozen=True, eq=False)
class _Field:
    """What the model says at grid points."""

    x: Array
    y: Array
    values: Array
    fine: Array


class BoundaryChart(Chart):
    """Points by class or value over the predictions of a model, in the features' own units.

    Points of the training part are filled, those of other parts are hollow.

    Args:
        legend: Whether it has a legend of its own.
        point_size: Of a row, in pixels.
    """

    _value_name = "Prediction"

    def __init__(
        self,
        theme: Theme,
        title: str = "Decision boundary",
        *,
        empty: str = "Points of two features are drawn here.",
        name: str = "",
        legend: bool = True,
        point_size: float = _POINT_SIZE,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, title, empty=empty, name=name, parent=parent)
        self._has_legend, self._point_size = legend, point_size
        self._points: dict[str, _Points] = {}
        self._items: list[pg.ScatterPlotItem] = []
        self._field: _Field | None = None
        self._classes: tuple[str, ...] = ()
        self._image = pg.ImageItem(axisOrder="row-major")
        self._image.setZValue(-10)
        self.plot.addItem(self._image, ignoreBounds=True)
        self._image.hide()
        self.set_empty(True)

    def clear(self) -> None:
        """Take everything away."""
        self._points.clear()
        self._field = None
        self._image.hide()
        self._draw_points()
        self.set_empty(True)

    def set_points(self, part: str, x: Array, y: Array, target: NDArray[Any], *, classes: Sequence[str] = ()) -> None:
        """Draw the rows of a part.

        Args:
            part: ``train``, ``validation`` or ``test``; a second call with it replaces the first.
            x: ``(n,)`` the first feature.
            y: ``(n,)`` the second.
            target: ``(n,)`` class names, or values where there are no classes.
            classes: Names of the classes in the order of their colours; none for a regression.
        """
        there = np.isfinite(x) & np.isfinite(y)
        first = not self._points and self._field is None
        self._classes = tuple(classes)
        self._points[part] = _Points(x[there], y[there], np.asarray(target)[there])
        self._draw_points()
        self.set_empty(False)
        if first or self._field is None:
            self.fit()

    def set_field(
        self, x: Array, y: Array, values: Array, *, classes: Sequence[str] = (), fine: Array | None = None
    ) -> None:
        """Draw what the model says.

        Args:
            x: ``(w,)`` grid along the first feature, evenly spaced.
            y: ``(h,)`` grid along the second.
            values: ``(h, w, c)`` probabilities, or ``(h, w)`` values.
            classes: Names of the classes; none for a regression.
            fine: :func:`between` of the values where a background job has made it; it takes ten milliseconds.
        """
        first = self._field is None
        self._classes = tuple(classes)
        values = np.asarray(values, dtype=np.float64)
        self._field = _Field(x, y, values, between(values) if fine is None else fine)
        self._draw_field()
        self.set_empty(False)
        if first:
            self.fit()

    # -- drawing ---------------------------------------------------------------------------------------

    def recolor(self) -> None:
        """Picture and points in the theme's colours."""
        self._draw_field()
        self._draw_points()

    def _value_range(self) -> tuple[float, float]:
        """Of the targets, so that the picture does not change its meaning while a model learns."""
        targets = [np.asarray(p.target, dtype=np.float64) for p in self._points.values() if len(p.target)]
        values = np.concatenate(targets) if targets else self._field.values.ravel() if self._field else np.zeros(1)
        return float(np.nanmin(values)), float(np.nanmax(values))

    def _draw_field(self) -> None:
        field = self._field
        if field is None:
            return
        fine = field.fine
        self._image.setImage(self._picture(fine), autoLevels=False, levels=None)
        wide, high = np.ptp(field.x), np.ptp(field.y)
        half_x, half_y = wide / (2 * fine.shape[1]), high / (2 * fine.shape[0])
        self._image.setRect(QRectF(field.x[0] - half_x, field.y[0] - half_y, wide + 2 * half_x, high + 2 * half_y))
        self._image.show()

    def _picture(self, fine: Array) -> NDArray[np.uint8]:
        """Colours of the model's predictions, ``(h, w, 3)``."""
        if fine.ndim == 3:
            return class_image(fine, self.theme)
        return value_image(fine, *self._value_range(), self.theme)

    def _draw_points(self) -> None:
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        for part, points in self._points.items():
            if self._classes:
                for index, name in enumerate(self._classes):
                    chosen = points.target == name
                    self._add(points.x[chosen], points.y[chosen], self.theme.class_color(index), part, index)
            elif len(points.x):
                self._add_values(points, part)
        self._refresh_legend()

    def _add(self, x: Array, y: Array, color: QColor, part: str, index: int) -> None:
        item = pg.ScatterPlotItem(x, y, size=self._point_size, symbol=_SYMBOLS[index % len(_SYMBOLS)])
        item.setPen(self._edge(color, part))
        item.setBrush(pg.mkBrush(color if part == "train" else self.theme.color("raised")))
        self._place(item)

    def _add_values(self, points: _Points, part: str) -> None:
        colors = value_colors(np.asarray(points.target, dtype=np.float64), *self._value_range())
        item = pg.ScatterPlotItem(points.x, points.y, size=self._point_size, symbol="o" if part == "train" else "d")
        item.setPen(cosmetic(self.theme.color("text"), 0.8))
        item.setBrush([pg.mkBrush(*color) for color in colors])
        self._place(item)

    def _place(self, item: pg.ScatterPlotItem) -> None:
        self.plot.addItem(item, ignoreBounds=True)
        self._items.append(item)

    def _edge(self, color: QColor, part: str) -> QPen:
        """A rim of the ground keeps filled points apart; hollow ones have a rim of their hue."""
        if part == "train":
            return cosmetic(blend(color, self.theme.color("raised"), 0.75), 1.0)
        return cosmetic(color, 1.6)

    @property
    def legend_entries(self) -> list[LegendEntry]:
        """What the points are, for a legend that several charts share."""
        entries = [
            LegendEntry(name, QPen(self.theme.class_color(i)), _SYMBOLS[i % len(_SYMBOLS)])
            for i, name in enumerate(self._classes)
        ]
        muted = QPen(self.theme.color("muted"))
        if len(self._points) > 1:
            for part in self._points:
                shape = "o" if self._classes or part == "train" else "d"
                entries.append(LegendEntry(part, muted, shape, hollow=part != "train" and bool(self._classes)))
        return entries

    def _refresh_legend(self) -> None:
        if self._has_legend:
            self.set_legend(self.legend_entries)
        self.setAccessibleDescription(self.describe())

    @Slot()
    def fit(self) -> None:
        """Show all points and the whole picture."""
        xs = [p.x for p in self._points.values() if len(p.x)] + ([self._field.x] if self._field else [])
        ys = [p.y for p in self._points.values() if len(p.y)] + ([self._field.y] if self._field else [])
        if not xs:
            return
        ranges = [(float(min(a.min() for a in axis)), float(max(a.max() for a in axis))) for axis in (xs, ys)]
        self.view.setRange(xRange=ranges[0], yRange=ranges[1], padding=0.0 if self._field else 0.05)

    # -- reading ---------------------------------------------------------------------------------------

    def read_out(self, at: QPointF) -> str:
        """Where the cursor is, and what the model says there."""
        rows = []
        for side, value in (("bottom", at.x()), ("left", at.y())):
            name = self.axes[side].labelText or side
            rows.append(self.html_row(self.theme.tokens.muted, escape(name), f"{value:.4g}"))
        field = self._field
        if field is not None and field.x[0] <= at.x() <= field.x[-1] and field.y[0] <= at.y() <= field.y[-1]:
            here = field.values[int(np.abs(field.y - at.y()).argmin()), int(np.abs(field.x - at.x()).argmin())]
            if field.values.ndim == 2:
                rows.append(self.html_row(self.theme.tokens.accent, self._value_name, f"{float(here):.4g}"))
            else:
                for index, share in enumerate(here[:8]):
                    name = self._classes[index] if index < len(self._classes) else str(index)
                    rows.append(self.html_row(self.theme.class_color(index).name(), escape(name), f"{share:.1%}"))
        return f"<table cellspacing='1'>{''.join(rows)}</table>"

    def describe(self) -> str:
        """How many points of which parts, and whether a model is drawn."""
        counts = ", ".join(f"{len(p.x):,} {part} points" for part, p in self._points.items())
        return f"{counts or 'No points'}; {'with' if self._field is not None else 'without'} the model's predictions."

    def data(self) -> pd.DataFrame:
        """The points, below each other."""
        import pandas as pd

        x, y = (self.axes[side].labelText or side for side in ("bottom", "left"))
        frames = [pd.DataFrame({"part": n, x: p.x, y: p.y, "target": p.target}) for n, p in self._points.items()]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["part", x, y, "target"])
