"""A network at work: every connection as wide as its weight, every unit with a picture of what it computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gdstudio.gui.theme import Theme, blend

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent

Pixels = NDArray[np.uint8]
#: Units drawn of a layer; the rest is counted below them.
MOST_UNITS = 24
#: A picture smaller than this shows nothing; larger ones leave no room for the connections.
_SMALLEST_EM, _LARGEST_EM = 1.1, 4.0
#: A unit without a picture needs only room for its number.
_LARGEST_PLAIN_EM = 2.2
#: Below this share of the layer's largest weight a connection is too thin to see.
_FAINT = 0.03
#: Dashes take long to paint: of more connections only the hue tells the sign.
_MOST_DASHED = 400


@dataclass(frozen=True, eq=False)
class DrawnLayer:
    """A column of the picture.

    Attributes:
        title: Above it.
        names: Of its units.
        marks: Short names, for where there is little room.
        weights: ``(units, units before)``; ``(units, 0)`` for the inputs.
        bias: ``(units,)``; none for the inputs.
        images: ``(h, w, 3)`` a unit, the first row on top, as far as they were made.
    """

    title: str
    names: Sequence[str]
    marks: Sequence[str]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32] | None = None
    images: Sequence[Pixels] = field(default_factory=tuple)


class LiveNetwork(QWidget):
    """Draws layers left to right; a unit is chosen with the pointer or the arrow keys.

    Signals:
        chosen(layer, unit): Another unit is chosen.
    """

    chosen = Signal(int, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._layers: tuple[DrawnLayer, ...] = ()
        self._chosen = (0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self._repaint)

    @property
    def selection(self) -> tuple[int, int]:
        """Layer and unit that are chosen; layer 0 are the inputs."""
        return self._chosen

    @property
    def layers(self) -> tuple[DrawnLayer, ...]:
        """What is drawn."""
        return self._layers

    def set_layers(self, layers: Sequence[DrawnLayer]) -> None:
        """Draw these, inputs first; the choice stays where that unit is still there, else the output is chosen."""
        self._layers = tuple(layers)
        layer, unit = self._chosen
        if layer == 0 or layer >= len(self._layers) or unit >= self._shown(layer):
            self._chosen = (len(self._layers) - 1, 0)
        self.update()

    def choose(self, layer: int, unit: int) -> None:
        """Mark a unit and its connections; what lies outside is brought inside."""
        if not self._layers:
            return
        layer = min(max(layer, 0), len(self._layers) - 1)
        unit = min(max(unit, 0), self._shown(layer) - 1)
        if (layer, unit) != self._chosen:
            self._chosen = (layer, unit)
            self.update()
            self.chosen.emit(layer, unit)

    def sizeHint(self) -> QSize:
        """Room for a dozen units above each other."""
        em = self.fontMetrics().height()
        return QSize(30 * em, 24 * em)

    def minimumSizeHint(self) -> QSize:
        """Smaller it would be a knot."""
        em = self.fontMetrics().height()
        return QSize(14 * em, 12 * em)

    # -- geometry --------------------------------------------------------------------------------------

    def _shown(self, layer: int) -> int:
        return min(len(self._layers[layer].names), MOST_UNITS)

    def _tiles(self) -> list[list[QRectF]]:
        em = self.fontMetrics().height()
        top, bottom = 2.0 * em, self.height() - 1.6 * em
        wide = self.width() / max(len(self._layers), 1)
        columns = []
        for number in range(len(self._layers)):
            count = self._shown(number)
            largest = (_LARGEST_EM if self._layers[number].images else _LARGEST_PLAIN_EM) * em
            pitch = min((bottom - top) / count, 1.35 * largest)
            side = min(max(0.86 * pitch, min(pitch, _SMALLEST_EM * em)), largest, 0.5 * wide)
            across = side
            if not self._layers[number].images:  # its name stands in it
                widest = max(self.fontMetrics().horizontalAdvance(mark) for mark in self._layers[number].marks)
                across = min(max(side, widest + em), 0.7 * wide)
            first = (top + bottom) / 2 - pitch * count / 2
            left = wide * (number + 0.5) - across / 2
            columns.append([QRectF(left, first + pitch * i + (pitch - side) / 2, across, side) for i in range(count)])
        return columns

    def unit_at(self, place: QPointF) -> tuple[int, int] | None:
        """The layer and unit drawn at that place."""
        for layer, tiles in enumerate(self._tiles()):
            for unit, tile in enumerate(tiles):
                if tile.contains(place):
                    return layer, unit
        return None

    # -- painting --------------------------------------------------------------------------------------

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw connections, units, and the words around them."""
        if not self._layers:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tiles = self._tiles()
        for number, (left, right) in enumerate(pairwise(tiles), start=1):
            self._paint_connections(painter, number, left, right)
        for number, column in enumerate(tiles):
            self._paint_units(painter, number, column)
            self._paint_words(painter, number)
        painter.end()

    def _paint_connections(self, painter: QPainter, number: int, left: list[QRectF], right: list[QRectF]) -> None:
        weights = np.nan_to_num(self._layers[number].weights[: len(right), : len(left)])
        strength = np.abs(weights) / (np.abs(self._layers[number].weights).max() or 1.0)
        dashed = weights.size <= _MOST_DASHED
        widest = 0.3 * self.fontMetrics().height()
        ground = self._theme.color("surface")
        for unit, before in zip(*np.nonzero(strength > _FAINT), strict=True):
            weight, share = float(weights[unit, before]), float(strength[unit, before])
            marked = self._chosen in ((number, unit), (number - 1, before))
            color = self._theme.class_color(0 if weight < 0 else 1)
            pen = QPen(color if marked else blend(color, ground, 0.2 + 0.5 * share), max(0.5, widest * share))
            if weight < 0 and dashed:
                pen.setDashPattern([3.0, 2.0])
            painter.setPen(pen)
            start, end = left[before], right[unit]
            painter.drawLine(QLineF(start.right(), start.center().y(), end.left(), end.center().y()))

    def _paint_units(self, painter: QPainter, number: int, column: list[QRectF]) -> None:
        layer, theme = self._layers[number], self._theme
        for unit, tile in enumerate(column):
            if unit < len(layer.images):
                painter.drawImage(tile, to_image(layer.images[unit]))
            else:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("raised"))
                painter.drawRect(tile)
            chosen = self._chosen == (number, unit)
            painter.setPen(QPen(theme.color("accent" if chosen else "muted"), 3.0 if chosen else 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(tile)
            self._paint_name(painter, number, unit, tile)

    def _paint_name(self, painter: QPainter, number: int, unit: int, tile: QRectF) -> None:
        """What a unit is called, where it has no picture; for an input before its picture, too."""
        layer, em = self._layers[number], self.fontMetrics().height()
        pictured = unit < len(layer.images)
        if tile.height() < em or (pictured and number):
            return
        place, alignment = tile.adjusted(0.15 * em, 0, -0.15 * em, 0), Qt.AlignmentFlag.AlignCenter
        if pictured:
            place = QRectF(0, tile.top(), tile.left() - 0.4 * em, tile.height())
            alignment = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        shown = painter.fontMetrics().elidedText(layer.marks[unit], Qt.TextElideMode.ElideMiddle, int(place.width()))
        painter.setPen(self._theme.color("text"))
        painter.drawText(place, alignment, shown)

    def _paint_words(self, painter: QPainter, number: int) -> None:
        em, wide = self.fontMetrics().height(), self.width() / len(self._layers)
        layer = self._layers[number]
        bold = self.font()
        bold.setBold(True)
        for text, token, top, font in (
            (layer.title, "text", 0.2 * em, bold),
            (self._below(number), "muted", self.height() - 1.4 * em, self.font()),
        ):
            painter.setFont(font)
            painter.setPen(self._theme.color(token))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, round(wide - 0.4 * em))
            painter.drawText(QRectF(wide * number, top, wide, 1.2 * em), Qt.AlignmentFlag.AlignCenter, shown)

    def _below(self, number: int) -> str:
        layer = self._layers[number]
        said = f"widest: {np.abs(layer.weights).max():.3g}" if layer.weights.size else ""
        rest = len(layer.names) - self._shown(number)
        return "; ".join(part for part in (said, f"{rest:,} more" if rest else "") if part)

    # -- pointer and keys ------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the unit that is pressed."""
        found = self.unit_at(event.position())
        if found is not None:
            self.choose(*found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose with the arrow keys."""
        moves = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        move = moves.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
            return
        self.choose(self._chosen[0] + move[0], self._chosen[1] + move[1])

    def event(self, event: QEvent) -> bool:
        """Name the unit below the pointer."""
        if isinstance(event, QHelpEvent):
            found = self.unit_at(QPointF(event.pos()))
            text = self._layers[found[0]].names[found[1]] if found else self.toolTip()
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


def to_image(pixels: Pixels) -> QImage:
    """A picture of ``(h, w, 3)``; the array must outlive it."""
    height, width, _ = pixels.shape
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
