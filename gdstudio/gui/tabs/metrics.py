"""The scores of a run, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gdstudio.gui.charts.confusion import ConfusionMatrixChart
from gdstudio.gui.charts.residual import ResidualChart
from gdstudio.gui.charts.roc import RocChart
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.tables.scores import ClassScoresModel, ScoresModel
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.messages import EmptyState

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult

_PARTS = {"test": "Test", "validation": "Validation", "train": "Train"}


class MetricsTab(QWidget):
    """Scores of every part at the left; confusion matrix and ROC curve, or residuals, of one part at the right."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.metrics")
        self._session = session
        self._shown: RunResult | None = None
        self._scores, self._classes = ScoresModel(self), ClassScoresModel(self)
        self._part = named(QComboBox(), "metrics.part", "Part", "The rows that the pictures and class scores are about")
        self._part.activated.connect(self._draw_part)
        self.confusion = ConfusionMatrixChart(theme)
        self.roc = RocChart(theme)
        self.residuals = ResidualChart(theme)
        self._title = named(QLabel(), "metrics.run", "Run")
        self._class_title = QLabel("By class")
        self._class_view = self._table(self._classes, "metrics.classes", "Scores by class")
        sentence = "After a run, its scores on the train, validation and test rows are shown here."
        self._empty = EmptyState(theme, "chart-box-outline", sentence, "Start", name="metrics.start")
        self._empty.triggered.connect(session.start)
        self._page = self._make_page(theme)
        layout = QVBoxLayout(self)
        layout.addWidget(self._empty)
        layout.addWidget(self._page)
        self._page.hide()
        session.runs_changed.connect(self.refresh)

    def _make_page(self, theme: Theme) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._title)
        column.addWidget(self._table(self._scores, "metrics.scores", "Scores"))
        column.addWidget(self._class_title)
        column.addWidget(self._class_view)
        column.addStretch(1)
        right = QWidget()
        pictures = QVBoxLayout(right)
        pictures.setContentsMargins(0, 0, 0, 0)
        chooser = QHBoxLayout()
        name = QLabel("Rows of the part")
        name.setBuddy(self._part)
        chooser.addWidget(name)
        chooser.addWidget(self._part)
        chooser.addStretch(1)
        pictures.addLayout(chooser)
        both = QSplitter(Qt.Orientation.Vertical)
        for chart in (self.confusion, self.roc, self.residuals):
            both.addWidget(chart)
        both.setChildrenCollapsible(False)
        pictures.addWidget(both, 1)
        page = QSplitter(Qt.Orientation.Horizontal)
        page.addWidget(left)
        page.addWidget(right)
        page.setChildrenCollapsible(False)
        left.setMinimumWidth(round(29 * theme.em))
        page.setStretchFactor(0, 2)
        page.setStretchFactor(1, 3)
        return page

    def _table(self, model: ScoresModel | ClassScoresModel, name: str, label: str) -> QTableView:
        view = named(QTableView(), name, label)
        view.setModel(model)
        view.setShowGrid(False)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        view.setSizeAdjustPolicy(QAbstractScrollArea.SizeAdjustPolicy.AdjustToContents)
        view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        view.horizontalHeader().setMinimumSectionSize(view.fontMetrics().horizontalAdvance("Precision") + 8)
        return view

    @Slot()
    def refresh(self) -> None:
        """Draw the newest result when the tab is visible."""
        result = self._session.result
        if result is None or result is self._shown or not self.isVisible():
            return
        self._shown = result
        self._empty.hide()
        self._page.show()
        names = [run.name for run in self._session.runs if run.result is result]
        target = result.dataset.spec.target
        self._title.setText(f"<b>{names[0] if names else 'Last run'}</b> · predicts {target}")
        self._title.setToolTip(result.message)
        self._scores.show_metrics(result.metrics)
        chosen = self._part.currentData()
        self._part.clear()
        for key, label in _PARTS.items():
            if key in result.predictions:
                self._part.addItem(f"{label} ({result.metrics[key]['n']:,})", key)
        self._part.setCurrentIndex(max(0, self._part.findData(chosen)))
        self._draw_part()

    @Slot()
    def _draw_part(self) -> None:
        result, part = self._shown, self._part.currentData()
        if result is None or part is None:
            return
        from gdstudio.evaluation.curves import residuals, roc_curve
        from gdstudio.evaluation.entry import UndefinedScoreError

        regression = result.dataset.task == "regression"
        predictions, scores = result.predictions[part], result.metrics[part]
        for widget in (self.confusion, self.roc, self._class_view, self._class_title):
            widget.setVisible(not regression)
        self.residuals.setVisible(regression)
        if regression:
            found = residuals(predictions)
            self.residuals.set_residuals(found.predicted, found.residual, unit=str(result.dataset.spec.target))
            return
        self._classes.show_scores(scores)
        self.confusion.set_matrix(scores["confusion_matrix"], result.dataset.classes)
        curves, reason = {}, ""
        classes = result.dataset.classes
        for name in classes[-1:] if len(classes) == 2 else classes:
            try:
                curves[name] = roc_curve(predictions, name)
            except UndefinedScoreError as error:
                reason = error.reason
        self.roc.set_curves(curves)
        if not curves:
            self.roc.set_empty(True, reason)
