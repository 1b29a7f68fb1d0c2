"""What the lines of a chart are: a short sample of each and its name, over the plot rather than on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QPainter, QPaintEvent, QPen, QResizeEvent, QTransform
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdstudio.gui.theme import Theme


@dataclass(frozen=True)
class LegendEntry:
    """One name with what it stands for.

    Attributes:
        label: The name.
        pen: How it is drawn.
        mark: ``"line"``, or the name of a point's shape as pyqtgraph has it.
        hollow: Whether only the rim of the point is drawn.
    """

    label: str
    pen: QPen
    mark: str = "line"
    hollow: bool = False


#: More lines than this would take the place of what they explain; the names left over are counted, and in the tooltip.
_MOST_LINES = 5
_MOST_NAMES = 40


class Legend(QWidget):
    """Entries beside each other, in as many lines as they need, up to five; its height follows."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._entries: tuple[LegendEntry, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        self.hide()

    def set_entries(self, entries: Sequence[LegendEntry]) -> None:
        """Show these."""
        if tuple(entries) == self._entries:
            return
        self._entries = tuple(entries)
        self.setVisible(bool(entries))
        self.setAccessibleName("Legend: " + _listed([entry.label for entry in entries], ", "))
        self._fit()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room, as high as the entries need."""
        return QSize(0, self._height(self.width() or 200))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may need another number of lines."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        height = self._height(self.width() or 200)
        left_over = [entry.label for entry in self._entries[len(self._places(self.width() or 200)) :]]
        self.setToolTip(_listed(left_over, "\n"))
        if self.minimumHeight() != height or self.maximumHeight() != height:
            self.setFixedHeight(height)

    def _height(self, width: int) -> int:
        places = self._places(width)
        line = self.fontMetrics().height() * 1.25
        return round((places[-1].bottom() if places else 0) + 0.1 * line) if places else 0

    def _places(self, width: int) -> list[QRectF]:
        """Where each entry stands that has room."""
        metrics = self.fontMetrics()
        em = metrics.height()
        places: list[QRectF] = []
        x = y = 0.0
        for entry in self._entries:
            needed = 2.1 * em + metrics.horizontalAdvance(entry.label)
            if x and x + needed > width:
                x, y = 0.0, y + 1.25 * em
                if y >= _MOST_LINES * 1.25 * em:
                    break
            places.append(QRectF(x, y, needed, 1.25 * em))
            x += needed + em
        if len(places) < len(self._entries):
            room = metrics.horizontalAdvance(_more(len(self._entries))) + em
            while len(places) > 1 and places[-1].left() and places[-1].right() + room > width:
                places.pop()
        return places

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw samples and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        em = self.fontMetrics().height()
        places = self._places(self.width())
        if rest := len(self._entries) - len(places):
            painter.setPen(self._theme.color("muted"))
            place = places[-1].translated(places[-1].width() + em, 0)
            place.setRight(self.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, _more(rest))
        for entry, place in zip(self._entries, places, strict=False):
            middle = place.center().y()
            sample = QRectF(place.left(), middle - em / 4, 1.7 * em, em / 2)
            if entry.mark == "line":
                painter.setPen(entry.pen)
                painter.drawLine(QPointF(sample.left(), middle), QPointF(sample.right(), middle))
            else:
                pen = QPen(entry.pen.color(), 1.6)
                pen.setCosmetic(True)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush if entry.hollow else QBrush(entry.pen.color()))
                to_place = QTransform.fromTranslate(sample.center().x(), middle).scale(em / 2, em / 2)
                painter.drawPath(to_place.map(Symbols[entry.mark]))
            painter.setPen(self._theme.color("text"))
            painter.drawText(
                place.adjusted(2.1 * em, 0, 0, 0),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                entry.label,
            )
        painter.end()


def _more(count: int) -> str:
    return f"… {count:,} more"


def _listed(names: Sequence[str], between: str) -> str:
    """The names, of very many the first."""
    shown = list(names[:_MOST_NAMES])
    return between.join([*shown, _more(len(names) - len(shown))] if len(names) > len(shown) else shown)
