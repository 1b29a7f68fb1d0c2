"""The network as a picture: a column of units per layer, with what stands between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gdstudio.gui.theme import Theme, blend
from gdstudio.models.entry import Layer

#: Units drawn of a layer; of larger ones the first and last, with dots between.
_MOST_UNITS = 10
_ENDS = 4
_HEIGHT_EMS = 9.5


@dataclass(frozen=True)
class _Column:
    """Where a layer is drawn: its units, and the dots that stand for those left out."""

    place: QRectF
    units: tuple[QPointF, ...]
    gap: QPointF | None
    radius: float


class NetworkPicture(QWidget):
    """Draws layers, left to right.

    Signals:
        layer_clicked(number): A person clicked a layer; 0 are the inputs.
    """

    layer_clicked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._layers: tuple[Layer, ...] = ()
        self._inputs: tuple[str, ...] = ()
        self._outputs: tuple[str, ...] = ()
        self._hovered = -1
        self.setObjectName("model.picture")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._repaint)
        self.clear()

    def clear(self) -> None:
        """Draw nothing but a sentence."""
        self._layers = ()
        self.setAccessibleName("Picture of the network: there are no data yet, so its width is not known.")
        self.update()

    def set_layers(self, layers: Sequence[Layer], *, inputs: Sequence[str] = (), outputs: Sequence[str] = ()) -> None:
        """Draw these layers, inputs first.

        Args:
            layers: At least inputs and outputs.
            inputs: Names of the inputs, for the tooltip.
            outputs: Names of the outputs, for the tooltip.
        """
        self._layers, self._inputs, self._outputs = tuple(layers), tuple(inputs), tuple(outputs)
        parts = "; ".join(self.layer_text(i) for i in range(len(self._layers)))
        self.setAccessibleName(f"Picture of the network: {parts} {self.parameters:,} parameters.")
        self.update()

    @property
    def parameters(self) -> int:
        """Weights and biases of all layers."""
        return sum(layer.parameters for layer in self._layers)

    def layer_text(self, number: int) -> str:
        """A layer in words."""
        layer = self._layers[number]
        units = f"{layer.units:,} {'unit' if layer.units == 1 else 'units'}"
        if number == 0:
            return f"{layer.units:,} {'input' if layer.units == 1 else 'inputs'}{_named(self._inputs)}."
        if number == len(self._layers) - 1:
            said = f"{layer.units:,} {'output' if layer.units == 1 else 'outputs'}{_named(self._outputs)}"
        else:
            said = f"Hidden layer {number}: {units}" + (f", {layer.label}" if layer.label else "")
        if layer.dropout:
            said += f", dropout {layer.dropout:.3g}"
        return f"{said}. {layer.parameters:,} parameters lead into it."

    def sizeHint(self) -> QSize:
        """Room for ten units above each other and two lines below."""
        em = self.fontMetrics().height()
        return QSize(round(16 * em), round(_HEIGHT_EMS * em))

    def minimumSizeHint(self) -> QSize:
        """It can be narrower, not lower."""
        return QSize(round(8 * self.fontMetrics().height()), self.sizeHint().height())

    # -- geometry --------------------------------------------------------------------------------------

    def _columns(self) -> list[_Column]:
        em = self.fontMetrics().height()
        count = len(self._layers)
        top, bottom = 0.3 * em, self.height() - 2.7 * em
        wide = self.width() / max(count, 1)
        columns = []
        for number, layer in enumerate(self._layers):
            shown = layer.units if layer.units <= _MOST_UNITS else 2 * _ENDS
            slots = shown + (2 if shown < layer.units else 0)
            pitch = min((bottom - top) / max(slots, 1), 1.35 * em)
            radius = max(1.5, min(0.38 * pitch, 0.32 * em, 0.3 * wide))
            middle, x = (top + bottom) / 2, wide * (number + 0.5)
            places = [QPointF(x, middle + (i - (slots - 1) / 2) * pitch) for i in range(slots)]
            gap = None
            if shown < layer.units:
                gap = (places[_ENDS] + places[_ENDS + 1]) / 2
                places = places[:_ENDS] + places[_ENDS + 2 :]
            columns.append(_Column(QRectF(wide * number, 0, wide, self.height()), tuple(places), gap, radius))
        return columns

    def layer_at(self, x: float) -> int:
        """The layer drawn at that place; −1 where there is none."""
        return int(min(max(x / self.width(), 0), 0.999) * len(self._layers)) if self._layers else -1

    # -- painting --------------------------------------------------------------------------------------

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw connections, units, and the words below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        if not self._layers:
            painter.setPen(theme.color("muted"))
            painter.drawText(
                self.rect(),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                "The network is drawn here as soon as there are data.",
            )
            painter.end()
            return
        columns = self._columns()
        if 0 <= self._hovered < len(columns):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("sunken"))
            painter.drawRoundedRect(columns[self._hovered].place, 6, 6)
        self._paint_connections(painter, columns)
        for number, (layer, column) in enumerate(zip(self._layers, columns, strict=True)):
            self._paint_units(painter, number, layer, column)
            self._paint_words(painter, number, layer, column)
        painter.end()

    def _paint_connections(self, painter: QPainter, columns: list[_Column]) -> None:
        for left, right in pairwise(columns):
            many = len(left.units) * len(right.units)
            color = blend(self._theme.color("muted"), self._theme.color("surface"), 0.45 if many <= 24 else 0.65)
            painter.setPen(QPen(color, 1.0 if many <= 24 else 0.6))
            for start in left.units:
                for end in right.units:
                    painter.drawLine(start, end)

    def _paint_units(self, painter: QPainter, number: int, layer: Layer, column: _Column) -> None:
        theme = self._theme
        color = self._layer_color(number)
        dropped = _dropped(len(column.units), layer.dropout)
        for index, center in enumerate(column.units):
            out = index in dropped
            painter.setPen(QPen(color, 1.4, Qt.PenStyle.DotLine if out else Qt.PenStyle.SolidLine))
            painter.setBrush(theme.color("surface") if out else color)
            painter.drawEllipse(center, column.radius, column.radius)
        if column.gap is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("muted"))
            for shift in (-1, 0, 1):
                painter.drawEllipse(column.gap + QPointF(0, shift * 2.2 * column.radius * 0.55), 1.3, 1.3)

    def _paint_words(self, painter: QPainter, number: int, layer: Layer, column: _Column) -> None:
        em = self.fontMetrics().height()
        line = QRectF(column.place.left(), self.height() - 2.5 * em, column.place.width(), 1.15 * em)
        center = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
        bold = self.font()
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(self._theme.color("text"))
        painter.drawText(line, center, f"{layer.units:,}")
        painter.setFont(self.font())
        painter.setPen(self._theme.color("muted"))
        label = layer.label or ("Input" if number == 0 else "")
        if layer.dropout:
            label = f"{label} ·{layer.dropout:.0%}" if label else f"{layer.dropout:.0%}"
        shown = self.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, round(column.place.width()))
        painter.drawText(line.translated(0, 1.15 * em), center, shown)

    def _layer_color(self, number: int) -> QColor:
        if number in (0, len(self._layers) - 1):
            return self._theme.color("muted")
        return self._theme.color("accent")

    # -- the pointer -----------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the layer below the pointer."""
        self._hover(self.layer_at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        """Mark none."""
        self._hover(-1)

    def _hover(self, number: int) -> None:
        if number != self._hovered:
            self._hovered = number
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Announce the layer that was clicked."""
        number = self.layer_at(event.position().x())
        if number >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.layer_clicked.emit(number)

    def event(self, event: QEvent) -> bool:
        """Explain the layer below the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self.layer_at(event.pos().x())
            if number >= 0:
                QToolTip.showText(event.globalPos(), self.layer_text(number), self)
                return True
        return super().event(event)


def _named(names: Sequence[str]) -> str:
    """``": a, b, c, … 12 more"``; empty without names."""
    if not names:
        return ""
    rest = len(names) - 6
    return ": " + ", ".join(names[:6]) + (f", … {rest} more" if rest > 0 else "")


def _dropped(count: int, share: float) -> frozenset[int]:
    """Which of the drawn units are shown as dropped: evenly spread, at least one where any are."""
    if not share or not count:
        return frozenset()
    number = min(max(1, round(count * share)), count)
    return frozenset(int((i + 0.5) * count / number) for i in range(number))
