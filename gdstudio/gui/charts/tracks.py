"""Paths laid on a relief: a line where they are seen, dots where a hill hides them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform

from gdstudio.gui.charts.relief import Camera, Relief

Array = NDArray[np.float64]

_RIM_WIDTH: Final = 1.6
#: How much of a colour is left behind a hill.
_HIDDEN_ALPHA, _HIDDEN_OPACITY = 110, 0.45
_START_SIZE, _STAR_SIZE, _DISC_SIZE = 8.0, 16.0, 12.0
#: Colours darker than this get a light rim.
_DARKER: Final = 0.75
_STAR: Final = QColor("#d55e00")


@dataclass(frozen=True, eq=False)
class Track:
    """A path over the map.

    Attributes:
        name: In the legend.
        color: Of the line.
        points: ``(m, 2)`` oldest first, the last being where it is now.
        width: Of the line in pixels.
        star: Whether the last point is a star, as for the end of a run, or a disc.
    """

    name: str
    color: QColor
    points: Array
    width: float = 2.0
    star: bool = False


def paint_track(painter: QPainter, track: Track, relief: Relief, camera: Camera, rect: QRectF) -> None:
    """Draw one path.

    Args:
        painter: On anything.
        track: The path.
        relief: That it is laid on.
        camera: From where it is looked at.
        rect: Where the relief is drawn.
    """
    if not len(track.points):
        return
    laid = relief.laid(track.points)
    at = placed(laid, camera, rect)
    kept = _apart(at)
    laid, at = laid[kept], at[kept]
    seen = relief.seen(laid, camera)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    faint = QColor(track.color)
    faint.setAlpha(_HIDDEN_ALPHA)
    painter.setPen(QPen(faint, max(track.width / 2, 1.0), Qt.PenStyle.DotLine))
    for piece in polylines(at, ~seen):
        painter.drawPolyline(piece)
    # A line that comes into sight begins at its last hidden point, so that it has no gap there.
    visible = seen | np.append(seen[1:], False)
    for color, width in ((rim(track.color), track.width + _RIM_WIDTH), (track.color, track.width)):
        pen = QPen(color, width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        for piece in polylines(at, visible):
            painter.drawPolyline(piece)
    _paint_ends(painter, track, at[[0, -1]], seen[[0, -1]])


def _paint_ends(painter: QPainter, track: Track, ends: Array, seen: NDArray[np.bool_]) -> None:
    """A square where it began and a disc or star where it is now; paler behind a hill."""
    for number, (place, visible) in enumerate(zip(ends.tolist(), seen.tolist(), strict=True)):
        if not np.isfinite(place).all():
            continue
        painter.setOpacity(1.0 if visible else _HIDDEN_OPACITY)
        painter.setPen(QPen(QColor(0, 0, 0, 200) if number == 0 or track.star else rim(track.color), 1.5))
        if number == 0 and len(track.points) > 1:
            painter.setBrush(QColor("white"))
            painter.drawRect(QRectF(place[0] - _START_SIZE / 2, place[1] - _START_SIZE / 2, _START_SIZE, _START_SIZE))
        elif number == 1:
            size = _STAR_SIZE if track.star else _DISC_SIZE
            painter.setBrush(_STAR if track.star else track.color)
            shape = QTransform.fromTranslate(*place).scale(size, size).map(Symbols["star" if track.star else "o"])
            painter.drawPath(shape)
    painter.setOpacity(1.0)


def rim(color: QColor) -> QColor:
    """What a line is edged with, so that it is seen on every colour: light around a dark one, dark around a light."""
    light = color.lightnessF() < _DARKER
    return QColor(255, 255, 255, 210) if light else QColor(0, 0, 0, 150)


def placed(points: Array, camera: Camera, rect: QRectF) -> Array:
    """Points ``(n, 3)`` of the box as pixels ``(n, 2)`` of a rectangle."""
    corner = np.array([rect.left(), rect.top()])
    return np.asarray(camera.project(points, rect.width(), rect.height()) + corner)


def _apart(places: Array) -> NDArray[np.intp]:
    """Which points are in another square of two pixels than the one before, and the last: the others cover these."""
    squares = np.nan_to_num(places, nan=-1e6) // 2
    kept = np.ones(len(places), dtype=bool)
    kept[1:] = (np.diff(squares, axis=0) != 0).any(1)
    kept[-1] = True
    return np.flatnonzero(kept)


def polylines(places: Array, shown: NDArray[np.bool_]) -> list[QPolygonF]:
    """Pieces of a line between points ``(m, 2)`` whose both ends are shown."""
    whole = shown & np.isfinite(places).all(1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], whole, [False]]).astype(np.int8)))
    pieces = []
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if stop - start > 1:
            pieces.append(QPolygonF([QPointF(x, y) for x, y in places[start:stop].tolist()]))
    return pieces
