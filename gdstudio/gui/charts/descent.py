"""The surface of a formula with the paths of several optimizers on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.colors import cosmetic
from gdstudio.gui.charts.landscape import LandscapeChart
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Length of an arrow as a share of the picture's width.
_ARROW = 0.08
#: A path is drawn with at most so many points; beyond that it covers itself.
_MOST_POINTS = 3_000


@dataclass(frozen=True, eq=False)
class Path:
    """One descent.

    Attributes:
        name: Of the optimizer.
        color: Index of its hue.
        points: ``(steps + 1, 2)``, the start first.
        values: ``(steps + 1,)`` of the function.
        gradients: ``(steps + 1, 2)``.
        moves: ``(steps, 2)`` the steps that were taken.
    """

    name: str
    color: int
    points: Array
    values: Array
    gradients: Array

    def at(self, step: int) -> int:
        """The step that is shown when the race is at ``step``: a descent that has ended stays where it ended."""
        return min(step, len(self.points) - 1)


class DescentChart(LandscapeChart):
    """Paths over contours, or points on a curve with their tangents; a click or a drag places the start.

    Signals:
        start_chosen(x, y): A person has put the start somewhere else; y is 0 on a curve.
    """

    start_chosen = Signal(float, float)

    def __init__(self, theme: Theme, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(theme, title, empty="Choose a function or type a formula.", parent=parent)
        self.setObjectName("chart.descent")
        self._paths: tuple[Path, ...] = ()
        self._step = 0
        self._minima = pg.ScatterPlotItem(symbol="x", size=12)
        self.plot.addItem(self._minima, ignoreBounds=True)
        self._minima.setZValue(5)
        self._start = pg.TargetItem((0, 0), size=16, movable=True, symbol="o")
        self._start.setZValue(20)
        self._start.sigPositionChangeFinished.connect(self._dragged)
        self.plot.addItem(self._start, ignoreBounds=True)
        self._drawn: list[pg.GraphicsObject] = []
        self.plot.scene().sigMouseClicked.connect(self._clicked)

    def set_minima(self, points: Sequence[tuple[float, ...]]) -> None:
        """Mark the known lowest points."""
        pairs = np.array([(p[0], p[1] if len(p) > 1 else np.nan) for p in points]).reshape(-1, 2)
        self._minima.setData(pairs[:, 0], pairs[:, 1])
        self._minima.setPen(cosmetic(QColor(0, 0, 0), 1))
        self._minima.setBrush(pg.mkBrush(255, 255, 255))

    def set_start(self, x: float, y: float) -> None:
        """Show where the descents begin; nothing is emitted."""
        self._start.blockSignals(True)
        self._start.setPos(x, y)
        self._start.blockSignals(False)
        self._start.setPen(cosmetic(QColor(0, 0, 0), 1.5))
        self._start.setBrush(pg.mkBrush(255, 255, 255, 220))

    def set_paths(self, paths: Sequence[Path], step: int) -> None:
        """Draw the descents as they are after a step."""
        self._paths, self._step = tuple(paths), step
        self._draw_paths()

    def show_step(self, step: int) -> None:
        """Draw another step of the same descents."""
        self._step = step
        self._draw_paths()

    def _draw(self) -> None:
        super()._draw()
        if self.is_line:  # the hues are the optimizers'
            self._curve.setPen(cosmetic(self.theme.color("muted"), 2))

    def _draw_path(self) -> None:
        """The base class draws one path; here there are several."""
        if hasattr(self, "_drawn"):
            self._draw_paths()

    def _draw_paths(self) -> None:
        for item in self._drawn:
            self.plot.removeItem(item)
        self._drawn = []
        for path in self._paths:
            now = path.at(self._step)
            first = max(0, now - _MOST_POINTS)
            walked = path.points[first : now + 1]
            if self.is_line:
                walked = np.column_stack([walked[:, 0], path.values[first : now + 1]])
            walked = walked[np.isfinite(walked).all(1)]
            if not len(walked):
                continue
            color = self.theme.series_color(path.color)
            halo = pg.PlotCurveItem(walked[:, 0], walked[:, 1], pen=cosmetic(QColor(255, 255, 255, 150), 4))
            line = pg.PlotCurveItem(walked[:, 0], walked[:, 1], pen=cosmetic(color, 2 if len(walked) < 400 else 1))
            line.opts["antialias"] = len(walked) < 400
            dots = pg.ScatterPlotItem(walked[:-1, 0], walked[:-1, 1], size=5, pen=None, brush=pg.mkBrush(color))
            head = pg.ScatterPlotItem(
                walked[-1:, 0], walked[-1:, 1], size=13, brush=pg.mkBrush(color), pen=cosmetic(QColor("white"), 1.5)
            )
            shown = [halo, line, head] if len(walked) > 400 else [halo, line, dots, head]
            for item, depth in zip(shown, (8, 9, 10, 12), strict=False):
                item.setZValue(depth)
            self._add(*shown)
            self._add_arrow(path, now, color)
        self.set_legend([LegendEntry(p.name, cosmetic(self.theme.series_color(p.color), 2)) for p in self._paths])
        self.setAccessibleDescription(self.describe())

    def _add_arrow(self, path: Path, now: int, color: QColor) -> None:
        """Downhill, against the gradient: on a curve the tangent."""
        point, gradient = path.points[now], path.gradients[now]
        if not (np.isfinite(point).all() and np.isfinite(gradient).all()):
            return
        (left, right), _ = self.view.viewRange()
        reach = _ARROW * (right - left)
        if self.is_line:
            x = np.array([point[0] - reach, point[0] + reach])
            tangent = path.values[now] + gradient[0] * (x - point[0])
            item = pg.PlotCurveItem(x, tangent, pen=cosmetic(color, 1.5), antialias=True)
        else:
            length = float(np.hypot(*gradient))
            if not length:
                return
            tip = point - reach * gradient / length
            pen = cosmetic(QColor("white"), 2)
            pen.setStyle(Qt.PenStyle.DashLine)
            item = pg.PlotCurveItem([point[0], tip[0]], [point[1], tip[1]], pen=pen, antialias=True)
        item.setZValue(11)
        self._add(item)

    def _add(self, *items: pg.GraphicsObject) -> None:
        for item in items:
            self.plot.addItem(item, ignoreBounds=True)
            self._drawn.append(item)

    @Slot(object)
    def _clicked(self, event: Any) -> None:
        if event.double() or event.button() != Qt.MouseButton.LeftButton or not self._values.size:
            return
        if not self.view.sceneBoundingRect().contains(event.scenePos()):
            return  # on an axis
        at: QPointF = self.view.mapSceneToView(event.scenePos())
        self.start_chosen.emit(at.x(), 0.0 if self.is_line else at.y())

    @Slot()
    def _dragged(self) -> None:
        at = self._start.pos()
        self.start_chosen.emit(at.x(), 0.0 if self.is_line else at.y())

    def describe(self) -> str:
        """Where the descents are."""
        said = [f"{p.name}: {p.values[p.at(self._step)]:.4g}" for p in self._paths]
        return f"{super().describe()} After step {self._step}: {'; '.join(said)}." if said else super().describe()

    def data(self) -> pd.DataFrame:
        """A row a step of each descent."""
        import pandas as pd

        frames = [
            pd.DataFrame(
                {"optimizer": p.name, "step": range(len(p.points)), "x": p.points[:, 0], "y": p.points[:, 1],
                 "value": p.values}
            )
            for p in self._paths
        ]  # fmt: skip
        return pd.concat(frames, ignore_index=True) if frames else super().data()
