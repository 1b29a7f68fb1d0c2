"""The loss over a plane of weights: colours, contours and the path of the optimizer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.color_bar import ColorBar
from gdstudio.gui.charts.colors import cosmetic, finer, value_colors
from gdstudio.gui.charts.routes import Route, Routes
from gdstudio.gui.charts.tracks import Track
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

_LEVELS = 14
#: The picture is drawn with about so many cells a side, whatever the grid.
_CELLS = 400


class LandscapeChart(Chart):
    """A map of values on a grid, lowest dark, with a path on it; a curve where there is one row of values.

    Signals:
        redrawn: The map is another one.
        retraced: The paths on it are.
    """

    redrawn = Signal()
    retraced = Signal()

    def __init__(
        self, theme: Theme, title: str = "", *, empty: str = "The map appears here.", parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, title, empty=empty, name="chart.landscape", parent=parent)
        self._x = self._y = np.zeros(0)
        self._values = np.zeros((0, 0))
        self._measure = "Loss"
        self._log = False
        self._limits = (0.0, 1.0)
        self._fixed: tuple[float, float] | None = None
        self._routes: tuple[Route, ...] = ()
        self._image = pg.ImageItem(axisOrder="row-major")
        self._image.setZValue(-10)
        self._contours = pg.PlotCurveItem(connect="pairs")
        self._curve = pg.PlotCurveItem()
        self._lines = Routes(self.plot)
        for item in (self._image, self._contours, self._curve):
            self.plot.addItem(item, ignoreBounds=True)
        self.bar = ColorBar(self.plot.getPlotItem())
        self.set_empty(True)

    def set_picture(self, x: Array, y: Array, values: Array, *, measure: str = "Loss", log: bool = False) -> None:
        """Draw values on a grid.

        Args:
            x: ``(w,)`` evenly spaced.
            y: ``(h,)``; one for a line.
            values: ``(h, w)``.
            measure: What the values are.
            log: Whether colours and contours go by the values' logarithm.
        """
        moved = len(self._x) < 2 or (x[0], x[-1], y[0], y[-1]) != (
            self._x[0], self._x[-1], self._y[0], self._y[-1]
        )  # fmt: skip
        self._x, self._y, self._values, self._measure, self._log = x, y, values, measure, log
        self.set_empty(False)
        self._draw()
        if moved or self.is_line:
            self.fit()
        self.redrawn.emit()

    def set_routes(self, routes: Sequence[Route]) -> None:
        """Draw where runs went, the first on top."""
        self._routes = tuple(routes)
        self._draw_path()
        self.retraced.emit()

    @property
    def routes(self) -> tuple[Route, ...]:
        """What runs are drawn."""
        return self._routes

    def set_range(self, limits: tuple[float, float] | None) -> None:
        """Let colours and heights go from one value to another, whatever the map holds; None follows the map."""
        self._fixed = limits
        if self._values.size:
            self._draw()
            self.redrawn.emit()

    @property
    def extremes(self) -> tuple[float, float]:
        """The lowest and the highest finite value."""
        known = self._values[np.isfinite(self._values)]
        return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)

    def relief(self) -> dict[str, Any] | None:
        """What a surface of the same map is drawn from; None while there is no map."""
        if not self._values.size or self.is_line:
            return None
        across, up = (self.axes[side].labelText or name for side, name in (("bottom", "x"), ("left", "y")))
        return {
            "x": self._x, "y": self._y, "values": self._values, "heights": self._shown(), "limits": self._limits,
            "names": (across, up, self._measure), "log": self._log,
        }  # fmt: skip

    def tracks(self) -> list[Track]:
        """The paths, for a surface of the same map."""
        return self._lines.tracks(self.theme)

    @property
    def is_line(self) -> bool:
        """Whether a curve is drawn and no map."""
        return len(self._y) == 1

    def _shown(self) -> Array:
        """What colours go by."""
        values = np.where(np.isfinite(self._values), self._values, np.nan)
        if not self._log:
            return values
        positive = values[values > 0]
        # A zero has no logarithm, and lies below everything: it is drawn as the lowest.
        lowest = float(positive.min()) if positive.size else 1.0
        return np.asarray(np.log10(np.maximum(values, lowest)))

    def _range(self, known: Array) -> tuple[float, float]:
        """What the first and the last colour stand for, in what colours go by."""
        if self._fixed is not None and not self._log:
            return self._fixed
        if self._fixed is not None and self._fixed[0] > 0:
            return math.log10(self._fixed[0]), math.log10(self._fixed[1])
        return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)

    def recolor(self) -> None:
        """Map and path in the theme's colours."""
        if self._values.size:
            self._draw()

    def _draw(self) -> None:
        shown, flat = self._shown(), self.is_line
        self._image.setVisible(not flat)
        self._contours.setVisible(not flat)
        self._curve.setVisible(flat)
        if flat:
            self.bar.hide()
            self._curve.setData(self._x, shown[0], pen=cosmetic(self.theme.color("accent"), 2), connect="finite")
        else:
            known = shown[np.isfinite(shown)]
            low, high = self._limits = self._range(known)
            # What is not finite lies above everything: it is drawn as the highest.
            self.bar.show(low, high, self._measure, self._log, self.theme)
            fine = np.nan_to_num(finer(shown, max(1, _CELLS // len(self._x))), nan=high)
            self._image.setImage(value_colors(fine, low, high), autoLevels=False, levels=None)
            self._image.setRect(QRectF(self._x[0], self._y[0], float(np.ptp(self._x)), float(np.ptp(self._y))))
            pieces = [np.zeros((0, 2))]
            if known.size and high > low:
                quantiles = np.unique(np.quantile(known, np.linspace(0, 1, _LEVELS + 2)[1:-1]))
                pieces += [contour(self._x, self._y, shown, float(level)) for level in quantiles]
            ends = np.concatenate(pieces)
            self._contours.setData(ends[:, 0], ends[:, 1], pen=cosmetic(QColor(255, 255, 255, 90), 1))
        self._draw_path()
        self.setAccessibleDescription(self.describe())

    def _draw_path(self) -> None:
        self._lines.draw(() if self.is_line else self._routes, self.theme)
        self.set_legend(self._lines.legend(self.theme))

    @Slot()
    def fit(self) -> None:
        """Show the whole map."""
        if not self._values.size:
            return
        shown = self._shown()
        y = shown[np.isfinite(shown)] if self.is_line else self._y
        if len(y):
            self.view.setRange(
                xRange=(float(self._x[0]), float(self._x[-1])),
                yRange=(float(y.min()), float(y.max())),
                padding=0.05 if self.is_line else 0.0,
            )

    def read_out(self, at: QPointF) -> str:
        """Where the cursor is and the value of the nearest point of the grid."""
        if not self._values.size or not self._x[0] <= at.x() <= self._x[-1]:
            return ""
        row = int(np.abs(self._y - at.y()).argmin())
        value = float(self._values[row, int(np.abs(self._x - at.x()).argmin())])
        color = self.theme.tokens.muted
        rows = [self.html_row(color, "x", f"{at.x():.4g}")]
        if not self.is_line:
            rows.append(self.html_row(color, "y", f"{at.y():.4g}"))
        said = f"{value:.4g}" if np.isfinite(value) else "not finite"
        rows.append(self.html_row(self.theme.tokens.accent, self._measure, said))
        return f"<table cellspacing='1'>{''.join(rows)}</table>"

    def describe(self) -> str:
        """Range of the values."""
        known = self._values[np.isfinite(self._values)]
        if not known.size:
            return "No values."
        return f"{self._measure} from {known.min():.4g} to {known.max():.4g} on {self._values.shape[1]} points a side."

    def data(self) -> pd.DataFrame:
        """A row a grid point."""
        import pandas as pd

        y, x = np.meshgrid(self._y, self._x, indexing="ij")
        return pd.DataFrame({"x": x.ravel(), "y": y.ravel(), self._measure.lower(): self._values.ravel()})


def contour(x: Array, y: Array, values: Array, level: float) -> Array:
    """The line of one value, as segments.

    Marching triangles: each cell is cut along its diagonal, and in a triangle the line is straight. Unlike marching
    squares there are no ambiguous cases.

    Args:
        x: ``(w,)``.
        y: ``(h,)``.
        values: ``(h, w)``; nothing is drawn through what is not finite.
        level: The value.

    Returns:
        ``(2s, 2)`` ends of ``s`` segments, one after the other.
    """
    rows, columns = (i.ravel() for i in np.indices((len(y) - 1, len(x) - 1)))
    corners = [((0, 0), (0, 1), (1, 1)), ((0, 0), (1, 1), (1, 0))]
    segments = []
    for triangle in corners:
        r = np.stack([rows + dr for dr, _ in triangle])
        c = np.stack([columns + dc for _, dc in triangle])
        above = values[r, c] - level
        crossed = np.isfinite(above).all(0) & ((above >= 0).any(0) & (above < 0).any(0))
        r, c, above = r[:, crossed], c[:, crossed], above[:, crossed]
        # The corner that lies alone on its side: both of its edges are crossed.
        high = above >= 0
        alone = np.where(high.sum(0) == 1, high.argmax(0), (~high).argmax(0))
        each = np.arange(len(alone))
        for step in (1, 2):
            other = (alone + step) % 3
            a, b = above[alone, each], above[other, each]
            share = a / (a - b)
            ends = [
                grid[index[alone, each]] * (1 - share) + grid[index[other, each]] * share
                for grid, index in ((x, c), (y, r))
            ]
            segments.append(np.column_stack(ends))
    if not segments:
        return np.zeros((0, 2))
    return np.concatenate(
        [np.stack([segments[i], segments[i + 1]], 1).reshape(-1, 2) for i in range(0, len(segments), 2)]
    )
