"""The surface of a formula with the paths of several optimizers on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from gdstudio.gui.charts.arrows import arrow
from gdstudio.gui.charts.colors import cosmetic
from gdstudio.gui.charts.landscape import LandscapeChart
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.charts.tracks import Track
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Lengths of the arrows in pixels; the numbers say how long they really are.
_GRADIENT_LENGTH, _MOMENTUM_LENGTH = 64.0, 46.0
#: Half of a tangent's length as a share of the picture's width.
_TANGENT = 0.08
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
        momenta: ``(steps + 1, 2)`` what the optimizer remembers of gradients at each point, zero where it remembers
            nothing; None for one that has no such memory.
    """

    name: str
    color: int
    points: Array
    values: Array
    gradients: Array
    momenta: Array | None = None

    def at(self, step: int) -> int:
        """The step that is shown when the race is at ``step``: a descent that has ended stays where it ended."""
        return min(step, len(self.points) - 1)


class DescentChart(LandscapeChart):
    """Paths over contours, or points on a curve with their tangents; a click or a drag places the start.

    From the point of each path a dashed arrow points downhill, against the gradient, and a solid one against the
    momentum, which is where that pushes; a card has their numbers. On a curve there are the tangent and the next step.

    Signals:
        start_chosen(x, y): A person has put the start somewhere else; y is 0 on a curve.
        start_dragged(x, y): The start is being dragged and is here now; start_chosen follows when it is let go.
    """

    start_chosen = Signal(float, float)
    start_dragged = Signal(float, float)

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
        self._start.sigPositionChanged.connect(self._dragging)
        self._start.sigPositionChangeFinished.connect(self._dragged)
        self.plot.addItem(self._start, ignoreBounds=True)
        self._drawn: list[pg.GraphicsObject] = []
        self._arrows: list[pg.GraphicsObject] = []
        self._numbers = QLabel(self.plot, textFormat=Qt.TextFormat.RichText)
        self._numbers.setObjectName("chart.descent.numbers")
        self._numbers.setProperty("role", "readout")
        self._numbers.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._numbers.hide()
        self._annotated = True
        # A click may be the first of two, which fit the map: the start stays where it was until that is known.
        self._click = QTimer(self, singleShot=True)
        self._click.timeout.connect(self._place)
        self._before = (0.0, 0.0)
        self.plot.scene().sigMouseClicked.connect(self._clicked)
        self.view.sigRangeChanged.connect(self._draw_arrows)
        self.view.sigResized.connect(self._draw_arrows)

    @property
    def dragging(self) -> bool:
        """Whether a person holds the start."""
        return bool(self._start.moving)

    def set_annotated(self, annotated: bool) -> None:
        """Show arrows and numbers, or not."""
        self._annotated = annotated
        self._draw_arrows()
        self._show_numbers()

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
        self._draw_walks()
        self._draw_arrows()
        self._show_numbers()

    def _draw_walks(self) -> None:
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
            self._add(self._drawn, *shown)
        self.set_legend(self._legend())
        self.setAccessibleDescription(self.describe())
        self.retraced.emit()

    def tracks(self) -> list[Track]:
        """The descents up to the step that is shown, for a surface of the same map."""
        return [
            Track(p.name, self.theme.series_color(p.color), p.points[: p.at(self._step) + 1][-_MOST_POINTS:])
            for p in self._paths
        ]

    def _legend(self) -> list[LegendEntry]:
        """The paths, and what the arrows are."""
        entries = [LegendEntry(p.name, cosmetic(self.theme.series_color(p.color), 2)) for p in self._paths]
        if not entries or not self._annotated:
            return entries
        dashed, solid = (cosmetic(self.theme.color("text"), 2) for _ in range(2))
        dashed.setStyle(Qt.PenStyle.DashLine)
        if self.is_line:
            return [*entries, LegendEntry("tangent", dashed), LegendEntry("next step", solid)]
        entries.append(LegendEntry("downhill, against the gradient", dashed))
        if any(p.momenta is not None for p in self._paths):
            entries.append(LegendEntry("push of the momentum", solid))
        return entries

    @Slot()
    def _draw_arrows(self) -> None:
        """Where the gradient and the momentum of each path's point would lead; on a curve the tangent and the step."""
        for item in self._arrows:
            self.plot.removeItem(item)
        self._arrows = []
        if not self._annotated:
            return
        for path in self._paths:
            now = path.at(self._step)
            color = self.theme.series_color(path.color)
            if not (np.isfinite(path.points[now]).all() and np.isfinite(path.values[now])):
                continue
            if self.is_line:
                self._add_tangent(path, now, color)
                continue
            self._add_arrow(path.points[now], -path.gradients[now], _GRADIENT_LENGTH, color, dashed=True)
            if path.momenta is not None:
                self._add_arrow(path.points[now], -path.momenta[now], _MOMENTUM_LENGTH, color, dashed=False)

    def _add_arrow(self, start: Array, direction: Array, length: float, color: QColor, *, dashed: bool) -> None:
        made = arrow(self.view, start, direction, length)
        if made is None:
            return
        for line, depth in zip(made, (11, 11.5), strict=True):
            pen, halo = cosmetic(color, 2.5), cosmetic(QColor(255, 255, 255, 220), 5)
            if dashed and line is made[0]:
                pen.setStyle(Qt.PenStyle.DashLine)
            item = pg.PlotCurveItem(line[:, 0], line[:, 1], pen=pen, shadowPen=halo, antialias=True)
            item.setZValue(depth)
            self._add(self._arrows, item)

    def _add_tangent(self, path: Path, now: int, color: QColor) -> None:
        """The tangent, and the step that is taken next: along x by the optimizer, and from there to the curve."""
        (left, right), _ = self.view.viewRange()
        at, value = float(path.points[now, 0]), float(path.values[now])
        x = at + _TANGENT * (right - left) * np.array([-1.0, 1.0])
        pen = cosmetic(color, 2)
        pen.setStyle(Qt.PenStyle.DashLine)
        tangent = pg.PlotCurveItem(x, value + path.gradients[now, 0] * (x - at), pen=pen, antialias=True)
        tangent.setZValue(11)
        self._add(self._arrows, tangent)
        if now + 1 >= len(path.points) or not np.isfinite(path.values[now + 1]):
            return
        after, lower = float(path.points[now + 1, 0]), float(path.values[now + 1])
        step = pg.PlotCurveItem([at, after, after], [value, value, lower], pen=cosmetic(color, 2), antialias=True)
        step.setZValue(11)
        self._add(self._arrows, step)
        pixel = self.view.viewPixelSize()
        made = arrow(self.view, np.array([after, lower]), np.array([0.0, lower - value]), 0.0)
        if made is not None and abs(lower - value) > 12 * pixel[1]:
            head = pg.PlotCurveItem(made[1][:, 0], made[1][:, 1], pen=cosmetic(color, 2), antialias=True)
            head.setZValue(11)
            self._add(self._arrows, head)

    def _add(self, kept: list[pg.GraphicsObject], *items: pg.GraphicsObject) -> None:
        for item in items:
            self.plot.addItem(item, ignoreBounds=True)
            kept.append(item)

    def _show_numbers(self) -> None:
        """The card with each path's numbers at the step that is shown."""
        self._numbers.setVisible(self._annotated and bool(self._paths))
        if self._numbers.isHidden():
            return
        self._numbers.setText(numbers_table(self._paths, self._step, self.theme, self.is_line))
        self._numbers.adjustSize()
        self._place_numbers()

    @Slot()
    def _place_numbers(self) -> None:
        """In the corner where they cover least of the paths and of the lowest points, whatever the step."""
        gap = round(0.4 * self.theme.em)
        shown = self.plot.mapFromScene(self.view.sceneBoundingRect()).boundingRect().adjusted(gap, gap, -gap, -gap)
        marks = [p.points if not self.is_line else np.column_stack([p.points[:, 0], p.values]) for p in self._paths]
        known = np.concatenate([*marks, np.column_stack(self._minima.getData())])
        known = known[np.isfinite(known).all(1)]
        (left, right), (bottom, top) = self.view.viewRange()
        x = shown.left() + (known[:, 0] - left) / (right - left) * shown.width()
        y = shown.top() + (top - known[:, 1]) / (top - bottom) * shown.height()
        wide, high = self._numbers.width(), self._numbers.height()
        corners = [(u, v) for v in (shown.top(), shown.bottom() - high) for u in (shown.right() - wide, shown.left())]
        covered = [int(((x >= u) & (x <= u + wide) & (y >= v) & (y <= v + high)).sum()) for u, v in corners]
        u, v = corners[int(np.argmin(covered))]
        self._numbers.move(max(round(u), 0), round(v))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double click fits the map, and its first click has not moved the start."""
        if event.type() == QEvent.Type.MouseButtonDblClick and self._click.isActive():
            self._click.stop()
            self.set_start(*self._before)
        elif event.type() == QEvent.Type.Resize and watched is self.plot:
            QTimer.singleShot(0, self, self._place_numbers)
        return super().eventFilter(watched, event)

    @Slot(object)
    def _clicked(self, event: Any) -> None:
        if event.double() or event.button() != Qt.MouseButton.LeftButton or not self._values.size:
            return
        if not self.view.sceneBoundingRect().contains(event.scenePos()):
            return  # on an axis
        at: QPointF = self.view.mapSceneToView(event.scenePos())
        if not self._click.isActive():
            self._before = (self._start.pos().x(), self._start.pos().y())
        self.set_start(at.x(), self._before[1] if self.is_line else at.y())
        self._click.start(QApplication.doubleClickInterval())

    @Slot()
    def _place(self) -> None:
        """No second click came: the start is meant."""
        self.start_chosen.emit(*self._held())

    @Slot()
    def _dragging(self) -> None:
        if self.dragging:
            self.start_dragged.emit(*self._held())

    def _held(self) -> tuple[float, float]:
        """Where the start is, to about a pixel: more digits say nothing and are long to read."""
        at, pixel = self._start.pos(), self.view.viewPixelSize()
        x, y = (round(v, max(0, math.ceil(-math.log10(size)))) for v, size in zip((at.x(), at.y()), pixel, strict=True))
        return x, 0.0 if self.is_line else y

    @Slot()
    def _dragged(self) -> None:
        self._place()

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


def numbers_table(paths: Sequence[Path], step: int, theme: Theme, line: bool) -> str:
    """Where each path is, the value and the gradient there, as rich text.

    Args:
        paths: The descents.
        step: The step that is shown.
        theme: Colours.
        line: Whether there is one variable.
    """

    def vector(values: Array) -> str:
        shown = [_short(v) for v in (values[:1] if line else values)]
        return shown[0] if line else f"({', '.join(shown)})"

    muted, momentum = theme.tokens.muted, any(p.momenta is not None for p in paths)
    titles = ["", "at", "f", "slope" if line else "gradient", *([] if line else ["its length"]),
              *(["momentum"] if momentum else [])]  # fmt: skip
    rows = ["".join(f"<td align='right' style='color:{muted}'>&nbsp;&nbsp;{title}</td>" for title in titles)]
    for path in paths:
        now = path.at(step)
        gradient = path.gradients[now]
        cells = [vector(path.points[now]), f"{path.values[now]:.4g}", vector(gradient)]
        if not line:
            cells.append(f"{np.hypot(*gradient):.4g}")
        if momentum:
            cells.append("none" if path.momenta is None else vector(path.momenta[now]))
        color = theme.series_color(path.color).name()
        rows.append(
            f"<td style='color:{color}'>●</td>" + "".join(f"<td align='right'>&nbsp;&nbsp;{c}</td>" for c in cells)
        )
    return f"<table cellspacing='1'>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _short(value: float) -> str:
    """Three digits, two of what is tiny, with a real minus sign, whose width is a digit's."""
    return (f"{value:.3g}" if abs(value) >= 1e-3 else f"{value:.2g}").replace("-", "−")
