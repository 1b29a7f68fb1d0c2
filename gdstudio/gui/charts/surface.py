"""A map as a surface that can be turned: the same numbers, the same colours, the paths laid on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEngine, QPainter, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QMenu, QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.charts.relief import COARSE, FINE, Camera, Relief
from gdstudio.gui.charts.relief_painter import ReliefPainter, scale
from gdstudio.gui.charts.tracks import Track, paint_track, placed
from gdstudio.gui.theme import Theme, contrast

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Degrees that a pixel of a drag turns, and that a key turns.
_DRAG_DEGREES, _KEY_DEGREES = 0.4, 6.0
_KEY_ZOOM, _WHEEL_ZOOM = 1.2, 1.0015
#: A grid point is read out when the cursor is at most so many pixels from it.
_NEAR: Final = 24.0
#: What was being turned is drawn finely once it has stood still for so long.
_SETTLE_MILLISECONDS = 160
#: A name in a legend needs at least this contrast of its sample to the ground.
_LEAST_CONTRAST = 1.6


class SurfaceChart(Chart):
    """Heights in a box; a drag turns it, the wheel zooms, and arrow keys, + and − do the same."""

    def __init__(
        self, theme: Theme, title: str = "", *, empty: str = "The surface appears here.", parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, title, empty=empty, name="chart.surface", parent=parent)
        self.camera = Camera()
        self._x = self._y = np.zeros(0)
        self._values = np.zeros((0, 0))
        self._heights = np.zeros((0, 0))
        self._range = (0.0, 1.0)
        self._names = ("x", "y", "Value")
        self._log = False
        self._reliefs: dict[int, Relief] = {}
        self._painters: dict[int, ReliefPainter] = {}
        self._cache: tuple[Any, QPixmap] | None = None
        self._tracks: tuple[Track, ...] = ()
        self._held: QPointF | None = None
        self._still = QTimer(self, singleShot=True, interval=_SETTLE_MILLISECONDS)
        self._still.timeout.connect(self._item_changed)
        for side in self.axes:
            self.plot.getPlotItem().hideAxis(side)
        self._item = _SurfaceItem(self)
        self._item.setParentItem(self.plot.getPlotItem())
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.setAccessibleName("Surface")
        self.plot.setAccessibleDescription("Arrow keys turn the surface, + and − zoom, 0 puts it back.")
        self.setFocusProxy(self.plot)
        self.set_empty(True)

    # -- what is drawn ---------------------------------------------------------------------------------

    def set_surface(
        self,
        x: Array,
        y: Array,
        values: Array,
        heights: Array,
        limits: tuple[float, float],
        names: tuple[str, str, str],
        *,
        log: bool = False,
    ) -> None:
        """Draw values over a rectangle.

        Args:
            x: ``(w,)`` evenly spaced.
            y: ``(h,)``.
            values: ``(h, w)`` as they are read out.
            heights: ``(h, w)`` what heights and colours go by; what is not finite is drawn at the top.
            limits: The heights at the ground and at the top of the box.
            names: Of the two axes and of the values.
            log: Whether heights are decimal logarithms of the values.
        """
        if len(x) < 2 or len(y) < 2:
            self.clear("A curve has no surface.")
            return
        self._x, self._y, self._values, self._heights = x, y, values, heights
        self._range, self._names, self._log = limits, names, log
        low, high = limits
        known = np.nan_to_num(heights, nan=high, posinf=high, neginf=low)
        self._reliefs = {most: Relief(x, y, known, low, high, most) for most in (COARSE, FINE)}
        self.set_empty(False)
        self.recolor()
        self.setAccessibleDescription(self.describe())

    def set_tracks(self, tracks: Sequence[Track], *, named: bool = True) -> None:
        """Lay paths on the surface, the first on top; with their names in the legend unless they are told elsewhere."""
        self._tracks = tuple(tracks)
        ground, muted = self.theme.color("surface"), self.theme.color("muted")
        colors = [t.color if contrast(t.color, ground) > _LEAST_CONTRAST else muted for t in self._tracks]
        shown = [(t, c) for t, c in zip(self._tracks, colors, strict=True) if named and t.name and len(t.points)]
        self.set_legend([LegendEntry(track.name, QPen(color, 2)) for track, color in shown])
        self._item.update()

    def clear(self, sentence: str = "") -> None:
        """Draw nothing, and say why."""
        self._reliefs, self._painters, self._cache = {}, {}, None
        self._values = np.zeros((0, 0))
        self.set_empty(True, sentence)

    def recolor(self) -> None:
        """Surface, box and texts in the theme's colours."""
        if not self._reliefs:
            return
        first, second, up = self._names
        scales = (
            scale(first, float(self._x[0]), float(self._x[-1])),
            scale(second, float(self._y[0]), float(self._y[-1])),
            scale(up, *self._range, log=self._log),
        )
        self._painters = {most: ReliefPainter(r, scales, self.theme) for most, r in self._reliefs.items()}
        self._cache = None
        self._item.update()

    @Slot()
    def _item_changed(self) -> None:
        self._item.update()

    @property
    def _detail(self) -> int:
        """Which of the two reliefs is drawn."""
        return COARSE if self._still.isActive() else FINE

    @Slot()
    def fit(self) -> None:
        """Look from where it is looked at first."""
        self.look(Camera())

    def look(self, camera: Camera) -> None:
        """Look from elsewhere."""
        self.camera = camera
        self.leave()
        self._item.update()

    def make_menu(self) -> QMenu:
        """The context menu, with views."""
        menu = super().make_menu()
        menu.addSeparator()
        for text, camera in (("From above", Camera(0.0, 90.0)), ("From the side", Camera(0.0, 0.0))):
            action = menu.addAction(text)
            action.triggered.connect(lambda checked=False, camera=camera: self.look(camera))
        return menu

    # -- painting --------------------------------------------------------------------------------------

    def _paint(self, painter: QPainter, rect: QRectF) -> None:
        if not self._reliefs:
            return
        painter.setFont(self.font())
        engine = painter.paintEngine()
        if engine is None or engine.type() != QPaintEngine.Type.Raster:
            self._painters[FINE].paint(painter, self.camera, rect)  # a drawing keeps its polygons
        else:
            painter.drawPixmap(rect.topLeft(), self._picture(rect, painter.device().devicePixelRatioF()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for track in reversed(self._tracks):
            paint_track(painter, track, self._reliefs[self._detail], self.camera, rect)
        if self.plot.hasFocus():
            painter.setPen(QPen(self.theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0.5, 0.5, -1.5, -1.5))

    def _picture(self, rect: QRectF, ratio: float) -> QPixmap:
        """The surface without paths: drawn again only when it or the camera is another one."""
        detail = self._detail
        key = (self.camera, rect.width(), rect.height(), ratio, detail)
        if self._cache is None or self._cache[0] != key:
            drawn = QPixmap(round(rect.width() * ratio), round(rect.height() * ratio))
            drawn.setDevicePixelRatio(ratio)
            drawn.fill(Qt.GlobalColor.transparent)
            painter = QPainter(drawn)
            painter.setFont(self.font())
            whole = QRectF(QPointF(0, 0), rect.size())
            self._painters[detail].paint(painter, self.camera, whole, smooth=detail == FINE)
            painter.end()
            self._cache = (key, drawn)
        return self._cache[1]

    # -- turning it ------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Turn, shift and zoom; what is not meant for that goes its usual way."""
        if self._reliefs and self._turn(event):
            return True
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._item.update()
        return super().eventFilter(watched, event)

    def _turn(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(Qt.Key(event.key()))
        if isinstance(event, QWheelEvent):
            self._swing(self.camera.zoomed(_WHEEL_ZOOM ** event.angleDelta().y()))
            return True
        if not isinstance(event, QMouseEvent) or event.type() == QEvent.Type.MouseButtonDblClick:
            return False
        match event.type():
            case QEvent.Type.MouseButtonPress if event.button() != Qt.MouseButton.RightButton:
                self._held = event.position()
                self.plot.setFocus(Qt.FocusReason.MouseFocusReason)
                return True
            case QEvent.Type.MouseMove if self._held is not None:
                moved, self._held = event.position() - self._held, event.position()
                shifts = (
                    event.buttons() & Qt.MouseButton.MiddleButton
                    or event.modifiers() & Qt.KeyboardModifier.ShiftModifier
                )
                if shifts:
                    camera = self.camera.moved(
                        moved.x() / max(self.plot.width(), 1), moved.y() / max(self.plot.height(), 1)
                    )
                else:
                    camera = self.camera.turned(-_DRAG_DEGREES * moved.x(), _DRAG_DEGREES * moved.y())
                self._swing(camera)
                return True
            case QEvent.Type.MouseButtonRelease if self._held is not None:
                self._held = None
                return True
        return False

    def _key(self, key: Qt.Key) -> bool:
        camera, step = self.camera, _KEY_DEGREES
        match key:
            case Qt.Key.Key_Left:
                camera = camera.turned(step, 0)
            case Qt.Key.Key_Right:
                camera = camera.turned(-step, 0)
            case Qt.Key.Key_Up:
                camera = camera.turned(0, step)
            case Qt.Key.Key_Down:
                camera = camera.turned(0, -step)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                camera = camera.zoomed(_KEY_ZOOM)
            case Qt.Key.Key_Minus:
                camera = camera.zoomed(1 / _KEY_ZOOM)
            case Qt.Key.Key_0 | Qt.Key.Key_Home:
                camera = Camera()
            case _:
                return False
        self._swing(camera)
        return True

    def _swing(self, camera: Camera) -> None:
        """Look from elsewhere, coarsely until it stands still."""
        self._still.start()
        self.look(camera)

    # -- words and numbers -----------------------------------------------------------------------------

    def read_out(self, at: QPointF) -> str:
        """The grid point that is drawn nearest to the cursor and not hidden."""
        if not self._reliefs or self._held is not None:
            return ""
        where = self._item.mapFromScene(self.view.mapViewToScene(at))
        relief = self._reliefs[FINE]
        away = np.hypot(*(placed(relief.corners, self.camera, self._item.boundingRect()) - [where.x(), where.y()]).T)
        near = np.argsort(away)[:6]
        near = near[away[near] <= _NEAR]
        lifted = relief.corners[near] + [0.0, 0.0, 0.01]
        near = near[relief.seen(lifted, self.camera)] if len(near) else near
        if not len(near):
            return ""
        row, column = divmod(int(near[0]), len(relief.x))
        x, y = float(relief.x[column]), float(relief.y[row])
        value = float(self._values[np.abs(self._y - y).argmin(), np.abs(self._x - x).argmin()])
        first, second, up = self._names
        muted = self.theme.tokens.muted
        said = f"{value:.4g}" if np.isfinite(value) else "not finite"
        rows = [self.html_row(muted, first, f"{x:.4g}"), self.html_row(muted, second, f"{y:.4g}")]
        return f"<table cellspacing='1'>{''.join(rows)}{self.html_row(self.theme.tokens.accent, up, said)}</table>"

    def describe(self) -> str:
        """Range of the values."""
        known = self._values[np.isfinite(self._values)]
        if not known.size:
            return "No values."
        first, second, up = self._names
        return f"{up} from {known.min():.4g} to {known.max():.4g} over {first} and {second}, as a surface."

    def data(self) -> pd.DataFrame:
        """A row a grid point."""
        import pandas as pd

        if not self._values.size:
            return pd.DataFrame()
        y, x = np.meshgrid(self._y, self._x, indexing="ij")
        return pd.DataFrame({"x": x.ravel(), "y": y.ravel(), self._names[2].lower(): self._values.ravel()})


class _SurfaceItem(pg.GraphicsObject):
    """Covers the plot and lets the chart paint on it."""

    def __init__(self, chart: SurfaceChart) -> None:
        super().__init__()
        self._chart = chart

    def boundingRect(self) -> QRectF:
        """All of the plot."""
        return QRectF(QPointF(0, 0), self._chart.plot.getPlotItem().size())

    def paint(self, painter: QPainter, option: Any, widget: QWidget | None = None) -> None:
        """Paint the surface."""
        self._chart._paint(painter, self.boundingRect())
