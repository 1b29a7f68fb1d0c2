"""What the window is about: the experiment on screen, its table, the run that is going, the runs that were.

Widgets hold no state of their own: an edit makes a new spec here, and every panel draws itself from it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.events import Started
from gdstudio.core.history import RunHistory
from gdstudio.core.registry import Settings
from gdstudio.core.spec import ColumnSpec, ExperimentSpec
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.loader import TableLoader
from gdstudio.gui.run_controller import RunController, State
from gdstudio.gui.runs import Run, Runs, changed, next_color, without
from gdstudio.gui.spec_edits import completed, edit_text, for_table, to_go_on, to_train_again, with_columns, with_target
from gdstudio.gui.undo import UndoStack
from gdstudio.gui.unfinished import stopped_run

if TYPE_CHECKING:
    from gdstudio.data.dataset import Dataset
    from gdstudio.data.table import Table
    from gdstudio.training.checkpoint import Checkpoint
    from gdstudio.training.result import RunResult


@dataclass(frozen=True)
class _Snapshot:
    """What one undo puts back."""

    spec: ExperimentSpec
    table: Table | None
    runs: Runs


class Session(QObject):
    """The state behind the window, and the only thing that changes it.

    Signals:
        spec_changed: The experiment is another one.
        refused(path, sentence): An edit did not fit; nothing was changed.
        table_changed: Another table, or its preparation, is there (or is not, with :attr:`data_problem`).
        state_changed(state): One of Idle, Running, Paused, Stopping, Done, Failed.
        run_started: A run begins; :attr:`history` is a new one.
        runs_changed: The list of finished runs is another one.
        message(level, text, hint): Something to tell the person; level is info, warning or error.
        undo_changed: What undo and redo would do is something else.
        warmed_up(text): What the first run needs is imported; ``text`` says what is known of CUDA.
    """

    spec_changed = Signal()
    refused = Signal(str, str)
    table_changed = Signal()
    loading_changed = Signal(bool)
    loading_progressed = Signal(float)
    state_changed = Signal(str)
    run_started = Signal()
    runs_changed = Signal()
    message = Signal(str, str, str)
    undo_changed = Signal()
    warmed_up = Signal(str)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.spec = ExperimentSpec()
        self.table: Table | None = None
        self.dataset: Dataset | None = None
        self.data_problem: StudioError | None = None
        self.result: RunResult | None = None
        self.runs: Runs = ()
        self._jobs = jobs
        self._loader = TableLoader(jobs, self)
        self._loader.loaded.connect(self._loaded)
        self._loader.load_failed.connect(self._not_loaded)
        self._loader.prepared.connect(self._prepared)
        self._loader.prepare_failed.connect(self._not_prepared)
        self._loader.loading_changed.connect(self.loading_changed)
        self._loader.progressed.connect(self.loading_progressed)
        self._runner = RunController(self)
        self._runner.state_changed.connect(self.state_changed)
        self._runner.run_started.connect(self.run_started)
        self._runner.said.connect(lambda text: self.message.emit("info", text, ""))
        self._runner.succeeded.connect(self._succeeded)
        self._runner.failed.connect(self._tell)
        self._runner.ended.connect(self.runs_changed)
        self._start_when_ready = False
        self._numbers = itertools.count(1)
        self._undo: UndoStack[_Snapshot] = UndoStack()

    # -- the experiment -------------------------------------------------------------------------------

    def edit(self, values: Mapping[str, Any], text: str = "") -> bool:
        """Set dotted paths of the spec, as one step of undo.

        Returns:
            Whether the values were taken; otherwise ``refused`` has said why.
        """
        try:
            edited = self.spec.with_values(values)
        except StudioError as error:
            self.refused.emit(next(iter(values)), str(error))
            return False
        if edited == self.spec:
            return True
        if self.control is not None and set(values) == {"optimizer.lr"}:
            self.control.set_learning_rate(float(values["optimizer.lr"]))
        self._remember(text or edit_text(values))
        self._take_spec(edited)
        return True

    def edit_columns(self, columns: Mapping[str, ColumnSpec], text: str) -> None:
        """Set what the columns are, as one step of undo; the loss is found anew where it no longer fits."""
        self._remember(text)
        self._take_spec(with_columns(self.spec, columns))

    def choose_target(self, name: str) -> None:
        """Predict another column; the one that was predicted becomes a feature."""
        if name != self.spec.data.target and name in self.spec.data.columns:
            self._remember(f"target {name}")
            self._take_spec(with_target(self.spec, name))

    def use_settings_of(self, run: Run) -> None:
        """Take a finished run's settings back into the panels, with its table."""
        self._remember(f"settings of {run.name}")
        self.table = run.result.dataset.table
        self._take_spec(to_train_again(run.result.spec))
        self._prepare()

    def _take_spec(self, spec: ExperimentSpec) -> None:
        before, self.spec = self.spec, spec
        if spec.data != before.data:
            self._prepare()
        self.spec_changed.emit()

    # -- undo -----------------------------------------------------------------------------------------

    @property
    def undo_text(self) -> str:
        """What undo would take back; empty where there is nothing."""
        return self._undo.undo_text

    @property
    def redo_text(self) -> str:
        """What redo would do again; empty where there is nothing."""
        return self._undo.redo_text

    def undo(self) -> None:
        """Take back the last edit."""
        self._put_back(self._undo.undo(self._snapshot()))

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._put_back(self._undo.redo(self._snapshot()))

    def _snapshot(self) -> _Snapshot:
        return _Snapshot(self.spec, self.table, self.runs)

    def _remember(self, text: str) -> None:
        self._undo.remember(text, self._snapshot())
        self.undo_changed.emit()

    def _put_back(self, state: _Snapshot | None) -> None:
        if state is None:
            return
        runs_changed, table_changed = state.runs != self.runs, state.table is not self.table
        self.runs, self.table = state.runs, state.table
        self._take_spec(state.spec)
        if table_changed:
            self._prepare()
        if runs_changed:
            self.runs_changed.emit()
        self.undo_changed.emit()

    # -- data -----------------------------------------------------------------------------------------

    @property
    def loading(self) -> bool:
        """Whether a table is being read."""
        return self._loader.loading

    def load(self, source: Settings, columns: Mapping[str, ColumnSpec] | None = None) -> None:
        """Read a file or a sample in the background; what is on screen stays until it is there.

        Args:
            source: What is read.
            columns: What is known of its columns; the rest is guessed.
        """
        self._loader.load(source, columns)

    def cancel_loading(self) -> None:
        """Give up the read that is going."""
        self._loader.cancel()
        self._start_when_ready = False

    @Slot(object, object)
    def _loaded(self, table: Table, columns: dict[str, ColumnSpec]) -> None:
        if self.table is not None:
            self._remember(f"data {table.name}")
        self.table = table
        self.spec = for_table(self.spec, table, columns)
        self._prepare()
        self.spec_changed.emit()

    @Slot(object)
    def _not_loaded(self, error: Exception) -> None:
        self._start_when_ready = False
        self._tell(error)

    def _prepare(self) -> None:
        """Split and prepare in the background, so that panels can say what was done and networks be drawn."""
        if self.table is not None:
            self._loader.prepare(self.spec.data, self.table)

    @Slot(object, object)
    def _prepared(self, dataset: Dataset, losses: dict[str, Settings]) -> None:
        self.dataset = dataset
        self.data_problem = None
        complete = completed(self.spec, dataset.spec, losses)
        self.table_changed.emit()
        if complete != self.spec:
            self.spec = complete
            self.spec_changed.emit()
        if self._start_when_ready:
            self._start_when_ready = False
            self.start()

    @Slot(object)
    def _not_prepared(self, error: Exception) -> None:
        self._start_when_ready = False
        self.dataset = None
        self.data_problem = error if isinstance(error, StudioError) else StudioError(f"Unexpected: {error}")
        self.table_changed.emit()

    # -- the run --------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Idle, Running, Paused, Stopping, Done or Failed."""
        return self._runner.state

    @property
    def busy(self) -> bool:
        """Whether a thread trains."""
        return self._runner.busy

    @property
    def history(self) -> RunHistory:
        """Of the run on screen."""
        return self._runner.history

    @property
    def started(self) -> Started | None:
        """How many steps the run will have; None before its first one."""
        return self._runner.started

    @property
    def control(self) -> RunControl | None:
        """Of the run that is going."""
        return self._runner.control

    @property
    def run_spec(self) -> ExperimentSpec:
        """What the run that goes trains; edits since its start are not in it."""
        return self._runner.spec or self.spec

    @property
    def left_run(self) -> Path | None:
        """The folder of a run that ended with the program that trained it; None where there is none."""
        return self._runner.unfinished.left()

    @property
    def next_color(self) -> int:
        """The hue of the run that goes, or of the next one."""
        return next_color(self.runs)

    def start(self) -> None:
        """Begin a run, or go on with a paused one; waits for a table that is still loading."""
        self._runner.resume()
        if self.busy:
            return
        if self._loader.busy:
            self._start_when_ready = True
            return
        self._begin()

    def _begin(self, paused: bool = False) -> None:
        if self.table is None:
            self.message.emit("warning", "There are no data to train on.", "Open a file or pick a sample.")
        elif self.data_problem is not None:
            self._tell(self.data_problem)
        else:
            self._runner.begin(self.spec, self.table, paused)

    def go_on_with(self, checkpoint: Checkpoint, table: Table) -> None:
        """Go on with a run that was stopped or cut off; one that took all its steps gets the epochs on screen."""
        try:
            spec = to_go_on(checkpoint, self.spec.training.epochs)
        except StudioError as error:
            self._tell(error)
            return
        self._remember("going on with a run")
        self.table = table
        self._take_spec(to_train_again(spec))
        self._prepare()
        self._runner.begin(spec, table, resume_from=checkpoint)

    def resume_folder(self, folder: Path) -> None:
        """Go on with the run of a folder: its checkpoint and its data are read in the background."""
        self._jobs.run(
            lambda job: stopped_run(folder), on_done=lambda read: self.go_on_with(*read), on_failed=self._tell
        )

    def pause(self) -> None:
        """Wait after the step that is going; a paused run goes on."""
        self._runner.pause()

    def step(self) -> None:
        """Take one step; begins a run that waits after its first step where none is going."""
        if not self._runner.step() and not self._loader.busy:
            self._begin(paused=True)

    def stop(self) -> None:
        """End the run before its next step and keep what was done; give up a table that is being read."""
        self.cancel_loading()
        self._runner.stop()

    def reset(self) -> None:
        """Forget the curves on screen; finished runs stay in the list."""
        self._runner.reset()

    def set_pace(self, steps_per_second: float) -> None:
        """Slow motion for this run and those that follow; 0 is full speed."""
        self._runner.set_pace(steps_per_second)

    @Slot(object)
    def _succeeded(self, result: RunResult) -> None:
        self.result = result
        number = next(self._numbers)
        self.runs = (*self.runs, Run(number, f"Run {number}", self.next_color, result))
        if result.status == "diverged":
            self.message.emit("warning", result.message, "")

    def warm_up(self, work: Callable[[Job], str]) -> None:
        """Do in the background what the first run would wait for."""
        self._jobs.run(work, on_done=self.warmed_up.emit, on_failed=self._tell)

    def in_background(self, work: Callable[[], str]) -> None:
        """Do something that the window need not wait for, and say the sentence that it returns."""
        self._jobs.run(
            lambda job: work(), on_done=lambda said: self.message.emit("info", said, ""), on_failed=self._tell
        )

    # -- runs -----------------------------------------------------------------------------------------

    def rename_run(self, run_id: int, name: str) -> None:
        """Give a run another name."""
        if name.strip():
            self._remember("name of a run")
            self._take_runs(changed(self.runs, run_id, name=name.strip()))

    def show_run(self, run_id: int, shown: bool) -> None:
        """Draw a run on the charts, or not."""
        self._take_runs(changed(self.runs, run_id, shown=shown))

    def delete_run(self, run_id: int) -> None:
        """Take a run off the list; undo brings it back."""
        name = next(run.name for run in self.runs if run.id == run_id)
        self._remember(f"delete {name}")
        self._take_runs(without(self.runs, run_id))

    def _take_runs(self, runs: Runs) -> None:
        self.runs = runs
        self.runs_changed.emit()

    # -- the end --------------------------------------------------------------------------------------

    def shut_down(self) -> None:
        """Give up everything in the background; a run must have ended before."""
        self._jobs.shutdown()

    @Slot(object)
    def _tell(self, error: BaseException) -> None:
        if isinstance(error, StudioError):
            self.message.emit("error", error.message, error.hint)
        else:
            self.message.emit(
                "error", f"Something unexpected went wrong: {type(error).__name__}: {error}", "The run was ended."
            )
