"""What the window is about: the experiment on screen, its table, the run that is going, the runs that were.

Widgets hold no state of their own: an edit makes a new spec here, and every panel draws itself from it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.events import Started
from gdstudio.core.history import RunHistory
from gdstudio.core.registry import Settings
from gdstudio.core.spec import ColumnSpec, ExperimentSpec
from gdstudio.gui.document import Document
from gdstudio.gui.document_editor import DocumentEditor
from gdstudio.gui.edit_names import table_name
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.loader import TableLoader
from gdstudio.gui.run_controller import RunController, State
from gdstudio.gui.runs import Run, next_color
from gdstudio.gui.spec_edits import changed_rate, completed, for_table, to_go_on, to_train_again
from gdstudio.gui.unfinished import stopped_run

if TYPE_CHECKING:
    from gdstudio.data.dataset import Dataset
    from gdstudio.data.table import Table
    from gdstudio.training.checkpoint import Checkpoint
    from gdstudio.training.result import RunResult


class Session(DocumentEditor):
    """The state behind the window, and the only thing that changes it: what is edited, its data, its runs.

    Signals, beside those of the editor:
        table_changed: Another table, or its preparation, is there (or is not, with :attr:`data_problem`).
        state_changed(state): One of Idle, Running, Paused, Stopping, Done, Failed.
        run_started: A run begins; :attr:`history` is a new one.
        message(level, text, hint): Something to tell the person; level is info, warning or error.
        warmed_up(text): What the first run needs is imported; ``text`` says what is known of CUDA.
    """

    table_changed = Signal()
    loading_changed = Signal(bool)
    loading_progressed = Signal(float)
    state_changed = Signal(str)
    run_started = Signal()
    message = Signal(str, str, str)
    warmed_up = Signal(str)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.dataset: Dataset | None = None
        self.data_problem: StudioError | None = None
        self.result: RunResult | None = None
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
        self._runner.ended.connect(self.document_changed)
        self._start_when_ready = False
        self._numbers = itertools.count(1)

    def open_document(self, document: Document, *, is_saved: bool = True) -> None:
        """Put another one on screen; nothing of the old one can be taken back."""
        self.cancel_loading()
        self._numbers = itertools.count(1 + max((run.id for run in document.runs), default=0))
        self.result = document.runs[-1].result if document.runs else None
        self.reset()
        super().open_document(document, is_saved=is_saved)

    def _taken(self, before: Document, after: Document) -> None:
        if after.table is not before.table or after.spec.data != before.spec.data:
            self._prepare()
        rate = changed_rate(before.spec, after.spec)
        if self.control is not None and rate is not None:
            self.control.set_learning_rate(rate)

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
        loaded = replace(self.document, table=table, spec=for_table(self.spec, table, columns))
        if self.table is None:
            self._fill_in(loaded)
            self._prepare()
        else:
            self._change(loaded, f"data {table_name(self.table)} → {table_name(table)}")

    @Slot(object)
    def _not_loaded(self, error: Exception) -> None:
        self._start_when_ready = False
        self._tell(error)

    def _prepare(self) -> None:
        """Split and prepare in the background, so that panels can say what was done and networks be drawn."""
        if self.table is not None:
            self._loader.prepare(self.spec.data, self.table)
        else:
            self._loader.forget()
            self.dataset = self.data_problem = None
            self.table_changed.emit()

    @Slot(object, object)
    def _prepared(self, dataset: Dataset, losses: dict[str, Settings]) -> None:
        self.dataset = dataset
        self.data_problem = None
        complete = completed(self.spec, dataset.spec, losses)
        self.table_changed.emit()
        if complete != self.spec:
            self._fill_in(replace(self.document, spec=complete))
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

    def discard_left_run(self, folder: Path) -> None:
        """Delete what a run that was cut off has left."""
        self._runner.unfinished.discard(folder)
        self.state_changed.emit(self.state)

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
        taken = replace(self.document, table=table, spec=to_train_again(spec))
        self._change(taken, "settings of the run that goes on")
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
        run = Run(number, f"Run {number}", self.next_color, result)
        # It stays whatever is taken back: it was computed, and not edited. It is announced when its thread has ended.
        self._everywhere(lambda document: replace(document, runs=(*document.runs, run)), announce=False)
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
