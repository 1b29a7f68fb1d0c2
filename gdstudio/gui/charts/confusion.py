"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.colors import text_color
from gdstudio.gui.charts.names import shortened
from gdstudio.gui.theme import Theme, blend

if TYPE_CHECKING:
    import pandas as pd

_LONGEST_NAME = 14


class ConfusionMatrixChart(Chart):
    """One row a true class, one column a predicted one; cells are coloured by the share of their row.

    Signals:
        cell_chosen(row, column): A cell with rows in it was clicked on.
    """

    cell_chosen = Signal(int, int)

    def __init__(
        self,
        theme: Theme,
        title: str = "Confusion matrix",
        *,
        empty: str = "After a run, this shows which classes are taken for which.",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, title, empty=empty, name=name, parent=parent)
        self._cells = _Cells(theme)
        self.plot.addItem(self._cells)
        self.view.invertY(True)
        self.set_axis_label("bottom", "Predicted class")
        self.set_axis_label("left", "True class")
        for axis in self.axes.values():
            axis.setGrid(False)
        self.plot.scene().sigMouseClicked.connect(self._clicked)
        self.set_empty(True)

    def set_matrix(self, counts: Sequence[Sequence[int]] | NDArray[np.int64] | None, classes: Sequence[str]) -> None:
        """Draw counts.

        Args:
            counts: ``(c, c)``, rows are true classes, columns predicted ones; None where there is none.
            classes: ``c`` names.
        """
        matrix = np.zeros((0, 0), dtype=np.int64) if counts is None else np.asarray(counts)
        self._cells.show_matrix(matrix, tuple(classes))
        self.set_empty(not matrix.size or not matrix.sum())
        ticks = [(i + 0.5, name) for i, name in enumerate(shortened(classes, _LONGEST_NAME))]
        for axis in self.axes.values():
            axis.setTicks([ticks])
        self.setAccessibleDescription(self.describe())
        self.fit()

    def recolor(self) -> None:
        """Cells in the theme's colours."""
        for axis in self.axes.values():
            axis.setGrid(False)
        self._cells.update()

    @Slot()
    def fit(self) -> None:
        """Show the whole matrix."""
        size = max(len(self._cells.classes), 1)
        self.view.setRange(xRange=(0, size), yRange=(0, size), padding=0)

    def _cell(self, at: QPointF) -> tuple[int, int] | None:
        """Row and column of the cell at a point; None beside the matrix."""
        row, column = int(np.floor(at.y())), int(np.floor(at.x()))
        size = len(self._cells.counts)
        return (row, column) if 0 <= row < size and 0 <= column < size else None

    @Slot(object)
    def _clicked(self, event: Any) -> None:
        cell = self._cell(self.view.mapSceneToView(event.scenePos()))
        plain = event.button() == Qt.MouseButton.LeftButton and not event.double()
        if plain and cell is not None and self._cells.counts[cell]:
            self.cell_chosen.emit(*cell)

    def read_out(self, at: QPointF) -> str:
        """The cell below the cursor in words."""
        cells, cell = self._cells, self._cell(at)
        if cell is None:
            return ""
        row, column = cell
        count, total = int(cells.counts[row, column]), int(cells.counts[row].sum())
        true, predicted = escape(cells.classes[row]), escape(cells.classes[column])
        share = f" ({count / total:.1%})" if total else ""
        return f"<b>{count:,}</b> of {total:,} rows of <b>{true}</b>{share}<br>are predicted to be <b>{predicted}</b>"

    def describe(self) -> str:
        """How many rows are on the diagonal."""
        counts = self._cells.counts
        return f"{int(np.trace(counts)):,} of {int(counts.sum()):,} rows are predicted right." if counts.size else ""

    def data(self) -> pd.DataFrame:
        """The counts, with the true class in the first column."""
        import pandas as pd

        frame = pd.DataFrame(self._cells.counts, columns=list(self._cells.classes))
        frame.insert(0, "true class", list(self._cells.classes), allow_duplicates=True)
        return frame


class _Cells(pg.GraphicsObject):
    """Paints the matrix: right ones blue, wrong ones orange, as strong as their share of the row."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.counts: NDArray[Any] = np.zeros((0, 0), dtype=np.int64)
        self.classes: tuple[str, ...] = ()

    def show_matrix(self, counts: NDArray[Any], classes: tuple[str, ...]) -> None:
        """Draw another one."""
        self.prepareGeometryChange()
        self.counts, self.classes = counts, classes
        self.update()

    def boundingRect(self) -> QRectF:
        """One unit a class."""
        return QRectF(0, 0, max(len(self.classes), 1), max(len(self.classes), 1))

    def _color(self, row: int, column: int, share: float) -> QColor:
        theme = self._theme
        hue = theme.series_color(0 if row == column else 1)
        # Rising steeply at first: a few confused rows must show.
        return blend(hue, theme.color("raised"), 1 - 0.9 * share**0.6)

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:
        """Cells with their counts and shares, in pixels so that the texts are neither flipped nor stretched."""
        if not self.counts.size:
            return
        to_pixels = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        big, small = painter.font(), painter.font()
        big.setBold(True)
        totals = self.counts.sum(axis=1)
        em = self._theme.em
        for row in range(len(self.classes)):
            for column in range(len(self.classes)):
                cell = to_pixels.mapRect(QRectF(column, row, 1, 1)).adjusted(1, 1, -1, -1)
                count = int(self.counts[row, column])
                share = count / totals[row] if totals[row] else 0.0
                color = self._color(row, column, share)
                painter.fillRect(cell, color)
                if cell.height() < 1.1 * em or cell.width() < 1.6 * em:
                    continue
                painter.setPen(text_color(color))
                painter.setFont(big)
                both = cell.height() >= 2.4 * em and cell.width() >= 3 * em
                upper = cell.adjusted(0, 0, 0, -cell.height() / 2) if both else cell
                edge = Qt.AlignmentFlag.AlignBottom if both else Qt.AlignmentFlag.AlignVCenter
                painter.drawText(upper, Qt.AlignmentFlag.AlignHCenter | edge, f"{count:,}")
                if both and totals[row]:
                    painter.setFont(small)
                    lower = cell.adjusted(0, cell.height() / 2, 0, 0)
                    top = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
                    painter.drawText(lower, top, f"{share:.0%}" if share in (0, 1) else f"{share:.1%}")
        painter.restore()
