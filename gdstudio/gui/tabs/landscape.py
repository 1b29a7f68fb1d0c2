"""The loss around the weights that a run found, the path that led there, and how it curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSplitter, QVBoxLayout, QWidget

from gdstudio.core.errors import StudioError
from gdstudio.gui.charts.landscape import LandscapeChart
from gdstudio.gui.charts.map_and_surface import MapAndSurface
from gdstudio.gui.charts.routes import Route
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.runs import Run
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.landscape_controls import MEASURES, LandscapeControls
from gdstudio.gui.tabs.landscape_curvature import CurvatureAlong, CurvatureWords
from gdstudio.gui.tabs.landscape_work import Found, Wanted, compute
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.messages import EmptyState
from gdstudio.gui.widgets.scroll import scrolled

if TYPE_CHECKING:
    from gdstudio.evaluation.curvature import Curvature
    from gdstudio.training.result import RunResult

_MEASURING = "Measuring…"


class LandscapeTab(QWidget):
    """Choices above, map and surface at the left, curvature in words at the right and, when asked for, in curves."""

    _pictured = Signal(object, object)
    _curved = Signal(object, object)

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.landscape")
        self._session, self._jobs = session, jobs
        self._job: Job | None = None
        # Of which run, what, and the paths of which others: what is not another one is not computed again.
        self._asked: tuple[Run, Wanted, tuple[tuple[int, str, bool], ...]] | None = None
        self._found: Found | None = None
        self._shown_job: Job | None = None
        self._curvatures: dict[int, tuple[RunResult, Curvature]] = {}
        self._live_step = 0
        self.chart = LandscapeChart(theme, empty="The first picture takes a moment.")
        self.views = MapAndSurface(self.chart, theme, "landscape")
        self.controls = LandscapeControls(theme, self.views.switch)
        self.controls.changed.connect(self.refresh)
        self.controls.redraw.connect(self._redraw)
        self._words = CurvatureWords()
        self._words.along_asked.connect(self._measure_along)
        self.along = CurvatureAlong(theme, jobs)
        self._note = named(QLabel(wordWrap=True), "landscape.note", "About the map")
        self._note.setProperty("role", "muted")
        self._cancel = named(QPushButton("Cancel"), "landscape.cancel", "Cancel", "Stop refining the map")
        self._cancel.clicked.connect(self._give_up)
        self._bar = named(QProgressBar(), "landscape.progress", "Progress of the map")
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        sentence = (
            "After a run, the loss around the weights it found is mapped here, with the path that led there. "
            "It shows whether the run ended in a wide valley, a narrow one, or on a slope."
        )
        self._empty = EmptyState(theme, "image-filter-hdr", sentence, "Start", name="landscape.start")
        self._empty.triggered.connect(session.start)
        layout = QVBoxLayout(self)
        layout.addWidget(self._empty)
        self._room = scrolled(self._make_page(theme))
        self._room.hide()
        layout.addWidget(self._room)
        self._pictured.connect(self._show)
        self._curved.connect(self._show_curvature)
        session.runs_changed.connect(self.refresh)
        session.run_started.connect(self._run_started)

    def _make_page(self, theme: Theme) -> QWidget:
        side = QVBoxLayout()
        for item in (*self.controls.side, self._words):
            side.addWidget(item)
        side.addStretch(1)
        for item in (self._note, self._bar, self._cancel):
            side.addWidget(item)
        right = QWidget()
        right.setLayout(side)
        right.setFixedWidth(round(15 * theme.em))
        left = QSplitter(Qt.Orientation.Vertical)
        left.addWidget(self.views)
        left.addWidget(self.along)
        left.setChildrenCollapsible(False)
        left.setStretchFactor(0, 3)
        left.setStretchFactor(1, 2)
        both = QHBoxLayout()
        both.addWidget(left, 1)
        both.addWidget(right)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.controls)
        layout.addLayout(both, 1)
        return page

    # -- what is wanted --------------------------------------------------------------------------------

    @property
    def run(self) -> Run | None:
        """The run that is mapped."""
        return next((run for run in self._session.runs if run.id == self.controls.run_id), None)

    @Slot()
    def _run_started(self) -> None:
        self._live_step = 0

    @Slot()
    def refresh(self) -> None:
        """Map the chosen run when the tab is visible; while another one goes, let its path grow on that map."""
        if not self.isVisible():
            return
        if self._session.busy and self.run is not None:
            self._grow(self.run.result)
        runs = self._session.runs
        self.controls.set_runs(runs)
        run = self.run
        self._empty.setVisible(run is None)
        self._room.setVisible(run is not None)
        if run is None:
            self._give_up()
            return
        wanted = self.controls.wanted
        others = tuple((r.id, r.name, r.shown) for r in runs) if wanted.everyone else ()
        asked = (run, wanted, others)
        before = self._asked
        if before is not None and before[0].result is run.result and before[1:] == asked[1:]:
            return
        self._give_up()
        self._asked = asked
        self._bar.setValue(0)
        self._busy(True)
        known = self._curvatures.get(run.id)
        if known is not None and known[0] is run.result:
            self._words.show_curvature(*known)
        else:
            known = None
            self._words.say(_MEASURING)

        def work(job: Job) -> None:
            for found in compute(run, runs, wanted, cancelled=lambda: job.cancelled, progress=job.report):
                self._pictured.emit(job, found)
            if known is None and not job.cancelled:
                from gdstudio.training.landscape import curvature_of, problem_of

                result = run.result
                problem = problem_of(result.spec, result.dataset, result.model, penalties=True)
                measured = curvature_of(problem, cancelled=lambda: job.cancelled)
                if measured is not None:
                    self._curved.emit(run, measured)

        self._job = self._jobs.run(work, on_done=self._done, on_failed=self._failed, on_progress=self._progress)

    @Slot()
    def _measure_along(self) -> None:
        if self.run is not None:
            self.along.measure(self.run.result)

    # -- what came -------------------------------------------------------------------------------------

    @Slot(object, object)
    def _show(self, job: Job, found: Found) -> None:
        # A late word of a cancelled job is not what is waited for.
        if job is not self._job or job.cancelled or self._asked is None:
            return
        first, self._found, self._shown_job = job is not self._shown_job, found, job
        if first:
            from gdstudio.evaluation.landscape.picture import wants_log

            self.controls.suggest_log(self._asked[1].measure == "loss" and wants_log(found.picture.values))
        self._note.setText(found.note)
        self._redraw()

    @Slot()
    def _redraw(self) -> None:
        found = self._found
        if found is None or self._asked is None:
            return
        wanted, picture, log = self._asked[1], found.picture, self.controls.log
        label = MEASURES[wanted.on, wanted.measure]
        line = found.plane.kind == "line"
        what = "principal component" if found.plane.kind == "trajectory" else "direction"
        across, up = f"First {what}", f"Second {what}"
        self.chart.set_axis_label("bottom", "From the first point (0) to the second (1)" if line else across)
        self.chart.set_axis_label("left", (f"log₁₀ {label.lower()}" if log else label) if line else up)
        self.chart.set_range(self.controls.limits)
        self.chart.set_picture(picture.x, picture.y, picture.values, measure=label, log=log)
        self.controls.set_extremes(*self.chart.extremes)
        self._live_step = 0  # a run that goes is drawn again with the next look at it
        several = len(found.routes) > 1
        self.chart.set_routes(
            [Route(r.points, r.distances, r.run.name, r.run.color if several else None) for r in found.routes]
        )

    @Slot(object, object)
    def _show_curvature(self, run: Run, measured: Curvature) -> None:
        self._curvatures[run.id] = (run.result, measured)
        if self._asked is not None and self._asked[0].id == run.id:
            self._words.show_curvature(run.result, measured)

    def _grow(self, result: RunResult) -> None:
        """The path of the run that goes, on the plane that is shown."""
        found, snapshots = self._found, self._session.history.snapshots
        if found is None or not snapshots or snapshots[-1].step == self._live_step or found.plane.kind == "line":
            return
        from gdstudio.evaluation.landscape.vectors import vector_from

        try:
            vectors = [vector_from(s.state, result.model) for s in snapshots]
        except StudioError:  # a model of other layers has no place on this plane
            return
        self._live_step = snapshots[-1].step
        self.chart.set_routes([Route(*found.plane.project(vectors), "the run that goes")])

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
        self._words.say("")
        self._note.setText("")
        said = str(error) if isinstance(error, StudioError) else f"The map could not be made: {error}"
        self.chart.set_empty(True, said)
        self.views.surface.clear(said)

    @Slot()
    def _give_up(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
            if self._asked is not None and self._asked[0].id not in self._curvatures:
                self._words.say("Not measured: cancelled.")
        self._busy(False)

    def _busy(self, busy: bool) -> None:
        self._bar.setVisible(busy)
        self._cancel.setVisible(busy)
