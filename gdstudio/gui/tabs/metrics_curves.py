"""Curves of the classes, and for two classes the threshold that moves everything that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QLabel, QSplitter, QVBoxLayout, QWidget

from gdstudio.gui.charts.confusion import ConfusionMatrixChart
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.tabs.metrics_curve_pane import CurvePane, Found, make_curves
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.threshold_bar import GOALS, ThresholdBar

if TYPE_CHECKING:
    from gdstudio.evaluation.threshold import Outcome, Sweep
    from gdstudio.training.result import RunResult

_ALL = ""


@dataclass
class _Known:
    """What was computed of one run; it grows with what is looked at.

    Attributes:
        sweeps: Part → what follows from every threshold; empty for more than two classes.
        reasons: Part → why it has none.
        curves: (kind, part, class) → curves and what stands below them.
    """

    sweeps: dict[str, Sweep] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    curves: dict[tuple[str, str, str], Found] = field(default_factory=dict)


class CurvesPage(QWidget):
    """Threshold above, confusion matrix at the left, two curves at the right.

    Signals:
        rows_wanted(rows, why): The rows of a cell are to be listed.
    """

    rows_wanted = Signal(object, str)

    def __init__(self, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("metrics.curves")
        self._jobs = jobs
        self._job: Job | None = None
        self._result: RunResult | None = None
        self._part = ""
        self._known = _Known()
        self._threshold = 0.5
        self.bar = ThresholdBar(theme)
        self.confusion = ConfusionMatrixChart(theme, name="chart.threshold_confusion")
        self.panes = (
            CurvePane(theme, "metrics.curve", "&Curve", "roc"),
            CurvePane(theme, "metrics.curve.second", "Cur&ve", "precision_recall"),
        )
        self._class = named(
            QComboBox(), "metrics.curve.class", "Class", "The class whose curve is drawn, against all others together"
        )
        self._class_label = QLabel("C&lass")
        self._class_label.setBuddy(self._class)
        for control in (self._class_label, self._class):
            self.panes[0].chooser.addWidget(control)
        both = QSplitter(Qt.Orientation.Horizontal)
        for place, widget in enumerate((self.confusion, *self.panes)):
            both.addWidget(widget)
            both.setStretchFactor(place, 3 if place else 2)
        both.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.addWidget(self.bar)
        layout.addWidget(both, 1)
        self.bar.moved.connect(self._moved)
        self.bar.wanted.connect(self._pick)
        self.confusion.cell_chosen.connect(self._cell_chosen)
        for pane in self.panes:
            pane.chosen.connect(self._load)
        self._class.activated.connect(self._load)

    @property
    def busy(self) -> bool:
        """Whether something is being computed."""
        return self._job is not None

    @property
    def threshold(self) -> float:
        """From which probability on a row counts as the positive class."""
        return self._threshold

    def show_part(self, result: RunResult, part: str) -> None:
        """Draw a part of a run; a run that is not the last one begins at the usual threshold."""
        if result is not self._result:
            self._take(result)
        self._part = part
        self._load()

    def _take(self, result: RunResult) -> None:
        from gdstudio.evaluation.threshold import AS_PREDICTED

        self._result, self._known = result, _Known()
        if self.bar.usual or self.bar.goal is not None:
            self._threshold = AS_PREDICTED
        two = result.dataset.task == "binary"
        self.bar.setVisible(two)
        self.confusion.setVisible(two)
        self._class.clear()
        self._class.addItem("All classes", _ALL)
        for name in result.dataset.classes:
            self._class.addItem(name, name)
        for widget in (self._class, self._class_label):
            widget.setVisible(not two)

    # -- computed in the background --------------------------------------------------------------------

    @Slot()
    def _load(self) -> None:
        """Compute what is to be seen and not known yet."""
        result, part, known = self._result, self._part, self._known
        if result is None or not part:
            return
        if self._job is not None:
            self._job.cancel()
        kinds, cls = tuple(pane.kind for pane in self.panes), str(self._class.currentData() or _ALL)
        if not cls and len(result.dataset.classes) == 2:
            cls = result.dataset.classes[-1]

        def work(job: Job) -> None:
            for kind in kinds:
                if (kind, part, cls) not in known.curves and not job.cancelled:
                    known.curves[kind, part, cls] = make_curves(result, kind, part, cls)
            if result.dataset.task == "binary":
                _add_sweeps(result, known)

        self._job = self._jobs.run(work, on_done=lambda _: self._loaded(cls), on_failed=self._failed)

    def _loaded(self, cls: str) -> None:
        self._job = None
        for pane in self.panes:
            pane.show_curves(self._known.curves[pane.kind, self._part, cls])
        if self._result is not None and self._result.dataset.task == "binary":
            held = self._known.reasons.get("validation", "")
            if "validation" not in self._known.sweeps:
                held = held or "There are no validation rows to pick a threshold on."
            self.bar.offer_goals(held)
            self._pick()

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._job = None
        for pane in self.panes:
            pane.fail(error)

    # -- the threshold ---------------------------------------------------------------------------------

    @Slot(float)
    def _moved(self, threshold: float) -> None:
        self._threshold = threshold
        self._draw()

    @Slot()
    def _pick(self) -> None:
        """Find the threshold that the goal asks for on the validation rows, and draw what follows."""
        from gdstudio.evaluation.threshold import AS_PREDICTED, best_threshold

        held, goal = self._known.sweeps.get("validation"), self.bar.goal
        if goal is not None and held is not None:
            self._threshold = best_threshold(held, goal, self.bar.costs, self.bar.recall)
        elif self.bar.usual:
            self._threshold = AS_PREDICTED
        self._draw()

    def _draw(self) -> None:
        """Matrix, scores and point at the threshold; only looks up what is known."""
        result, swept = self._result, self._known.sweeps.get(self._part)
        if result is None or result.dataset.task != "binary":
            return
        self.bar.show_threshold(self._threshold)
        outcome = None if swept is None else swept.at(self._threshold)
        for pane in self.panes:
            pane.show_outcome(outcome, self._threshold)
        if outcome is None:
            self.bar.show_outcome(None, self._known.reasons.get(self._part, ""))
            self.confusion.set_matrix(result.metrics[self._part]["confusion_matrix"], result.dataset.classes)
            return
        self.confusion.set_matrix(outcome.matrix, result.dataset.classes)
        self.bar.show_outcome(outcome, self._sentence())

    def _sentence(self) -> str:
        """Where the threshold is from, and how it does on the test rows."""
        goal, sweeps = self.bar.goal, self._known.sweeps
        if goal is None or "validation" not in sweeps:
            return ""
        name = GOALS[goal][1]
        held = self._worth(sweeps["validation"].at(self._threshold))
        best = "lowest" if goal == "cost" else "highest"
        where = f" of those that find at least {self.bar.recall:.0%}" if goal == "recall" else ""
        at = f"from {self._threshold:.4g} on: {held}"
        said = f"Picked on the validation rows, where the {name}{where} is {best} {at}."
        if "test" not in sweeps:
            return f"{said} There are no test rows to judge it on."
        from gdstudio.evaluation.threshold import AS_PREDICTED

        test = sweeps["test"].at(self._threshold)
        usual = self._worth(sweeps["test"].at(AS_PREDICTED))
        found = f" at a recall of {test.recall:.3f}" if goal == "recall" else ""
        return f"{said} On the test rows, which had no say in it: {self._worth(test)}{found}; at 0.5 it is {usual}."

    def _worth(self, outcome: Outcome) -> str:
        """What an outcome is worth to the goal, as text."""
        from gdstudio.evaluation.entry import UndefinedScoreError

        goal = self.bar.goal
        try:
            if goal == "cost":
                return f"{outcome.cost(self.bar.costs):,.10g}"
            return f"{getattr(outcome, 'precision' if goal == 'recall' else str(goal)):.3f}"
        except UndefinedScoreError:
            return "not defined"

    @Slot(int, int)
    def _cell_chosen(self, row: int, column: int) -> None:
        result = self._result
        if result is None:
            return
        found, classes = result.predictions[self._part], result.dataset.classes
        if found.probabilities is None:
            return
        called = found.probabilities[:, -1] >= self._threshold
        rows = found.rows[(found.target_codes == row) & (called == bool(column))]
        at = "" if self.bar.usual else f" at a threshold of {self._threshold:.4g}"
        self.rows_wanted.emit(rows, f"Target {classes[row]}, predicted {classes[column]}{at}")


def _add_sweeps(result: RunResult, known: _Known) -> None:
    """What follows from every threshold on every part."""
    from gdstudio.evaluation.entry import UndefinedScoreError
    from gdstudio.evaluation.threshold import sweep

    for part, predictions in result.predictions.items():
        if part in known.sweeps or part in known.reasons:
            continue
        try:
            known.sweeps[part] = sweep(predictions, predictions.classes[-1])
        except UndefinedScoreError as error:
            known.reasons[part] = error.reason


def rows_of_cell(result: RunResult, part: str, row: int, column: int) -> np.ndarray:
    """Rows ``(n,)`` of the source whose class is ``row`` and whose predicted class is ``column``, by their numbers."""
    found = result.predictions[part]
    return np.asarray(found.rows[(found.target_codes == row) & (found.prediction_codes == column)])
