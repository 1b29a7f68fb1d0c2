"""The scores of a run by part and by class, and which classes are taken for which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gdstudio.gui.charts.confusion import ConfusionMatrixChart
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.tables.scores import ClassScoresModel, ScoresModel
from gdstudio.gui.tabs.metrics_curves import rows_of_cell
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.evaluation.baseline import Baseline
    from gdstudio.evaluation.bootstrap import Interval
    from gdstudio.training.result import RunResult

#: Qt's own: no widget is higher.
_NO_LIMIT = 16_777_215
#: A longer table scrolls by itself.
_MOST_ROWS = 40
_PARTS = {"train": "Training", "validation": "Validation", "test": "Test"}


class ScoresPage(QWidget):
    """Scores of every part at the left, those of the classes below; at the right what is taken for what.

    Intervals and simple models to compare with are computed in the background once they are looked at.

    Signals:
        rows_wanted(rows, why): The rows of a cell are to be listed.
    """

    rows_wanted = Signal(object, str)

    def __init__(self, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("metrics.scores_page")
        self._jobs = jobs
        self._job: Job | None = None
        self._result: RunResult | None = None
        self._part = ""
        self._intervals: dict[str, Mapping[str, Interval]] = {}
        self._baselines: list[Baseline] = []
        self._scores, self._classes = ScoresModel(self), ClassScoresModel(self)
        self.confusion = ConfusionMatrixChart(theme)
        self.confusion.cell_chosen.connect(self._cell_chosen)
        self._class_title = QLabel("By class")
        self._class_view = _table(self._classes, "metrics.classes", "Scores by class")
        self._pairs = named(
            QListWidget(), "metrics.confused", "Most confused classes",
            "Which classes are taken for which most often; choose one to see its rows",
        )  # fmt: skip
        self._pairs.itemActivated.connect(self._pair_chosen)
        self._pairs.itemClicked.connect(self._pair_chosen)
        self._verdict = named(QLabel(wordWrap=True), "metrics.verdict", "What the scores are worth")
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, round(0.5 * theme.em), 0)
        column.addWidget(self._verdict)
        column.addWidget(_table(self._scores, "metrics.scores", "Scores"))
        column.addWidget(self._class_title)
        column.addWidget(self._class_view)
        column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(left)
        scroll.setMinimumWidth(round(48 * theme.em))
        self._right = QWidget()
        pictures = QVBoxLayout(self._right)
        pictures.setContentsMargins(0, 0, 0, 0)
        pictures.addWidget(self.confusion, 1)
        self._pairs_title = QLabel("Most confused: choose one to see its rows")
        self._pairs_title.setBuddy(self._pairs)
        pictures.addWidget(self._pairs_title)
        pictures.addWidget(self._pairs)
        self._pairs.setMaximumHeight(round(9 * theme.em))
        self._upper = QSplitter(Qt.Orientation.Horizontal)
        self._upper.addWidget(scroll)
        self._upper.addWidget(self._right)
        self._upper.setChildrenCollapsible(False)
        self._upper.setStretchFactor(0, 5)
        self._upper.setStretchFactor(1, 3)
        self._left, self._below = left, QWidget()
        self._page = QVBoxLayout(self)
        self._page.addWidget(self._upper, 1)

    def set_below(self, widget: QWidget) -> None:
        """What stands below the few scores of a regression."""
        self._below = widget
        widget.hide()
        self._page.addWidget(widget, 2)

    @property
    def busy(self) -> bool:
        """Whether intervals or simple models are being computed."""
        return self._job is not None

    def show_part(self, result: RunResult, part: str) -> None:
        """Draw the scores of a run, and the classes of a part of it."""
        if result is not self._result:
            self._scores.show_metrics(result.metrics)
            self._intervals, self._baselines = {}, []
        self._result, self._part = result, part
        regression = result.dataset.task == "regression"
        for widget in (self._right, self._class_view, self._class_title):
            widget.setVisible(not regression)
        self._below.setVisible(regression)
        self._fit_height()
        if not regression:
            self._classes.show_scores(result.metrics[part])
            matrix = result.metrics[part]["confusion_matrix"]
            self.confusion.set_matrix(matrix, result.dataset.classes)
            self._list_pairs(matrix)
        self._compare()

    def _fit_height(self) -> None:
        """Leave what lies below the few scores of a regression the rest of the room."""
        layout = self._left.layout()
        if layout is not None:
            # A text that wraps asks for one line, and the layout would take the second from the tables.
            layout.activate()
            self._left.setMinimumHeight(max(0, layout.totalHeightForWidth(self._left.width())))
        shown = self._result is not None and self._result.dataset.task == "regression"
        needed = self._left.sizeHint().height() + 2 * self._upper.frameWidth()
        self._upper.setMaximumHeight(needed if shown else _NO_LIMIT)
        self._upper.setMinimumHeight(needed if shown else 0)

    def _list_pairs(self, matrix: list[list[int]] | None) -> None:
        """The most frequent mistakes, for more than two classes."""
        result = self._result
        self._pairs.clear()
        many = result is not None and len(result.dataset.classes) > 2
        for widget in (self._pairs, self._pairs_title):
            widget.setVisible(many)
        if result is None or matrix is None or not many:
            return
        from gdstudio.evaluation.confusion import most_confused

        classes = result.dataset.classes
        for mistake in most_confused(matrix):
            rows = f"{mistake.count:,} {'row' if mistake.count == 1 else 'rows'}"
            said = f"{classes[mistake.target]} taken for {classes[mistake.predicted]}: {rows} ({mistake.share:.1%})"
            item = QListWidgetItem(said, self._pairs)
            item.setData(Qt.ItemDataRole.UserRole, (mistake.target, mistake.predicted))
        if not self._pairs.count():
            QListWidgetItem("No row of this part is predicted wrong.", self._pairs)

    # -- in the background -----------------------------------------------------------------------------

    def _compare(self) -> None:
        """Draw intervals and simple models, or compute them first."""
        result, part = self._result, self._part
        if result is None:
            return
        if self._job is not None:
            self._job.cancel()
            self._job = None
        known = self._intervals.get(part)
        self._scores.show_comparison(part, known, self._baselines or None)
        self._say()
        if known is not None and self._baselines:
            return
        baselines = list(self._baselines)

        def work(job: Job) -> tuple[list[Baseline], Mapping[str, Interval]]:
            from gdstudio.evaluation.baseline import baseline
            from gdstudio.evaluation.bootstrap import bootstrap_intervals

            dataset = result.dataset
            if not baselines:
                baselines.append(baseline(dataset, "constant"))
                if not job.cancelled:
                    baselines.append(baseline(dataset, "linear"))
            return baselines, known or bootstrap_intervals(
                result.predictions[part], dataset.task, cancelled=lambda: job.cancelled
            )

        self._job = self._jobs.run(work, on_done=lambda made: self._compared(part, *made), on_failed=self._failed)

    def _compared(self, part: str, baselines: list[Baseline], intervals: Mapping[str, Interval]) -> None:
        self._job = None
        self._baselines = baselines
        self._intervals[part] = intervals
        self._scores.show_comparison(part, intervals, baselines)
        self._say()

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._job = None
        self._verdict.setText(f"There is nothing to compare with: {error}")
        self._verdict.show()

    def _say(self) -> None:
        """One sentence: whether the model is worth its trouble on the chosen rows."""
        said = ""
        if self._result is not None and len(self._baselines) == 2:
            said = _verdict(self._result, self._part, self._intervals.get(self._part, {}), self._baselines)
        self._verdict.setText(said)
        self._verdict.setVisible(bool(said))
        self._fit_height()

    @Slot(QListWidgetItem)
    def _pair_chosen(self, item: QListWidgetItem) -> None:
        cell = item.data(Qt.ItemDataRole.UserRole)
        if cell is not None:
            self._cell_chosen(*cell)

    @Slot(int, int)
    def _cell_chosen(self, row: int, column: int) -> None:
        if self._result is not None:
            classes = self._result.dataset.classes
            why = f"Target {classes[row]}, predicted {classes[column]}"
            self.rows_wanted.emit(rows_of_cell(self._result, self._part, row, column), why)


def _verdict(result: RunResult, part: str, intervals: Mapping[str, Interval], baselines: list[Baseline]) -> str:
    """Whether the score that is looked at first lies above what simple models reach, and whether that is sure."""
    key = "r2" if result.dataset.task == "regression" else "accuracy"
    label = "R²" if key == "r2" else "Accuracy"
    value, interval = result.metrics[part].get(key), intervals.get(key)
    if value is None:
        return f"{label} is not defined, because: {result.metrics[part]['undefined'].get(key, '')}"
    said = f"{_PARTS[part]} rows: <b>{label} {value:.3g}</b>"
    if interval is not None:
        said += f", with other rows {interval.low:.3g} to {interval.high:.3g}"
    for simple in baselines:
        other = simple.metrics[part].get(key)
        if other is not None:
            said += f"; {simple.label.lower()} {other:.3g}"
    linear = baselines[1].metrics[part].get(key)
    if linear is None or interval is None:
        return f"{said}."
    if interval.low > linear:
        return f"{said}. Better than the linear model by more than chance of the rows."
    if interval.high < linear:
        return f"{said}. Worse than the linear model: something is to be mended."
    return f"{said}. These rows cannot tell it from the linear model."


def _table(model: ScoresModel | ClassScoresModel, name: str, label: str) -> QTableView:
    view = named(QTableView(), name, label)
    view.setModel(model)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
    view.horizontalHeader().setMinimumSectionSize(view.fontMetrics().horizontalAdvance("not defined") + 6)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() + 10)

    def fit() -> None:
        """As high as its rows and as wide as its texts, so that one page scrolls and not every table in it."""
        height = view.verticalHeader().defaultSectionSize() * min(model.rowCount(), _MOST_ROWS)
        view.setFixedHeight(height + view.horizontalHeader().sizeHint().height() + 2 * view.frameWidth() + 2)
        header, count = view.horizontalHeader(), model.columnCount()
        view.setMinimumWidth(0)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        needed = sum(header.sectionSize(place) for place in range(count)) + view.verticalHeader().sizeHint().width()
        view.setMinimumWidth(needed + 2 * view.frameWidth())
        for place in range(count):
            # An interval is wider than a number: it gets what it needs, and the others share the rest.
            wide = place == model.wide_column
            mode = QHeaderView.ResizeMode.ResizeToContents if wide else QHeaderView.ResizeMode.Stretch
            header.setSectionResizeMode(place, mode)

    model.modelReset.connect(fit)
    return view
