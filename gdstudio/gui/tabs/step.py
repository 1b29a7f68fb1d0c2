"""One step of the run taken apart: the batch, the chain through the layers, the move of any weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.tables.lines import LinesTable
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.messages import EmptyState

if TYPE_CHECKING:
    from gdstudio.core.history import Moment, RunHistory
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset
    from gdstudio.training.step_anatomy import StepReport

_EMPTY = (
    "Here one step of the training is taken apart with its real numbers: the rows of the batch, what each layer makes "
    "of them, the gradient on its way back, and how the optimizer moves any weight. It works step by step: press "
    "Step, or pause a run that goes."
)


@dataclass(frozen=True, eq=False)
class Taken:
    """A step that was taken apart.

    Attributes:
        report: Its numbers.
        stored: Name of a parameter → what the run had after the step; None where the step is still to be taken.
    """

    report: StepReport
    stored: dict[str, np.ndarray] | None


class StepTab(QWidget):
    """Asks a paused run for its state and shows the step that led there, or else the one that comes."""

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.step")
        self._session, self._theme, self._jobs = session, theme, jobs
        self._dataset: Dataset | None = None
        self._asked = -1
        self._moments: list[Moment] = []
        self._job: Job | None = None
        self._taken: Taken | None = None
        self._title = named(QLabel(), "step.title", "Which step is shown")
        self._title.setProperty("role", "title")
        self._said = named(QLabel(wordWrap=True), "step.said", "What the numbers say")
        self._where = named(QComboBox(), "step.parameter", "Parameter", "Which weights or biases of which layer")
        self._where.activated.connect(self._choose)
        self._places = []
        for name, label in (("step.unit", "Unit"), ("step.input", "Input")):
            box = named(QSpinBox(), name, label, f"{label} that the weight belongs to")
            box.setMinimum(1)
            box.valueChanged.connect(self._draw)
            self._places.append(box)
        self._chain = named(TableView(theme), "step.chain", "The chain through the layers")
        self._batch = named(TableView(theme), "step.batch", "The rows of the batch")
        self._sum = named(QLabel(wordWrap=True), "step.sum", "How the rows make the gradient")
        for table in (self._chain, self._batch):
            table.verticalHeader().hide()
        self._lines = named(LinesTable(), "step.lines", "The weight's step in numbers")
        self._empty = EmptyState(theme, "stairs", _EMPTY, "Take one step", name="step.take")
        self._empty.triggered.connect(session.step)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._make_page())
        layout = QVBoxLayout(self)
        layout.addWidget(self._pages)
        session.run_started.connect(self._run_started)
        session.state_changed.connect(self.refresh)

    def _make_page(self) -> QWidget:
        row = QHBoxLayout()
        row.addWidget(self._title, 1)
        row.addWidget(QLabel("Weight"))
        row.addWidget(self._where)
        self._names = [QLabel("to unit"), QLabel("from input")]
        for label, box in zip(self._names, self._places, strict=True):
            row.addWidget(label)
            row.addWidget(box)
        upper = QSplitter(Qt.Orientation.Horizontal)
        for title, table, below in (
            ("The chain: forward down, gradient up (root mean squares)", self._chain, None),
            ("The batch: what each row adds to this weight's gradient", self._batch, self._sum),
        ):
            side = QWidget()
            column = QVBoxLayout(side)
            column.setContentsMargins(0, 0, 0, 0)
            heading = QLabel(title, wordWrap=True)
            heading.setProperty("role", "title")
            column.addWidget(heading)
            column.addWidget(table, 1)
            if below is not None:
                column.addWidget(below)
            upper.addWidget(side)
        upper.setChildrenCollapsible(False)
        both = QSplitter(Qt.Orientation.Vertical)
        both.addWidget(upper)
        both.addWidget(self._lines)
        both.setChildrenCollapsible(False)
        both.setSizes([3, 2])
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self._said)
        column.addWidget(both, 1)
        return page

    # -- following the run -----------------------------------------------------------------------------

    @Slot()
    def _run_started(self) -> None:
        self._dataset = self._session.dataset
        self._asked, self._moments, self._taken = -1, [], None
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._pages.setCurrentIndex(0)

    def showEvent(self, event: QShowEvent) -> None:
        """Look at what is about to be seen."""
        super().showEvent(event)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Ask a paused run for its state, once a step, and take a step apart when a new state is there."""
        session = self._session
        if not self.isVisible() or self._job is not None or session.control is None or session.state != "Paused":
            return
        history = session.history
        steps = history.steps.snapshot()["step"]
        done = int(steps[-1]) if len(steps) else 0
        moment = history.moment
        if (moment is None or moment.step != done) and self._asked != done:
            self._asked = done
            session.control.request_moment()
        if moment is None or (self._moments and self._moments[-1] is moment):
            return
        self._moments = [*self._moments[-1:], moment]
        if self._dataset is not None:
            self._take(session.run_spec, self._dataset, history)

    def _take(self, spec: ExperimentSpec, dataset: Dataset, history: RunHistory) -> None:
        now = self._moments[-1]
        before = next((m for m in self._moments[:-1] if m.step == now.step - 1), None)

        def work(job: Job) -> Taken:
            from gdstudio.training.step_anatomy import take_apart

            if before is None:
                return Taken(take_apart(spec, dataset, now), None)
            steps = history.steps.snapshot()
            rate = float(steps["learning_rate"][np.flatnonzero(steps["step"] == now.step)[0]])
            report = take_apart(spec, dataset, before, rate)
            return Taken(report, {name: now.state["model"][name].cpu().numpy() for name in report.after})

        self._job = self._jobs.run(work, on_done=self._show, on_failed=self._failed)

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._job = None
        self._said.setText(f"The step could not be taken apart: {error}")

    @Slot(object)
    def _show(self, taken: Taken) -> None:
        self._job = None
        self._taken = taken
        report = taken.report
        names = list(report.before)
        if [self._where.itemData(i) for i in range(self._where.count())] != names:
            self._where.clear()
            for name in names:
                shape = " × ".join(f"{n:,}" for n in report.before[name].shape)
                self._where.addItem(f"{name.replace('.', ', ')} ({shape})", name)
        self._pages.setCurrentIndex(1)
        self._choose()
        self.refresh()

    # -- drawing ---------------------------------------------------------------------------------------

    @Slot()
    def _choose(self) -> None:
        """Another parameter has other places."""
        if self._taken is None or self._where.currentIndex() < 0:
            return
        shape = self._taken.report.before[self._where.currentData()].shape
        for axis, (label, box) in enumerate(zip(self._names, self._places, strict=True)):
            box.blockSignals(True)
            box.setMaximum(shape[axis] if axis < len(shape) else 1)
            box.blockSignals(False)
            box.setVisible(axis < len(shape))
            label.setVisible(axis < len(shape))
        self._draw()

    @Slot()
    def _draw(self) -> None:
        taken = self._taken
        if taken is None:
            return
        report, name = taken.report, self._where.currentData()
        place = tuple(box.value() - 1 for box in self._places)[: report.before[name].ndim]
        when = "to be taken next" if taken.stored is None else "just taken"
        self._title.setText(f"Step {report.step:,}, {when}: epoch {report.epoch}, learning rate {report.rate:g}")
        self._said.setText(self._sentence(taken, name, place))
        self._draw_chain(report)
        self._draw_batch(report, name, place)
        lines = report.lines(name, place)
        if lines is None:
            before, after = report.before[name][place], report.after[name][place]
            self._lines.show_sentence(
                f"This optimizer's step is not taken apart: the value goes from {before:.7g} to {after:.7g}."
            )
        else:
            self._lines.show_lines(lines, 0)

    def _sentence(self, taken: Taken, name: str, place: tuple[int, ...]) -> str:
        report = taken.report
        penalties = f" With the penalties it is {report.objective:.6g}." if any(report.penalties) else ""
        loss = f"The loss of this batch of {len(report.rows):,} rows is {report.loss:.6g}.{penalties}"
        if taken.stored is None:
            return f"{loss} Press Step: the weight will have the new value below."
        same = all(np.array_equal(report.after[n], taken.stored[n]) for n in report.after)
        if same:
            return f"{loss} All new values are those that the run now has, to the last bit."
        return (
            f"{loss} The run now has {taken.stored[name][place]:.9g} here and not {report.after[name][place]:.9g}: "
            "this device does not add in the same order twice."
        )

    def _draw_chain(self, report: StepReport) -> None:
        import pandas as pd

        from gdstudio.gui.tables.frame import FrameModel

        rows = [
            {
                "Layer": f"{link.name.replace('_', ' ')}: {link.layer}" if link.name else link.layer,
                "Output": _size(link.outputs),
                "Gradient": _size(link.gradient),
                "of its weights": _size(report.gradients[weights]) if weights in report.gradients else np.nan,
            }
            for link in report.chain
            for weights in (f"{link.name}.weight",)
        ]
        self._chain.set_model(FrameModel(pd.DataFrame(rows), self._theme))

    def _draw_batch(self, report: StepReport, name: str, place: tuple[int, ...]) -> None:
        import pandas as pd

        from gdstudio.gui.tables.frame import FrameModel

        frame = pd.DataFrame({"Row": report.rows + 1, "Target": report.targets, "Output": report.outputs[:, 0]})
        found = report.contributions(name, place)
        gradient = float(report.gradients[name][place])
        if found is None:
            self._sum.setText(f"The gradient is {gradient:.6g}; it does not come from the rows one by one.")
        else:
            source = self._input_name(report, name, place)
            frame[source] = found.inputs
            frame["Gradient at unit"] = found.deltas
            frame["Product"] = found.products
            total = float(found.products.astype(np.float64).sum())
            extra = f", the penalties add {found.penalty:.6g}" if found.penalty else ""
            self._sum.setText(f"The products add up to {total:.6g}{extra}: the gradient is {gradient:.6g}.")
        self._batch.set_model(FrameModel(frame, self._theme))

    def _input_name(self, report: StepReport, name: str, place: tuple[int, ...]) -> str:
        """What the weight multiplies."""
        if len(place) < 2:
            return "1, for a bias"
        first = next(n for n, values in report.before.items() if values.ndim == 2)
        if name == first and self._dataset is not None:
            return str(self._dataset.feature_names[place[1]])
        return f"unit {place[1] + 1} below"


def _size(values: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(values.astype(np.float64)).mean())) if values.size else 0.0
