"""Gradient descent on any function: several optimizers walk down a formula, step by step, forwards and backwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.gui.charts.descent import DescentChart, Path
from gdstudio.gui.charts.line import LineChart
from gdstudio.gui.charts.map_and_surface import MapAndSurface
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.race import Map, Race, descend, label_of, map_of, momenta_of
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.function_controls import FunctionControls
from gdstudio.gui.tabs.step_anatomy import StepAnatomy
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.scroll import scrolled

if TYPE_CHECKING:
    from gdstudio.training.minimize import MinimizeResult

_FRAME_MILLISECONDS = 40
#: Steps a second.
_SPEEDS = {"1 step/s": 1, "5 steps/s": 5, "25 steps/s": 25, "100 steps/s": 100, "500 steps/s": 500}
#: A person who drags or types is left in peace for so long.
_WAIT_MILLISECONDS = 120
#: Steps of each path that are drawn while the start is dragged: quick enough to follow the hand.
_PREVIEW_STEPS = 80


class FunctionsTab(QWidget):
    """The map of the function with the paths on it, the loss curves, one step taken apart, and how to play it."""

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.functions")
        self._session, self._theme, self._jobs = session, theme, jobs
        # What is drawn belongs to the race that was computed, which an edit may have left behind.
        self._shown = session.race
        self._results: list[MinimizeResult] = []
        self._map: Map | None = None
        self._mapped: tuple[Any, ...] = ()
        self._job: Job | None = None
        self._step = 0
        self._begun = False
        # The race from where the start is being dragged; what is asked is another one only when it is let go.
        self._preview: Race | None = None
        self._preview_job: Job | None = None
        self.controls = FunctionControls(theme)
        self.controls.edited.connect(session.edit_race)
        session.race_changed.connect(self._race_changed)
        self.chart = DescentChart(theme, "Function")
        self.chart.start_chosen.connect(self._place_start)
        self.chart.start_dragged.connect(self._follow)
        self.views = MapAndSurface(self.chart, theme, "function")
        self.losses = LineChart(theme, "Value at each step", "f", "Step", name="chart.descent_values")
        self.losses.set_log_y(True)
        self.anatomy = StepAnatomy(theme)
        self._said = named(QLabel(wordWrap=True), "function.said", "How the descents ended")
        self._said.setProperty("role", "muted")
        self._log = named(
            QCheckBox("Log colours"), "function.log", "Logarithmic colours",
            "Colour by the logarithm of the value above the lowest one: flat valleys show their shape",
        )  # fmt: skip
        self._log.setChecked(True)
        self._annotate = named(
            QCheckBox("Arrows"), "function.annotate", "Arrows and numbers",
            "Show where gradient and momentum point at this step, and their numbers",
        )  # fmt: skip
        self._annotate.setChecked(True)
        self._annotate.toggled.connect(self.chart.set_annotated)
        self._log.toggled.connect(self._draw_map)
        self._wait = QTimer(self, singleShot=True, interval=_WAIT_MILLISECONDS)
        self._wait.timeout.connect(self._compute)
        self._play_timer = QTimer(self, interval=_FRAME_MILLISECONDS)
        self._play_timer.timeout.connect(self._tick)
        self._owed = 0.0
        self._lay_out(self._make_player())
        self.controls.show_race(session.race)
        theme.changed.connect(self._draw_results)

    # -- layout ----------------------------------------------------------------------------------------

    def _make_player(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._buttons: dict[str, QToolButton] = {}
        for name, icon, label, tip, call in (
            ("first", "skip-backward", "To the start", "Back to the start", lambda: self._go_to(0)),
            ("back", "skip-previous", "Step back", "One step back", lambda: self._go_to(self._step - 1)),
            ("play", "play", "Play", "Let the steps follow one another, or pause", self._play),
            ("next", "skip-next", "Step", "One step on", lambda: self._go_to(self._step + 1)),
            ("last", "skip-forward", "To the end", "To the last step", lambda: self._go_to(self.last_step)),
        ):
            button = named(QToolButton(), f"function.{name}", label, tip)
            button.setIcon(self._theme.icon(icon))
            button.clicked.connect(lambda checked=False, call=call: call())
            row.addWidget(button)
            self._buttons[name] = button
        self._slider = named(QSlider(Qt.Orientation.Horizontal), "function.step", "Step", "Drag to any step")
        self._slider.valueChanged.connect(self._go_to)
        row.addWidget(self._slider, 1)
        self._counter = QLabel()
        self._counter.setMinimumWidth(round(7 * self._theme.em))
        row.addWidget(self._counter)
        self._speed = named(QComboBox(), "function.speed", "Speed", "Steps shown in a second")
        for label, speed in _SPEEDS.items():
            self._speed.addItem(label, speed)
        self._speed.setCurrentIndex(2)
        row.addWidget(self._speed)
        row.addWidget(self._log)
        row.addWidget(self._annotate)
        return row

    def _lay_out(self, player: QHBoxLayout) -> None:
        below = QSplitter(Qt.Orientation.Horizontal)
        below.addWidget(self.losses)
        below.addWidget(self.anatomy)
        below.setChildrenCollapsible(False)
        below.setSizes([2, 3])
        views = QSplitter(Qt.Orientation.Vertical)
        views.addWidget(self.views)
        views.addWidget(below)
        views.setChildrenCollapsible(False)
        views.setStretchFactor(0, 3)
        views.setStretchFactor(1, 2)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(player)
        said = QHBoxLayout()
        said.addWidget(self._said, 1)
        said.addWidget(self.views.switch)
        column.addLayout(said)
        column.addWidget(views, 1)
        page = QSplitter(Qt.Orientation.Horizontal)
        page.addWidget(self.controls)
        page.addWidget(right)
        page.setChildrenCollapsible(False)
        page.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(scrolled(page))

    def showEvent(self, event: Any) -> None:
        """Compute when it is looked at for the first time: that needs torch."""
        super().showEvent(event)
        if not self._begun:
            self._begun = True
            self.chart.set_empty(True, "The descents are being computed; the first time takes a few seconds.")
            self._compute()

    # -- what is asked ---------------------------------------------------------------------------------

    @property
    def race(self) -> Race:
        """What is asked."""
        return self._session.race

    @property
    def results(self) -> list[MinimizeResult]:
        """What came of it, an entry an optimizer."""
        return self._results

    @Slot()
    def _race_changed(self) -> None:
        self._preview = None
        self.controls.show_race(self._session.race)
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self._begun:
            self._wait.start()

    @Slot(float, float)
    def _place_start(self, x: float, y: float) -> None:
        race = self.race.with_start(x, y)
        if race == self.race:  # dragged back to where it was
            self._race_changed()
        self._session.edit_race(race)

    @Slot(float, float)
    def _follow(self, x: float, y: float) -> None:
        """Draw the first steps from where the start is being dragged, as often as that can be done."""
        self._pause()
        self.chart.leave()
        self._preview = self.race.with_start(x, y)
        if self._preview_job is None:
            self._look_ahead()

    def _look_ahead(self) -> None:
        race, control = self._preview, RunControl()
        if race is None:
            return
        self._preview = None
        few = race.training.model_copy(update={"steps": min(race.training.steps, _PREVIEW_STEPS)})
        race = replace(race, training=few)
        self._preview_job = self._jobs.run(
            lambda job: (race, descend(race, job.report, control)),
            on_done=self._looked_ahead, on_failed=self._not_looked_ahead, control=control,
        )  # fmt: skip

    @Slot(object)
    def _looked_ahead(self, found: tuple[Race, list[MinimizeResult]]) -> None:
        self._preview_job = None
        if self.chart.dragging:
            self.chart.set_paths(_paths(*found), _PREVIEW_STEPS)
            self._look_ahead()

    @Slot(object)
    def _not_looked_ahead(self, error: Exception) -> None:
        """There is no value where the start is held: what stands there when it is let go says so."""
        self._preview_job = None
        if self.chart.dragging:
            self._look_ahead()

    # -- computing -------------------------------------------------------------------------------------

    @Slot()
    def _compute(self) -> None:
        """All descents and, where the function or the view is another one, the map, in the background."""
        if self._job is not None:
            self._job.cancel()
        race = self.race
        control = RunControl()
        wanted = (race.objective.formula, tuple(race.objective.parameters.items()), race.ranges, race.axes,
                  race.training.start if len(race.training.start) > 2 else ())  # fmt: skip
        known = self._map if wanted == self._mapped else None

        def work(job: Job) -> tuple[Race, Map, list[MinimizeResult], tuple[Any, ...]]:
            made = known or map_of(race, race.ranges)
            return race, made, descend(race, job.report, control), wanted

        self._job = self._jobs.run(work, on_done=self._computed, on_failed=self._failed, control=control)

    @Slot(object)
    def _computed(self, found: tuple[Race, Map, list[MinimizeResult], tuple[Any, ...]]) -> None:
        self._job = None
        before, at_end = self._shown.objective.formula, self._step >= self.last_step
        self._shown, made, self._results, wanted = found
        if wanted != self._mapped:
            self._map, self._mapped = made, wanted
            self._draw_map()
        last = self.last_step
        self._slider.blockSignals(True)
        self._slider.setRange(0, last)
        self._slider.blockSignals(False)
        self._said.setText("  ".join(
            f"{label_of(o)}: {r.message} Lowest value {np.nanmin(r.values):.6g}."
            for o, r in zip(self._shown.optimizers, self._results, strict=True)
        ))  # fmt: skip
        self._draw_results()
        # A step that a person looks at stays, unless it is another function.
        self.show_step(last if at_end or before != self._shown.objective.formula else self._step)

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._job = None
        self._results = []
        self._said.setText("")
        self.chart.set_paths([], 0)
        if self._map is None:
            self.chart.set_empty(True, "Choose a function or type a formula.")
        self.losses.clear()
        self.anatomy.set_results((), [])
        if isinstance(error, StudioError):
            self.controls.show_problem(error)
        else:
            self._session.message.emit("error", f"The descent could not be computed: {error}", "")

    # -- drawing ---------------------------------------------------------------------------------------

    @Slot()
    def _draw_map(self) -> None:
        made, race = self._map, self._shown
        if made is None:
            return
        line = len(made.y) == 1
        log = self._log.isChecked() and not line
        finite = made.values[np.isfinite(made.values)]
        lowest = float(finite.min()) if finite.size else 0.0
        spread = float(finite.max()) - lowest if finite.size else 1.0
        # Measured above the lowest value, so that functions below zero can be coloured by a logarithm too.
        values = made.values - lowest + 1e-6 * (spread or 1.0) if log else made.values
        names = race.variables
        self.chart.set_axis_label("bottom", names[race.axes[0]])
        self.chart.set_axis_label("left", names[race.axes[1]] if len(names) > 1 else "f")
        entry: Any = registry("surfaces")[race.surface] if race.surface else None
        lowest_points = [(*m.point, m.value)[:2] for m in entry.minima] if entry else []
        self.chart.set_minima(lowest_points)
        self.chart.set_title(entry.label if entry else "Your function")
        # Last, since the surface takes over names along with the map.
        self.chart.set_picture(made.x, made.y, values, measure="f above its lowest" if log else "f", log=log)

    @Slot()
    def _draw_results(self) -> None:
        race = self._shown
        if not self._results:
            return
        paths = _paths(race, self._results)
        start = race.training.start
        if not self.chart.dragging:
            height = start[race.axes[1]] if len(start) > 1 else self._results[0].values[0]
            self.chart.set_start(start[race.axes[0]], height)
        self.chart.set_paths(paths, self._step)
        self.losses.clear()
        for number, (path, result) in enumerate(zip(paths, self._results, strict=True)):
            steps = np.arange(len(result.values), dtype=np.float64)
            self.losses.set_series(f"racer{number}", path.name, steps, result.values, color_index=number)
        positive = all((r.values[np.isfinite(r.values)] > 0).all() for r in self._results)
        self.losses.set_log_y(positive)
        self.anatomy.set_results(race.optimizers, self._results)

    # -- playing ---------------------------------------------------------------------------------------

    @property
    def last_step(self) -> int:
        """Of the longest descent."""
        return max((r.steps for r in self._results), default=0)

    @Slot(int)
    def show_step(self, step: int) -> None:
        """Show the race after so many steps."""
        self._step = min(max(step, 0), self.last_step)
        self._slider.blockSignals(True)
        self._slider.setValue(self._step)
        self._slider.blockSignals(False)
        self._counter.setText(f"Step {self._step:,} of {self.last_step:,}")
        self.chart.show_step(self._step)
        self.anatomy.show_step(self._step)
        self._buttons["back"].setEnabled(self._step > 0)
        self._buttons["next"].setEnabled(self._step < self.last_step)

    @Slot(int)
    def _go_to(self, step: int) -> None:
        """A person wants to see that step, and so no others."""
        self._pause()
        self.show_step(step)

    def _play(self) -> None:
        if self._play_timer.isActive():
            self._pause()
            return
        if self._step >= self.last_step:
            self.show_step(0)
        self._owed = 0.0
        self._play_timer.start()
        self._buttons["play"].setIcon(self._theme.icon("pause"))

    def _pause(self) -> None:
        self._play_timer.stop()
        self._buttons["play"].setIcon(self._theme.icon("play"))

    @Slot()
    def _tick(self) -> None:
        self._owed += self._speed.currentData() * _FRAME_MILLISECONDS / 1000
        whole = int(self._owed)
        self._owed -= whole
        if whole:
            self.show_step(self._step + whole)
        if self._step >= self.last_step:
            self._pause()

    def hideEvent(self, event: Any) -> None:
        """Nothing plays that nobody sees."""
        self._pause()
        super().hideEvent(event)


def _paths(race: Race, results: list[MinimizeResult]) -> list[Path]:
    """The descents as they are drawn."""
    return [
        _path(label_of(optimizer), number, result, race.axes if len(result.variables) > 1 else (0, 0))
        for number, (optimizer, result) in enumerate(zip(race.optimizers, results, strict=False))
    ]


def _path(name: str, color: int, result: MinimizeResult, axes: tuple[int, int]) -> Path:
    """A descent as it is drawn over two variables."""
    places = list(axes)
    return Path(
        name, color, result.points[:, places], result.values, result.gradients[:, places], momenta_of(result, places)
    )
