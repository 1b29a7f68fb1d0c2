"""What the window is about: the experiment on screen, its table, the run that is going, the runs that were.

Widgets hold no state of their own: an edit makes a new spec here, and every panel draws itself from it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, Signal, Slot

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.events import Event, LearningRateChanged, Note, Paused, Resumed, Started
from gdstudio.core.history import RunHistory
from gdstudio.core.registry import Settings
from gdstudio.core.spec import ColumnSpec, ExperimentSpec
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.training_thread import TrainingThread

if TYPE_CHECKING:
    from gdstudio.data.dataset import Dataset
    from gdstudio.data.table import Table
    from gdstudio.training.result import RunResult

State = Literal["Idle", "Running", "Paused", "Stopping", "Done", "Failed"]
#: States in which a thread trains.
ACTIVE = ("Running", "Paused", "Stopping")
_UNDO_DEPTH = 200
#: Hues that can be told apart.
_HUES = 8


@dataclass(frozen=True)
class Run:
    """A finished run in the list.

    Attributes:
        id: Unique in this session.
        name: What the person calls it.
        color: Index of its hue.
        result: What it brought.
        shown: Whether the charts draw it.
    """

    id: int
    name: str
    color: int
    result: RunResult
    shown: bool = True


@dataclass(frozen=True)
class _Undo:
    """What one undo puts back."""

    text: str
    spec: ExperimentSpec
    table: Table | None
    runs: tuple[Run, ...]


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
    state_changed = Signal(str)
    run_started = Signal()
    runs_changed = Signal()
    message = Signal(str, str, str)
    undo_changed = Signal()
    warmed_up = Signal(str)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.spec = ExperimentSpec()
        self.state: State = "Idle"
        self.table: Table | None = None
        self.dataset: Dataset | None = None
        self.data_problem: StudioError | None = None
        self.history = RunHistory()
        self.started: Started | None = None
        self.result: RunResult | None = None
        self.runs: tuple[Run, ...] = ()
        self.loading = False
        self._jobs = jobs
        self._load_job: Job | None = None
        self._prepare_job: Job | None = None
        self._thread: TrainingThread | None = None
        self._start_when_loaded = False
        self._pace = 0.0
        self._numbers = itertools.count(1)
        self._undo: list[_Undo] = []
        self._redo: list[_Undo] = []

    # -- the experiment -------------------------------------------------------------------------------

    def edit(self, values: Mapping[str, Any], text: str = "") -> bool:
        """Set dotted paths of the spec, as one step of undo.

        Returns:
            Whether the values were taken; otherwise ``refused`` has said why.
        """
        try:
            changed = self.spec.with_values(values)
        except StudioError as error:
            self.refused.emit(next(iter(values)), str(error))
            return False
        if changed == self.spec:
            return True
        if self.state in ACTIVE and set(values) == {"optimizer.lr"} and self._thread is not None:
            self._thread.control.set_learning_rate(float(values["optimizer.lr"]))
        self._remember(text or _edit_text(values))
        self._take_spec(changed)
        return True

    def edit_columns(self, columns: Mapping[str, ColumnSpec], text: str) -> None:
        """Set what the columns are, as one step of undo; the loss is found anew where it no longer fits."""
        self._remember(text)
        data = self.spec.data.model_copy(update={"columns": dict(columns)})
        self._take_spec(self.spec.model_copy(update={"data": data}))

    def choose_target(self, name: str) -> None:
        """Predict another column; the one that was predicted becomes a feature."""
        columns = dict(self.spec.data.columns)
        if name == self.spec.data.target or name not in columns:
            return
        old = self.spec.data.target
        if old in columns:
            columns[old] = columns[old].model_copy(update={"role": "feature"})
        columns[name] = columns[name].model_copy(update={"role": "target"})
        self._remember(f"target {name}")
        data = self.spec.data.model_copy(update={"columns": columns, "target": name, "positive_class": None})
        self._take_spec(self.spec.model_copy(update={"data": data}))

    def use_settings_of(self, run: Run) -> None:
        """Take a finished run's settings back into the panels, with its table."""
        self._remember(f"settings of {run.name}")
        training = run.result.spec.training.model_copy(update={"lr_changes": ()})
        self.table = run.result.dataset.table
        self._take_spec(run.result.spec.model_copy(update={"training": training}))
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
        return self._undo[-1].text if self._undo else ""

    @property
    def redo_text(self) -> str:
        """What redo would do again; empty where there is nothing."""
        return self._redo[-1].text if self._redo else ""

    def undo(self) -> None:
        """Take back the last edit."""
        self._swap(self._undo, self._redo)

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._swap(self._redo, self._undo)

    def _swap(self, source: list[_Undo], target: list[_Undo]) -> None:
        if not source:
            return
        entry = source.pop()
        target.append(_Undo(entry.text, self.spec, self.table, self.runs))
        runs_changed = entry.runs != self.runs
        self.runs = entry.runs
        table_changed = entry.table is not self.table
        self.table = entry.table
        self._take_spec(entry.spec)
        if table_changed:
            self._prepare()
        if runs_changed:
            self.runs_changed.emit()
        self.undo_changed.emit()

    def _remember(self, text: str) -> None:
        self._undo.append(_Undo(text, self.spec, self.table, self.runs))
        del self._undo[:-_UNDO_DEPTH]
        self._redo.clear()
        self.undo_changed.emit()

    # -- data -----------------------------------------------------------------------------------------

    def load(self, source: Settings) -> None:
        """Read a file or a sample in the background; what is on screen stays until it is there."""
        if self._load_job is not None:
            self._load_job.cancel()
        self.loading = True
        self.loading_changed.emit(True)
        self._load_job = self._jobs.run(
            lambda job: _load(source, job), on_done=self._loaded, on_failed=self._not_loaded
        )

    def cancel_loading(self) -> None:
        """Give up the read that is going."""
        if self._load_job is not None:
            self._load_job.cancel()
            self._load_ended()
            self._start_when_loaded = False

    @Slot(object)
    def _loaded(self, table: Table) -> None:
        self._load_ended()
        first = self.table is None
        if not first:
            self._remember(f"data {table.name}")
        self.table = table
        # Roles, target and loss belong to the table that goes; shares and scaling are the person's choice and stay.
        data = self.spec.data.model_copy(
            update={"source": table.source, "target": None, "positive_class": None, "columns": {}}
        )
        self.spec = self.spec.model_copy(update={"data": data, "loss": None})
        self._prepare()
        self.spec_changed.emit()

    @Slot(object)
    def _not_loaded(self, error: Exception) -> None:
        self._load_ended()
        self._start_when_loaded = False
        self._tell(error)

    def _load_ended(self) -> None:
        self._load_job = None
        self.loading = False
        self.loading_changed.emit(False)

    def _prepare(self) -> None:
        """Split and prepare in the background, so that panels can say what was done and networks be drawn."""
        if self.table is None:
            return
        if self._prepare_job is not None:
            self._prepare_job.cancel()
        spec, table = self.spec.data, self.table
        self._prepare_job = self._jobs.run(
            lambda job: _prepare_table(spec, table), on_done=self._prepared, on_failed=self._not_prepared
        )

    @Slot(object)
    def _prepared(self, prepared: tuple[Dataset, dict[str, Settings]]) -> None:
        self._prepare_job = None
        dataset, fitting = prepared
        self.dataset = dataset
        self.data_problem = None
        loss = self.spec.loss
        if loss is None or loss.kind not in fitting:
            loss = fitting[next(iter(fitting))]
        changed = self.spec.model_copy(update={"data": dataset.spec, "loss": loss})
        self.table_changed.emit()
        if changed != self.spec:
            self.spec = changed
            self.spec_changed.emit()
        if self._start_when_loaded:
            self._start_when_loaded = False
            self.start()

    @Slot(object)
    def _not_prepared(self, error: Exception) -> None:
        self._prepare_job = None
        self._start_when_loaded = False
        self.dataset = None
        self.data_problem = error if isinstance(error, StudioError) else StudioError(f"Unexpected: {error}")
        self.table_changed.emit()

    # -- the run --------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a thread trains."""
        return self.state in ACTIVE

    @property
    def control(self) -> RunControl | None:
        """Of the run that is going."""
        return self._thread.control if self._thread is not None else None

    @property
    def run_spec(self) -> ExperimentSpec:
        """What the run that goes trains; edits since its start are not in it."""
        return self._thread.spec if self._thread is not None else self.spec

    def start(self) -> None:
        """Begin a run, or go on with a paused one; waits for a table that is still loading."""
        if self.state == "Paused" and self._thread is not None:
            self._thread.control.resume()
        if self.busy:
            return
        if self.loading or self._prepare_job is not None:
            self._start_when_loaded = True
            return
        self._begin()

    def _begin(self, paused: bool = False) -> None:
        if self.table is None:
            self.message.emit("warning", "There are no data to train on.", "Open a file or pick a sample.")
            return
        if self.data_problem is not None:
            self._tell(self.data_problem)
            return
        thread = TrainingThread(self.spec, self.table, self)
        thread.control.set_pace(self._pace)
        if paused:
            thread.control.step()
        thread.happened.connect(self._hear)
        thread.succeeded.connect(self._succeeded)
        thread.failed.connect(self._failed)
        thread.finished.connect(self._thread_ended)
        self._thread = thread
        self.history = thread.history
        self.started = None
        self._set_state("Running")
        self.run_started.emit()
        thread.start()

    def pause(self) -> None:
        """Wait after the step that is going; a paused run goes on."""
        if self._thread is None:
            return
        if self.state == "Running":
            self._thread.control.pause()
        elif self.state == "Paused":
            self._thread.control.resume()

    def step(self) -> None:
        """Take one step; begins a run that waits after its first step where none is going."""
        if self._thread is not None:
            self._thread.control.step()
        elif not self.loading and self._prepare_job is None:
            self._begin(paused=True)

    def set_pace(self, steps_per_second: float) -> None:
        """Slow motion for this run and those that follow; 0 is full speed."""
        self._pace = steps_per_second
        if self._thread is not None:
            self._thread.control.set_pace(steps_per_second)

    def stop(self) -> None:
        """End the run before its next step and keep what was done."""
        if self._thread is not None and self.state != "Stopping":
            self._set_state("Stopping")
            self._thread.control.cancel()

    def reset(self) -> None:
        """Forget the curves on screen; finished runs stay in the list."""
        if not self.busy:
            self.history = RunHistory()
            self.started = None
            self._set_state("Idle")
            self.run_started.emit()

    @Slot(object)
    def _hear(self, event: Event) -> None:
        match event:
            case Started():
                self.started = event
                self.state_changed.emit(self.state)
            case Paused() if self.state == "Running":
                self._set_state("Paused")
            case Resumed() if self.state == "Paused":
                self._set_state("Running")
            case LearningRateChanged():
                self.message.emit("info", f"Learning rate {event.lr:g} from step {event.step} on.", "")
            case Note():
                self.message.emit("info", event.text, "")

    @Slot(object)
    def _succeeded(self, result: RunResult) -> None:
        self.result = result
        number = next(self._numbers)
        self.runs = (*self.runs, Run(number, f"Run {number}", self.next_color, result))
        if result.status == "diverged":
            self.message.emit("warning", result.message, "")

    @Slot(object)
    def _failed(self, error: BaseException) -> None:
        self.state = "Failed"
        self._tell(error)

    @Slot()
    def _thread_ended(self) -> None:
        """The thread is over: only now may it be deleted and another begin."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.wait()
            thread.deleteLater()
        self._set_state("Failed" if self.state == "Failed" else "Done")
        self.runs_changed.emit()

    @property
    def next_color(self) -> int:
        """The hue of the run that goes, or of the next one: the first that no listed run has."""
        used = {run.color for run in self.runs}
        return next((c for c in range(_HUES) if c not in used), len(self.runs) % _HUES)

    def warm_up(self, work: Callable[[Job], str]) -> None:
        """Do in the background what the first run would wait for."""
        self._jobs.run(work, on_done=self.warmed_up.emit, on_failed=self._tell)

    def save_result(self, folder: Path) -> None:
        """Write the last finished run's folder, in the background."""
        result = self.result
        if result is not None:
            self._jobs.run(
                lambda job: result.save(folder),
                on_done=lambda _: self.message.emit("info", f"Run written to {folder}.", ""),
                on_failed=self._tell,
            )

    # -- runs -----------------------------------------------------------------------------------------

    def rename_run(self, run_id: int, name: str) -> None:
        """Give a run another name."""
        if name.strip():
            self._remember("name of a run")
            self._replace_run(run_id, name=name.strip())

    def show_run(self, run_id: int, shown: bool) -> None:
        """Draw a run on the charts, or not."""
        self._replace_run(run_id, shown=shown)

    def delete_run(self, run_id: int) -> None:
        """Take a run off the list; undo brings it back."""
        name = next(run.name for run in self.runs if run.id == run_id)
        self._remember(f"delete {name}")
        self.runs = tuple(run for run in self.runs if run.id != run_id)
        self.runs_changed.emit()

    def _replace_run(self, run_id: int, **values: Any) -> None:
        self.runs = tuple(replace(run, **values) if run.id == run_id else run for run in self.runs)
        self.runs_changed.emit()

    # -- the end --------------------------------------------------------------------------------------

    def shut_down(self) -> None:
        """Give up everything in the background; a run must have ended before."""
        self._jobs.shutdown()

    def _set_state(self, state: State) -> None:
        if state != self.state or state == "Failed":
            self.state = state
            self.state_changed.emit(state)

    def _tell(self, error: BaseException) -> None:
        if isinstance(error, StudioError):
            self.message.emit("error", error.message, error.hint)
        else:
            self.message.emit(
                "error", f"Something unexpected went wrong: {type(error).__name__}: {error}", "The run was ended."
            )


def _edit_text(values: Mapping[str, Any]) -> str:
    """What undo says of an edit, e.g. "learning rate"."""
    path = next(iter(values))
    return path.split(".")[-1].replace("_", " ")


def _load(source: Settings, job: Job) -> Table:
    from gdstudio.data.load import load_table

    return load_table(source, progress=job.report, cancelled=lambda: job.cancelled)


def _prepare_table(spec: Any, table: Table) -> tuple[Dataset, dict[str, Settings]]:
    """The dataset, and the losses that fit it, the usual one first."""
    from gdstudio.core.registry import registry
    from gdstudio.data.dataset import prepare

    dataset = prepare(spec, table)
    fitting = [e for e in registry("losses").values() if dataset.task in e.tasks]
    fitting.sort(key=lambda e: dataset.task not in e.default_for)
    return dataset, {e.key: e.settings(kind=e.key) for e in fitting}
