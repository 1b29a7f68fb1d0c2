"""Drawing a relief with its box, axes and paths, by a plain painter: no graphics driver is needed for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen

from gdstudio.gui.charts.axes import log_ticks, power_text, tick_texts
from gdstudio.gui.charts.colors import value_colors
from gdstudio.gui.charts.relief import HEIGHT, Camera, Relief
from gdstudio.gui.theme import Theme

Array = NDArray[np.float64]

#: Steps of the colour scale, and of the light on each colour.
_COLORS: Final = 96
_SHADES: Final = 7
_DIMMEST, _BRIGHTEST = 0.80, 1.06
_MESH: Final = 0.86
_LIGHT: Final = np.array([-0.35, -0.55, 0.76])
#: Ticks stand off their edge by so much of the box, and names farther out.
_TICK_GAP, _NAME_GAP = 0.04, 0.15
_TICKS: Final = 5


@dataclass(frozen=True)
class Scale:
    """One axis of the box.

    Attributes:
        name: With its unit.
        ticks: Shares of the edge's length, 0 … 1.
        texts: What stands at each.
    """

    name: str
    ticks: tuple[float, ...]
    texts: tuple[str, ...]


def scale(name: str, low: float, high: float, *, log: bool = False) -> Scale:
    """Round values between two ends.

    Args:
        name: Of the axis.
        low: Value at its beginning; with ``log`` the decimal logarithm.
        high: Value at its end.
        log: Whether texts name powers of ten.
    """
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return Scale(name, (0.0,), (tick_texts([low], 1.0)[0] if not log else power_text(low),))
    if log:
        values = np.array(log_ticks(low, high, 45.0 * _TICKS)[0][1])
        texts = [power_text(v) for v in values]
    else:
        rough = span / _TICKS
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= rough * (1 - 1e-9))
        values = np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1) * step
        texts = tick_texts(values.tolist(), step)
    return Scale(name, tuple(((values - low) / span).tolist()), tuple(texts))


class ReliefPainter:
    """Draws one relief from wherever the camera is; brushes and pens are made once."""

    def __init__(self, relief: Relief, scales: tuple[Scale, Scale, Scale], theme: Theme) -> None:
        self._relief, self._scales, self._theme = relief, scales, theme
        colors = value_colors(np.linspace(0, 1, _COLORS), 0.0, 1.0).astype(float)
        factors = np.linspace(_DIMMEST, _BRIGHTEST, _SHADES)
        shaded = np.clip(colors[:, None] * factors[:, None], 0, 255)
        mesh = np.clip(shaded * _MESH, 0, 255)
        self._brushes = [QBrush(QColor(*c)) for c in shaded.reshape(-1, 3).astype(int).tolist()]
        self._pens = [QPen(QColor(*c), 0) for c in mesh.reshape(-1, 3).astype(int).tolist()]
        light = (relief.normals @ (_LIGHT / np.linalg.norm(_LIGHT))).clip(0, 1)
        shade = np.rint(light * (_SHADES - 1)).astype(int)
        self._looks = np.rint(relief.cell_shares * (_COLORS - 1)).astype(int) * _SHADES + shade

    def paint(self, painter: QPainter, camera: Camera, rect: QRectF, *, smooth: bool = True) -> None:
        """Draw box, axes and surface.

        Args:
            painter: On anything.
            camera: From where.
            rect: Where to.
            smooth: Whether edges are smoothed, which takes twice as long.
        """
        painter.save()
        painter.setClipRect(rect)
        painter.translate(rect.topLeft())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self._paint_box(painter, camera, rect.width(), rect.height())
        # Before the surface, which may hide a text that stands behind it.
        self._paint_texts(painter, camera, rect.width(), rect.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
        self._paint_cells(painter, camera, rect.width(), rect.height())
        painter.restore()

    def _paint_cells(self, painter: QPainter, camera: Camera, width: float, height: float) -> None:
        relief = self._relief
        order = relief.back_to_front(camera)
        places = camera.project(relief.corners, width, height)[relief.cells[order]]
        flat = arrayToQPolygonF(places[:, :, 0].ravel(), places[:, :, 1].ravel()).toList()
        brushes, pens = self._brushes, self._pens
        last = -1
        for number, look in enumerate(self._looks[order].tolist()):
            if look != last:
                painter.setBrush(brushes[look])
                painter.setPen(pens[look])
                last = look
            painter.drawConvexPolygon(flat[4 * number : 4 * number + 4])

    # -- the box ---------------------------------------------------------------------------------------

    def _paint_box(self, painter: QPainter, camera: Camera, width: float, height: float) -> None:
        """The ground and the two walls behind, with lines at the ticks."""
        far_x, far_y = _far_sides(camera)
        low, high = -HEIGHT / 2, HEIGHT / 2
        at_x, at_y, at_z = (np.array(s.ticks) for s in self._scales)
        lines: list[tuple[tuple[float, float, float], tuple[float, float, float]]] = []
        for x in (at_x - 0.5).tolist():
            lines += [((x, -0.5, low), (x, 0.5, low)), ((x, far_y, low), (x, far_y, high))]
        for y in (at_y - 0.5).tolist():
            lines += [((-0.5, y, low), (0.5, y, low)), ((far_x, y, low), (far_x, y, high))]
        for z in ((at_z - 0.5) * HEIGHT).tolist():
            lines += [((far_x, -0.5, z), (far_x, 0.5, z)), ((-0.5, far_y, z), (0.5, far_y, z))]
        painter.setPen(_pen(self._theme.color("grid"), 1))
        self._draw_lines(painter, camera, lines, width, height)
        edges: list[tuple[tuple[float, float, float], tuple[float, float, float]]] = []
        for side in (-0.5, 0.5):
            edges += [((side, -0.5, low), (side, 0.5, low)), ((-0.5, side, low), (0.5, side, low))]
            edges += [((far_x, side, low), (far_x, side, high)), ((side, far_y, low), (side, far_y, high))]
        edges += [((far_x, -0.5, high), (far_x, 0.5, high)), ((-0.5, far_y, high), (0.5, far_y, high))]
        painter.setPen(_pen(self._theme.color("line"), 1))
        self._draw_lines(painter, camera, edges, width, height)

    @staticmethod
    def _draw_lines(
        painter: QPainter,
        camera: Camera,
        lines: list[tuple[tuple[float, float, float], tuple[float, float, float]]],
        width: float,
        height: float,
    ) -> None:
        ends = camera.project(np.array(lines).reshape(-1, 3), width, height).tolist()
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            painter.drawLine(QPointF(*start), QPointF(*end))

    def _paint_texts(self, painter: QPainter, camera: Camera, width: float, height: float) -> None:
        """Ticks and names beside the nearest edges; a text that would lie on another one is left out."""
        metrics = QFontMetricsF(painter.font())
        far_x, far_y = _far_sides(camera)
        low = -HEIGHT / 2
        taken: list[QRectF] = []
        first, second, up = self._scales
        reach = 1 + 2 * _TICK_GAP
        names = 1 + 2 * _NAME_GAP

        middle = camera.project(np.array([[0.0, 0.0, low]]), width, height)[0]

        def put(text: str, point: tuple[float, float, float], token: str) -> None:
            at = camera.project(np.array([point]), width, height)[0]
            away = (at - middle) / max(float(np.hypot(*(at - middle))), 1.0)
            box = metrics.boundingRect(text).adjusted(-2, 0, 2, 0)
            # Outwards by half of its size, so that a long text does not reach into the box.
            at = at + away * [box.width() / 2, box.height() / 2]
            box.moveCenter(QPointF(*at.tolist()))
            # A text at the rim is worth moving into the picture; one that is zoomed out of sight is not.
            if -box.width() < box.left() and box.right() < width + box.width():
                box.moveLeft(min(max(box.left(), 0.0), max(width - box.width(), 0.0)))
                box.moveBottom(min(box.bottom(), height))
            if any(box.intersects(other) for other in taken):
                return
            taken.append(box)
            painter.setPen(self._theme.color(token))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

        # Names first: a tick more or less can be spared.
        put(first.name, (0.0, -far_y * names, low), "text")
        put(second.name, (-far_x * names, 0.0, low), "text")
        for share, text in zip(first.ticks, first.texts, strict=True):
            put(text, (share - 0.5, -far_y * reach, low), "muted")
        for share, text in zip(second.ticks, second.texts, strict=True):
            put(text, (-far_x * reach, share - 0.5, low), "muted")
        if camera.elevation > 80:  # from above a height has no length
            return
        corners = np.array([(far_x, -far_y, 0.0), (-far_x, far_y, 0.0)])
        left = corners[int(camera.project(corners, width, height)[:, 0].argmin())]
        for share, text in zip(up.ticks, up.texts, strict=True):
            put(text, (left[0] * reach, left[1] * reach, (share - 0.5) * HEIGHT), "muted")
        put(up.name, (left[0], left[1], HEIGHT / 2 + 3.5 * _TICK_GAP), "text")


def _far_sides(camera: Camera) -> tuple[float, float]:
    """At which x and at which y the walls are that stand behind."""
    ahead = camera.forward
    return math.copysign(0.5, ahead[0]), math.copysign(0.5, ahead[1])


def _pen(color: QColor, width: float) -> QPen:
    pen = QPen(color, width)
    pen.setCosmetic(True)
    return pen
