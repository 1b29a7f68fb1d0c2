"""What the columns are worth to the model, and how the prediction goes with one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSplitter, QVBoxLayout, QWidget

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.evaluation.entry import ScoreEntry
from gdstudio.gui.charts.bars import BarsChart
from gdstudio.gui.charts.dependence import DependenceChart
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

    from gdstudio.evaluation.explain.dependence import Dependence
    from gdstudio.evaluation.explain.importance import Importance
    from gdstudio.evaluation.explain.predictor import Predictor
    from gdstudio.training.result import RunResult

_REPEATS = 10
_PARTS = {"test": "Test rows", "validation": "Validation rows", "train": "Training rows"}


def predictor_of(result: RunResult) -> Predictor:
    """A run's model with its preparation."""
    from gdstudio.evaluation.explain.predictor import Predictor
    from gdstudio.training.modules import loss_entry

    return Predictor(result.model, result.dataset.preparation, loss_entry(result.spec).probabilities)


def rows_of(result: RunResult, part: str) -> pd.DataFrame:
    """The raw rows of a part."""
    return result.dataset.table.frame.iloc[result.dataset.parts[part].rows]


class ExplainColumns(QWidget):
    """Permutation importance at the left; partial dependence of the chosen column at the right."""

    def __init__(self, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("explain.columns")
        self._jobs = jobs
        self._result: RunResult | None = None
        self._ranking: Job | None = None
        self._tracing: Job | None = None
        self._found: Dependence | None = None
        self._picked = False
        self._part = named(QComboBox(), "explain.part", "Rows", "The rows that are looked at")
        self._score = named(QComboBox(), "explain.score", "Score", "The score that shuffling a column makes worse")
        for combo in (self._part, self._score):
            combo.activated.connect(self._start)
        self._column = named(QComboBox(), "explain.column", "Column", "The column that is set to each of its values")
        self._column.activated.connect(self._pick)
        self._class = named(QComboBox(), "explain.class", "Class", "The class whose probability is drawn")
        self._class.activated.connect(self._draw)
        self._progress = named(QProgressBar(textVisible=False), "explain.progress", "Progress")
        self._progress.setMaximumWidth(round(8 * theme.em))
        self._cancel = named(QPushButton("Cancel"), "explain.cancel", "Cancel", "End what is being computed")
        self._cancel.clicked.connect(self._give_up)
        self._words = named(QLabel(wordWrap=True), "explain.importance.words", "What the bars mean")
        self._words.setProperty("role", "muted")
        self._said = named(QLabel(wordWrap=True), "explain.dependence.words", "What the lines mean")
        self._said.setProperty("role", "muted")
        self.importance = BarsChart(theme, "Importance", empty="…", name="explain.importance")
        self.importance.chosen.connect(self.choose_column)
        self.dependence = DependenceChart(theme, name="explain.dependence")
        left = self._half(self.importance, self._words, ("Rows", self._part), ("Score", self._score))
        right = self._half(self.dependence, self._said, ("Column", self._column), ("Class", self._class))
        both = QSplitter(Qt.Orientation.Horizontal)
        both.addWidget(left)
        both.addWidget(right)
        both.setChildrenCollapsible(False)
        going = QHBoxLayout()
        going.addStretch(1)
        going.addWidget(self._progress)
        going.addWidget(self._cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(both, 1)
        layout.addLayout(going)
        self._going(False)

    def _half(self, chart: QWidget, words: QWidget, *controls: tuple[str, QComboBox]) -> QWidget:
        half = QWidget()
        top = QHBoxLayout()
        for text, control in controls:
            label = QLabel(text)
            label.setBuddy(control)
            control.setProperty("label", label)
            control.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            control.setMinimumContentsLength(10)
            top.addWidget(label)
            top.addWidget(control, 1)
        column = QVBoxLayout(half)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(chart, 1)
        column.addWidget(words)
        return half

    @property
    def busy(self) -> bool:
        """Whether something is being computed."""
        return self._ranking is not None or self._tracing is not None

    def show_result(self, result: RunResult) -> None:
        """Explain another run."""
        self._result = result
        data = result.dataset
        part, score, column = (c.currentData() for c in (self._part, self._score, self._column))
        self._picked = self._picked and column in data.preparation.raw_columns
        self._found = None
        self._fill(self._part, {k: f"{v} ({len(data.parts[k]):,})" for k, v in _PARTS.items() if len(data.parts[k])})
        entries = {k: cast(ScoreEntry, e) for k, e in registry("scores").items()}
        self._fill(self._score, {k: e.label for k, e in entries.items() if data.task in e.tasks})
        self._fill(self._column, {name: name for name in data.preparation.raw_columns})
        self._fill(self._class, {str(i): name for i, name in enumerate(data.classes)})
        for combo, chosen in ((self._part, part), (self._score, score), (self._column, column)):
            combo.setCurrentIndex(max(0, combo.findData(chosen)))
        self._class.setCurrentIndex(max(0, len(data.classes) - 1))
        for widget in (self._class, self._class.property("label")):
            widget.setVisible(bool(data.classes))
        self._start()

    def _fill(self, combo: QComboBox, items: dict[str, str]) -> None:
        combo.clear()
        for key, label in items.items():
            combo.addItem(label, key)

    # -- importance ------------------------------------------------------------------------------------

    @Slot()
    def _start(self) -> None:
        """Rank the columns anew, and trace the chosen one on the same rows."""
        result, part, score = self._result, self._part.currentData(), self._score.currentData()
        if result is None or part is None:
            return
        if self._ranking is not None:
            self._ranking.cancel()

        def work(job: Job) -> Importance:
            from gdstudio.evaluation.explain.importance import permutation_importance

            return permutation_importance(
                predictor_of(result), rows_of(result, part), score=score, repeats=_REPEATS,
                progress=job.report, cancelled=lambda: job.cancelled,
            )  # fmt: skip

        self.importance.clear("Shuffling each column in turn…")
        self._words.clear()
        self._ranking = self._jobs.run(work, on_done=self._ranked, on_failed=self._not_ranked, on_progress=self._report)
        self._going(True)
        self._trace()

    @Slot(object)
    def _ranked(self, found: Importance) -> None:
        self._ranking = None
        self._going(self.busy)
        entry = cast(ScoreEntry, registry("scores")[found.score])
        order = np.argsort(-found.mean, kind="stable")
        low, high = found.interval
        worse = "falls" if entry.higher_is_better else "rises"
        names = [found.columns[i] for i in order]
        self.importance.set_bars(
            names, found.mean[order], ends=(low[order], high[order]), label=f"{entry.label} {worse} by"
        )
        sample = f"a sample of {found.rows:,} of {found.of:,}" if found.rows < found.of else f"{found.rows:,}"
        self._words.setText(
            f"{entry.label} on {sample} rows is {found.baseline:.4g}. A bar is by how much it {worse} when that column "
            f"alone is shuffled: the mean of {_REPEATS} shuffles, with its 95 % interval. Columns that say the same "
            "thing share their importance."
        )
        if not self._picked and self._column.currentData() != names[0]:
            self._column.setCurrentIndex(self._column.findData(names[0]))
            self._trace()

    @Slot(object)
    def _not_ranked(self, error: Exception) -> None:
        self._ranking = None
        self._going(self.busy)
        self.importance.clear(str(error) if isinstance(error, StudioError) else f"Not computed: {error}")

    # -- dependence ------------------------------------------------------------------------------------

    @Slot(str)
    def choose_column(self, name: str) -> None:
        """Trace another column."""
        place = self._column.findData(name)
        if place >= 0:
            self._column.setCurrentIndex(place)
            self._pick()

    @Slot()
    def _pick(self) -> None:
        """A person has chosen: a new ranking leaves the column alone."""
        self._picked = True
        self._trace()

    @Slot()
    def _trace(self) -> None:
        result, part, column = self._result, self._part.currentData(), self._column.currentData()
        if result is None or part is None or column is None:
            return
        if self._tracing is not None:
            self._tracing.cancel()

        def work(job: Job) -> Dependence:
            from gdstudio.evaluation.explain.dependence import partial_dependence

            return partial_dependence(
                predictor_of(result), rows_of(result, part), column,
                progress=job.report, cancelled=lambda: job.cancelled,
            )  # fmt: skip

        self._tracing = self._jobs.run(work, on_done=self._traced, on_failed=self._not_traced)
        self._going(True)

    @Slot(object)
    def _traced(self, found: Dependence) -> None:
        self._tracing = None
        self._going(self.busy)
        self._found = found
        self._draw()

    @Slot(object)
    def _not_traced(self, error: Exception) -> None:
        self._tracing, self._found = None, None
        self._going(self.busy)
        self._said.clear()
        self.dependence.clear(str(error) if isinstance(error, StudioError) else f"Not computed: {error}")

    @Slot()
    def _draw(self) -> None:
        found, result = self._found, self._result
        if found is None or result is None:
            return
        classes = result.dataset.classes
        output = max(0, self._class.currentIndex()) if classes else 0
        label = f"Probability of {classes[output]}" if classes else f"Predicted {result.dataset.preparation.target}"
        self.dependence.set_dependence(found, output, label)
        sample = f"a sample of {found.rows:,} of {found.of:,} rows" if found.rows < found.of else "every row"
        self._said.setText(
            f"The prediction when '{found.column}' is set to each value in {sample} and all else stays. Single rows "
            "that take another course than the mean show that the column works together with others."
        )

    # -- the work that goes ----------------------------------------------------------------------------

    @Slot(float, str)
    def _report(self, share: float, text: str) -> None:
        self._progress.setValue(round(100 * share))

    def _going(self, going: bool) -> None:
        self._progress.setVisible(going)
        self._cancel.setVisible(going)
        if not going:
            self._progress.setValue(0)

    @Slot()
    def _give_up(self) -> None:
        ranking = self._ranking is not None
        for job in (self._ranking, self._tracing):
            if job is not None:
                job.cancel()
        self._ranking = self._tracing = None
        self._going(False)
        if ranking:
            self.importance.clear("Cancelled. Choose rows or a score to begin again.")
