"""The scores of a run by part and by class, and which classes are taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gdstudio.gui.charts.confusion import ConfusionMatrixChart
from gdstudio.gui.naming import named
from gdstudio.gui.tables.scores import ClassScoresModel, ScoresModel
from gdstudio.gui.tabs.metrics_curves import rows_of_cell
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult


class ScoresPage(QWidget):
    """Scores of every part at the left, those of the classes below; the confusion matrix at the right.

    Signals:
        rows_wanted(rows, why): The rows of a cell are to be listed.
    """

    rows_wanted = Signal(object, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("metrics.scores_page")
        self._result: RunResult | None = None
        self._part = ""
        self._scores, self._classes = ScoresModel(self), ClassScoresModel(self)
        self.confusion = ConfusionMatrixChart(theme)
        self.confusion.cell_chosen.connect(self._cell_chosen)
        self._class_title = QLabel("By class")
        self._class_view = _table(self._classes, "metrics.classes", "Scores by class")
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(_table(self._scores, "metrics.scores", "Scores"))
        column.addWidget(self._class_title)
        column.addWidget(self._class_view)
        column.addStretch(1)
        left.setMinimumWidth(round(29 * theme.em))
        both = QSplitter(Qt.Orientation.Horizontal)
        both.addWidget(left)
        both.addWidget(self.confusion)
        both.setChildrenCollapsible(False)
        both.setStretchFactor(0, 2)
        both.setStretchFactor(1, 3)
        layout = QVBoxLayout(self)
        layout.addWidget(both)

    def show_part(self, result: RunResult, part: str) -> None:
        """Draw the scores of a run, and the classes of a part of it."""
        if result is not self._result:
            self._scores.show_metrics(result.metrics)
        self._result, self._part = result, part
        regression = result.dataset.task == "regression"
        for widget in (self.confusion, self._class_view, self._class_title):
            widget.setVisible(not regression)
        if not regression:
            self._classes.show_scores(result.metrics[part])
            self.confusion.set_matrix(result.metrics[part]["confusion_matrix"], result.dataset.classes)

    @Slot(int, int)
    def _cell_chosen(self, row: int, column: int) -> None:
        if self._result is not None:
            classes = self._result.dataset.classes
            why = f"Target {classes[row]}, predicted {classes[column]}"
            self.rows_wanted.emit(rows_of_cell(self._result, self._part, row, column), why)


def _table(model: ScoresModel | ClassScoresModel, name: str, label: str) -> QTableView:
    view = named(QTableView(), name, label)
    view.setModel(model)
    view.setShowGrid(False)
    view.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
    view.setSizeAdjustPolicy(QAbstractScrollArea.SizeAdjustPolicy.AdjustToContents)
    view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    view.horizontalHeader().setMinimumSectionSize(view.fontMetrics().horizontalAdvance("Precision") + 8)
    return view
