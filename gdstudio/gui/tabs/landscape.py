"""The loss around the weights that a run found, the path that led there, and how it curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.errors import StudioError
from gdstudio.gui.charts.landscape import LandscapeChart
from gdstudio.gui.charts.map_and_surface import MapAndSurface
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.messages import EmptyState

if TYPE_CHECKING:
    from torch import Tensor

    from gdstudio.evaluation.curvature import Curvature
    from gdstudio.evaluation.landscape.planes import Plane
    from gdstudio.evaluation.landscape.progressive import Picture
    from gdstudio.training.result import RunResult

_PLANES = {
    "random": "Two random directions",
    "trajectory": "The run's own path",
    "line": "Line from start to end",
    "points": "Through the last three runs",
}
_MEASURES = {
    ("train", "loss"): "Training loss",
    ("validation", "loss"): "Validation loss",
    ("train", "accuracy"): "Training accuracy",
    ("validation", "accuracy"): "Validation accuracy",
}
_GRIDS = {25: "Coarse, 25 × 25", 49: "Medium, 49 × 49", 97: "Fine, 97 × 97"}
_MEASURING = "Measuring…"
#: More directions than anyone will try.
_MAX_SEED = 9_999


@dataclass(frozen=True)
class _Wanted:
    """What is to be computed."""

    plane: str
    on: str
    measure: str
    grid: int
    seed: int
    penalties: bool


@dataclass(frozen=True, eq=False)
class _Found:
    """What a job brought so far.

    ``job`` tells a late word of a cancelled job from one that is waited for.
    """

    job: Job
    plane: Plane
    path: Any
    distances: Any
    picture: Picture
    note: str


class LandscapeTab(QWidget):
    """Choices above, the map at the left, curvature in words at the right."""

    _pictured = Signal(object)
    _curved = Signal(object, object)

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.landscape")
        self._session, self._jobs = session, jobs
        self._job: Job | None = None
        self._asked: tuple[RunResult, _Wanted] | None = None
        self._found: _Found | None = None
        self._curvatures: dict[int, tuple[RunResult, Curvature]] = {}
        self._live: tuple[int, list[Tensor]] = (0, [])
        self.chart = LandscapeChart(theme, empty="The first picture takes a moment.")
        self.views = MapAndSurface(self.chart, theme, "landscape")
        self._make_controls()
        self._note = named(QLabel(wordWrap=True), "landscape.note", "About the map")
        self._note.setProperty("role", "muted")
        self._words = named(QLabel(wordWrap=True), "landscape.curvature", "Curvature at the trained weights")
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        sentence = (
            "After a run, the loss around the weights it found is mapped here, with the path that led there. "
            "It shows whether the run ended in a wide valley, a narrow one, or on a slope."
        )
        self._empty = EmptyState(theme, "image-filter-hdr", sentence, "Start", name="landscape.start")
        self._empty.triggered.connect(session.start)
        self._page = self._make_page(theme)
        self._page.hide()
        layout = QVBoxLayout(self)
        layout.addWidget(self._empty)
        layout.addWidget(self._page)
        self._pictured.connect(self._show)
        self._curved.connect(self._show_curvature)
        session.runs_changed.connect(self.refresh)
        session.run_started.connect(self._run_started)

    # -- layout ----------------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        self._plane = named(QComboBox(), "landscape.plane", "Plane", "Which plane through the space of weights")
        for plane, label in _PLANES.items():
            self._plane.addItem(label, plane)
        self._plane.setCurrentIndex(1)
        self._on = named(
            QComboBox(), "landscape.on", "What is mapped", "The number that is measured, and on which rows"
        )
        for key, label in _MEASURES.items():
            self._on.addItem(label, ".".join(key))
        self._grid = named(QComboBox(), "landscape.grid", "Resolution", "Points a side of the finest picture")
        for grid, label in _GRIDS.items():
            self._grid.addItem(label, grid)
        self._grid.setCurrentIndex(1)
        self._seed = named(QSpinBox(), "landscape.seed", "Seed", "Another seed draws other random directions")
        self._seed.setMaximum(_MAX_SEED)
        self._log = named(QCheckBox("Log scale"), "landscape.log", "Log scale", "Colours by the loss's logarithm")
        self._penalties = named(
            QCheckBox("With penalty"), "landscape.penalty", "With penalty", "Adds the L1 and L2 penalties to the loss"
        )
        self._cancel = named(QPushButton("Cancel"), "landscape.cancel", "Cancel", "Stop refining the map")
        self._bar = named(QProgressBar(), "landscape.progress", "Progress of the map")
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        for combo in (self._plane, self._on, self._grid):
            combo.activated.connect(self.refresh)
        self._seed.valueChanged.connect(self.refresh)
        self._penalties.toggled.connect(self.refresh)
        self._log.toggled.connect(self._redraw)
        self._cancel.clicked.connect(self._give_up)

    def _make_page(self, theme: Theme) -> QWidget:
        choices = QHBoxLayout()
        for label, widget in (("Plane", self._plane), ("Map", self._on), ("Seed", self._seed), ("", self._grid)):
            if label:
                name = QLabel(label)
                name.setBuddy(widget)
                choices.addWidget(name)
            choices.addWidget(widget)
        choices.addStretch(1)
        choices.addWidget(self.views.switch)
        title = QLabel("Curvature at the end")
        title.setProperty("role", "title")
        side = QVBoxLayout()
        above: tuple[QWidget, ...] = (self._log, self._penalties, title, self._words)
        below: tuple[QWidget, ...] = (self._note, self._bar, self._cancel)
        for item in above:
            side.addWidget(item)
        side.addStretch(1)
        for item in below:
            side.addWidget(item)
        right = QWidget()
        right.setLayout(side)
        right.setFixedWidth(round(15 * theme.em))
        both = QHBoxLayout()
        both.addWidget(self.views, 1)
        both.addWidget(right)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(choices)
        layout.addLayout(both, 1)
        return page

    # -- what is wanted --------------------------------------------------------------------------------

    @property
    def wanted(self) -> _Wanted:
        """What the choices say."""
        on, measure = self._on.currentData().split(".")
        return _Wanted(
            self._plane.currentData(), on, measure, self._grid.currentData(), self._seed.value(),
            self._penalties.isChecked(),
        )  # fmt: skip

    @Slot()
    def _run_started(self) -> None:
        self._live = (0, [])

    @Slot()
    def refresh(self) -> None:
        """Map the newest result when the tab is visible; while a run goes, let its path grow."""
        result = self._session.result
        if not self.isVisible() or result is None:
            return
        if self._session.busy:
            self._grow(result)
            return
        wanted = self.wanted
        if self._asked is not None and self._asked[0] is result and self._asked[1] == wanted:
            return
        self._give_up()
        self._asked = (result, wanted)
        self._empty.hide()
        self._page.show()
        self._seed.setEnabled(wanted.plane == "random")
        self._bar.setValue(0)
        self._busy(True)
        models = [run.result for run in self._session.runs[-3:]]
        known = self._curvatures.get(id(result))
        self._words.setText(self._said(result, known[1]) if known else _MEASURING)

        def work(job: Job) -> None:
            self._compute(job, result, wanted, models, with_curvature=known is None)

        self._job = self._jobs.run(work, on_done=self._done, on_failed=self._failed, on_progress=self._progress)

    def _compute(
        self, job: Job, result: RunResult, wanted: _Wanted, runs: list[RunResult], *, with_curvature: bool
    ) -> None:
        """In the job's thread: picture after picture, then the curvature."""
        from gdstudio.evaluation.landscape.evaluator import Evaluator
        from gdstudio.evaluation.landscape.planes import line_between, points_plane, random_plane, trajectory_plane
        from gdstudio.evaluation.landscape.progressive import pictures
        from gdstudio.evaluation.landscape.vectors import vector_of
        from gdstudio.training.landscape import curvature_of, path_of, problem_of

        path = path_of(result.model, result.snapshots)
        match wanted.plane:
            case "random":
                plane = random_plane(result.model, path[-1], wanted.seed)
            case "trajectory":
                plane = trajectory_plane(path)
            case "line":
                plane = line_between([path[0], path[-1]])
            case _:
                if len(runs) < 3:
                    raise StudioError("A plane through three runs needs three runs.", "Train again with another seed.")
                plane = points_plane([vector_of(run.model) for run in runs])
        problem = problem_of(
            result.spec, result.dataset, result.model, on=wanted.on, measure=wanted.measure,  # type: ignore[arg-type]
            penalties=wanted.penalties,
        )  # fmt: skip
        projected, distances = plane.project(path)
        error = problem.standard_error(path[-1])
        note = _about(plane, len(problem.features), problem.all_rows, error)
        for picture in pictures(
            Evaluator(problem, plane), wanted.grid, cancelled=lambda: job.cancelled, progress=job.report
        ):
            self._pictured.emit(_Found(job, plane, projected, distances, picture, note))
        if with_curvature and not job.cancelled:
            measured = curvature_of(
                problem_of(result.spec, result.dataset, result.model, penalties=True), cancelled=lambda: job.cancelled
            )
            if measured is not None:
                self._curved.emit(result, measured)

    # -- what came -------------------------------------------------------------------------------------

    @Slot(object)
    def _show(self, found: _Found) -> None:
        if found.job is not self._job or found.job.cancelled:
            return
        first = self._found is None or self._found.job is not found.job
        self._found = found
        if first and self._asked is not None:
            from gdstudio.evaluation.landscape.picture import wants_log

            self._log.blockSignals(True)
            self._log.setChecked(self._asked[1].measure == "loss" and wants_log(found.picture.values))
            self._log.blockSignals(False)
        self._note.setText(found.note)
        self._redraw()

    @Slot()
    def _redraw(self) -> None:
        found = self._found
        if found is None or self._asked is None:
            return
        wanted, picture = self._asked[1], found.picture
        label = _MEASURES[wanted.on, wanted.measure]
        line = found.plane.kind == "line"
        log = self._log.isChecked()
        what = "principal component" if found.plane.kind == "trajectory" else "direction"
        across, up = f"First {what}", f"Second {what}"
        self.chart.set_axis_label("bottom", "From start (0) to end (1)" if line else across)
        self.chart.set_axis_label("left", (f"log₁₀ {label.lower()}" if log else label) if line else up)
        self.chart.set_picture(picture.x, picture.y, picture.values, measure=label, log=log)
        self.chart.set_path(found.path, found.distances)

    @Slot(object, object)
    def _show_curvature(self, result: RunResult, measured: Curvature) -> None:
        # The results are kept beside their numbers, since an id alone could be another object's later.
        self._curvatures = {id(result): (result, measured)}
        if self._asked is not None and self._asked[0] is result:
            self._words.setText(self._said(result, measured))

    def _said(self, result: RunResult, measured: Curvature) -> str:
        # The limit is that of plain gradient descent: rates of methods that scale the gradient cannot be held to it.
        plain = result.spec.optimizer.kind == "sgd"
        said = measured.sentences(float(result.spec.get("optimizer.lr")) if plain else None)
        spread = f" ± {measured.trace_error:.2g}" if measured.trace_error else ""
        said.append(f"Trace of the Hessian: {measured.trace:.3g}{spread}, over {measured.parameters:,} weights.")
        return "\n\n".join(said)

    def _grow(self, result: RunResult) -> None:
        """The path of the run that goes, on the plane that is shown."""
        found, snapshots = self._found, self._session.history.snapshots
        if found is None or not snapshots or snapshots[-1].step == self._live[0] or found.plane.kind == "line":
            return
        from gdstudio.evaluation.landscape.vectors import vector_from

        try:
            vectors = [vector_from(s.state, result.model) for s in snapshots]
        except StudioError:  # a model of other layers has no place on this plane
            return
        self._live = (snapshots[-1].step, vectors)
        self.chart.set_path(*found.plane.project(vectors))

    @Slot(float, str)
    def _progress(self, share: float, _: str) -> None:
        self._bar.setValue(int(1000 * share))

    @Slot(object)
    def _done(self, _: object) -> None:
        self._job = None
        self._busy(False)

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._job, self._found = None, None
        self._busy(False)
        self._forget_measuring("")
        self._note.setText("")
        said = str(error) if isinstance(error, StudioError) else f"The map could not be made: {error}"
        self.chart.set_empty(True, said)

    @Slot()
    def _give_up(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self._forget_measuring("Not measured: cancelled.")
        self._busy(False)

    def _forget_measuring(self, instead: str) -> None:
        if self._words.text() == _MEASURING:
            self._words.setText(instead)

    def _busy(self, busy: bool) -> None:
        self._bar.setVisible(busy)
        self._cancel.setVisible(busy)


def _about(plane: Plane, rows: int, all_rows: int, error: float | None) -> str:
    """Which plane it is and what was measured, as sentences."""
    said = []
    if plane.kind == "random":
        said.append("Each random direction is scaled, unit by unit, to the length of the model's own weights.")
    if plane.explained is not None:
        said.append(f"The plane holds {sum(plane.explained):.0%} of the variance of the run's path.")
    if rows < all_rows:
        spread = f"; standard error {error:.2g} in the middle" if error is not None else ""
        said.append(f"Measured on {rows:,} of {all_rows:,} rows{spread}.")
    return " ".join(said)
