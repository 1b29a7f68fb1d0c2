"""The run as it goes: loss, score, gradient, learning rate, and for two features the decision boundary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from gdstudio.core.errors import StudioError
from gdstudio.gui.charts.line import LineChart
from gdstudio.gui.naming import named
from gdstudio.gui.portions import Portions, portions_of
from gdstudio.gui.runs import Run
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.boundary import Boundary
from gdstudio.gui.tabs.why import WhyPanel
from gdstudio.gui.theme import PartName, Theme
from gdstudio.optim.plan import planned_rates

if TYPE_CHECKING:
    from gdstudio.core.events import Started
    from gdstudio.core.history import Column, RunHistory

_AXES = {"step": "Step", "epoch": "Epoch", "examples": "Examples seen", "seconds": "Time of training / s"}
_CURRENT, _PLAN = "current", "plan"
#: The boundary is drawn with every so many frames of the charts.
_BOUNDARY_TURNS = 5
#: Of more runs only the epochs are drawn: their batches would be one grey cloud.
_FEW_RUNS = 8
#: Further ones are drawn so many at a time, a few milliseconds each.
_RUNS_AT_ONCE = 2
#: A longer run is shown as it grows: its beginning would be a speck at the left edge.
_WHOLE_STEPS = 20_000


class TrainingTab(QWidget):
    """Charts that poll the history of the run that goes; finished runs that are ticked are drawn beside it."""

    def __init__(
        self, session: Session, theme: Theme, boundary: Boundary, why: WhyPanel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("tab.training")
        self._session = session
        self._boundary = boundary
        self._why = why
        self.loss = LineChart(theme, "Loss", "Loss", empty="Press Start: the loss of each step will be drawn here.")
        self.score = LineChart(theme, "Accuracy", "Accuracy", empty="The share of right predictions, epoch by epoch.")
        self.gradient = LineChart(theme, "Gradient norm", "Gradient norm", empty="How steep the loss is at each step.")
        self.rate = LineChart(theme, "Learning rate", "Learning rate", empty="The rate that each step used.")
        self._charts = (self.loss, self.score, self.gradient, self.rate)
        # While a run goes one chart is drawn at a time; the loss is what people watch.
        self._turns = (self.loss, self.score, self.loss, self.gradient, self.loss, self.rate)
        self._turn = 0
        self._extent: Started | None = None
        self._waiting: list[Run] = []
        self._more = QTimer(self, interval=0)
        self._more.timeout.connect(self._draw_more)
        self._axis = named(QComboBox(), "charts.x_axis", "Horizontal axis", "What the charts' horizontal axis counts")
        for key, label in (
            ("step", "Steps"), ("epoch", "Epochs"), ("examples", "Examples seen"), ("seconds", "Seconds"),
        ):  # fmt: skip
            self._axis.addItem(label, key)
        self._axis.activated.connect(self.redraw)
        self._log = named(
            QCheckBox("Logarithmic loss"), "charts.log_loss", "Logarithmic loss",
            "Draw the loss on a logarithmic axis: late progress shows as clearly as early",
        )  # fmt: skip
        self._log.toggled.connect(self.loss.set_log_y)
        self._lay_out()
        session.run_started.connect(self.redraw)
        session.runs_changed.connect(self.redraw)
        session.table_changed.connect(self._table_changed)
        session.spec_changed.connect(self._show_plan)

    def _lay_out(self) -> None:
        name = QLabel("Horizontal axis")
        name.setBuddy(self._axis)
        controls = QHBoxLayout()
        controls.addWidget(name)
        controls.addWidget(self._axis)
        controls.addWidget(self._log)
        controls.addStretch(1)
        upper, lower = QSplitter(Qt.Orientation.Horizontal), QSplitter(Qt.Orientation.Horizontal)
        for splitter, widgets in ((upper, (self.loss, self._boundary)), (lower, self._charts[1:])):
            for widget in widgets:
                splitter.addWidget(widget)
            splitter.setChildrenCollapsible(False)
        upper.setSizes([3, 2])
        both = QSplitter(Qt.Orientation.Vertical)
        both.addWidget(upper)
        both.addWidget(lower)
        both.setSizes([3, 2])
        both.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(self._why)
        layout.addWidget(both, 1)

    @Slot()
    def _table_changed(self) -> None:
        dataset = self._session.dataset
        regression = dataset is not None and dataset.task == "regression"
        self.score.set_title("R²" if regression else "Accuracy", "R²" if regression else "Accuracy")
        self._boundary.setVisible(self._boundary.fits)
        self.redraw()

    @Slot()
    def redraw(self) -> None:
        """Draw everything anew: other runs, or another axis."""
        self._extent = None
        current = self._session.history
        self._waiting = [
            run
            for run in self._session.runs
            if run.shown and run.result.history is not current and self._comparable(run)
        ]
        with ExitStack() as together:
            for chart in self._charts:
                together.enter_context(chart.together())
                chart.set_x_label(_AXES[self._axis.currentData()])
            self._draw_waiting(_FEW_RUNS if len(self._waiting) <= _FEW_RUNS else _RUNS_AT_ONCE)
            self._show_plan()
            self.refresh()
        self._more.start()

    @Slot()
    def _draw_more(self) -> None:
        """Draw the next runs of those that wait, and leave the window to the person in between."""
        if not self._waiting:
            self._more.stop()
            return
        with ExitStack() as more:
            for chart in self._charts:
                more.enter_context(chart.more())
            self._draw_waiting(_RUNS_AT_ONCE)

    def _draw_waiting(self, count: int) -> None:
        """Draw so many of the runs that wait."""
        for run in self._waiting[:count]:
            self._draw(run.result.history, f"run{run.id}", run.name, run.color, portions_of(run.result))
        del self._waiting[:count]

    def refresh(self) -> None:
        """Draw what the run has written: one chart a call while it goes, so that no call holds the window up."""
        history = self._session.history
        name, color = self._name_of(history)
        self._show_extent()
        drawn: tuple[LineChart, ...] = self._charts
        for chart in drawn:
            chart.set_hurried(self._session.busy)
        if self._session.busy:
            drawn = (self._turns[self._turn % len(self._turns)],)
            self._turn += 1
        if len(history.steps):
            self._draw(history, _CURRENT, name, color, self._portions_of(history), drawn)
        if self._boundary.isVisible() and (not self._session.busy or self._turn % _BOUNDARY_TURNS == 0):
            self._boundary.refresh()

    def _show_extent(self) -> None:
        """Show the whole length of the run from its first step, so that nothing moves while it goes."""
        started = self._session.started
        if started is None or started is self._extent or self._axis.currentData() == "seconds":
            return
        self._extent = started
        if started.total_steps <= _WHOLE_STEPS:
            end = self._portions_of(self._session.history).at(np.array([started.total_steps]), self._axis.currentData())
            for chart in self._charts:
                chart.set_x_extent(0, float(end[0]))

    @Slot()
    def _show_plan(self) -> None:
        """Draw the rates that the settings on screen will give, so that a schedule is seen before it is used."""
        axis, portions = self._axis.currentData(), self._portions_of(None)
        plan = None
        if portions.rows and axis != "seconds" and not self._session.busy:
            spec = self._session.spec
            try:
                total = spec.training.epochs * portions.per_epoch
                plan = planned_rates(spec.schedule, float(spec.get("optimizer.lr")), total, portions.per_epoch)
            except StudioError:  # the form says why; a run of these settings would be refused too
                plan = None
        if plan is None:
            if not self._session.busy:
                self.rate.remove_series(_PLAN)
            return
        self.rate.set_series(_PLAN, "Planned", portions.at(plan[0], axis), plan[1], color_index=0, faint=True)
        if self.rate.is_following:
            self.rate.fit()

    def _portions_of(self, history: RunHistory | None) -> Portions:
        """How the run that writes ``history`` portions its rows; of the settings on screen without one."""
        for run in self._session.runs:
            if history is not None and run.result.history is history:
                return portions_of(run.result)
        dataset = self._session.dataset
        spec = self._session.spec if history is None else self._session.run_spec
        return Portions(len(dataset.train) if dataset is not None else 0, spec.training.batch_size)

    def _comparable(self, run: Run) -> bool:
        """Whether a run has the data and the target that are on screen: losses of others mean something else."""
        table, spec = self._session.table, self._session.spec
        mine = run.result.dataset
        return table is not None and mine.table.data_hash == table.data_hash and mine.spec.target == spec.data.target

    def _name_of(self, history: RunHistory) -> tuple[str, int]:
        """Name and hue of the run that writes ``history``: those it will have in the list."""
        for run in self._session.runs:
            if run.result.history is history:
                return run.name, run.color
        return "This run", self._session.next_color

    def _draw(
        self,
        history: RunHistory,
        key: str,
        name: str,
        color: int,
        portions: Portions,
        charts: tuple[LineChart, ...] | None = None,
    ) -> None:
        """Draw a run on all charts, or on some."""
        charts = charts or self._charts
        steps, epochs = history.steps.snapshot(), history.epochs.snapshot()
        axis = self._axis.currentData()
        per_step = steps["seconds"] if axis == "seconds" else portions.at(steps["step"], axis)
        per_epoch = epochs["seconds"] if axis == "seconds" else portions.at(epochs["step"], axis)
        if self.loss in charts and (key == _CURRENT or self._shown_runs() <= _FEW_RUNS):
            batch = f"{name}, each batch"
            self.loss.set_series(f"{key}.batch", batch, per_step, steps["train_loss"], color_index=color, faint=True)
        for chart, quantity, parts in self._epoch_series(epochs):
            for part in parts if chart in charts else ():
                y = epochs[f"{part}_{quantity}"]
                chart.set_series(f"{key}.{part}", f"{name}, {part}", per_epoch, y, part=part, color_index=color)
        if self.gradient in charts:
            x, y = per_step, steps["gradient_norm"]
            measured = ~np.isnan(y)
            if not measured.all():
                x, y = x[measured], y[measured]
            self.gradient.set_series(f"{key}.norm", name, x, y, color_index=color)
        if self.rate in charts:
            self.rate.set_series(f"{key}.rate", name, per_step, steps["learning_rate"], color_index=color)

    def _shown_runs(self) -> int:
        return sum(run.shown for run in self._session.runs)

    def _epoch_series(self, epochs: Mapping[str, Column]) -> Iterator[tuple[LineChart, str, list[PartName]]]:
        """The chart, the quantity and the parts that were measured."""
        for chart, quantity in ((self.loss, "loss"), (self.score, "accuracy"), (self.score, "r2")):
            names: tuple[PartName, ...] = ("train", "validation")
            parts = [p for p in names if not np.isnan(epochs[f"{p}_{quantity}"]).all()]
            if parts:
                yield chart, quantity, parts
