"""One run at a time: Idle → Running ⇄ Paused → Stopping → Done or Failed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal, Slot

from gdstudio import paths
from gdstudio.core.control import RunControl
from gdstudio.core.events import Event, LearningRateChanged, Note, Paused, Resumed, Started
from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.gui.training_thread import TrainingThread
from gdstudio.gui.unfinished import UnfinishedRuns

if TYPE_CHECKING:
    from gdstudio.data.table import Table
    from gdstudio.training.checkpoint import Checkpoint

State = Literal["Idle", "Running", "Paused", "Stopping", "Done", "Failed"]
#: States in which a thread trains.
ACTIVE = ("Running", "Paused", "Stopping")


class RunController(QObject):
    """Owns the thread that trains, and the state that the window shows.

    Signals:
        state_changed(state): The state is another one, or more is known of the run.
        run_started: A run begins; :attr:`history` is a new one.
        said(text): A sentence about the run.
        succeeded(result), failed(error): What the thread brought, before :attr:`ended`.
        ended: The thread is over, another run may begin.

    Attributes:
        state: One of :data:`State`.
        history: Of the run on screen.
        started: How many steps the run will have; None before its first one.
        unfinished: Where checkpoints lie while a run goes.
    """

    state_changed = Signal(str)
    run_started = Signal()
    said = Signal(str)
    succeeded = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state: State = "Idle"
        self.history = RunHistory()
        self.started: Started | None = None
        self._thread: TrainingThread | None = None
        self.unfinished = UnfinishedRuns(paths.user_state() / "unfinished")
        self._pace = 0.0
        self._has_failed = False

    @property
    def busy(self) -> bool:
        """Whether a thread trains."""
        return self.state in ACTIVE

    @property
    def control(self) -> RunControl | None:
        """Of the run that is going."""
        return self._thread.control if self._thread is not None else None

    @property
    def spec(self) -> ExperimentSpec | None:
        """What the run that goes trains."""
        return self._thread.spec if self._thread is not None else None

    def begin(
        self, spec: ExperimentSpec, table: Table, paused: bool = False, resume_from: Checkpoint | None = None
    ) -> None:
        """Start a thread; with ``paused`` it waits after its first step."""
        if resume_from is not None and resume_from.folder is not None:
            if resume_from.folder.is_dir():
                self.unfinished.adopt(resume_from.folder)
            else:  # a run of this window that has ended: all of it is in memory
                resume_from = replace(resume_from, folder=None)
        folder = self.unfinished.claim()
        thread = TrainingThread(spec, table, self, resume_from=resume_from, checkpoint_to=folder)
        thread.control.set_pace(self._pace)
        if paused:
            thread.control.step()
        thread.happened.connect(self._hear)
        thread.succeeded.connect(self.succeeded)
        thread.failed.connect(self._failed)
        thread.finished.connect(self._thread_ended)
        self._thread = thread
        self._has_failed = False
        self.history = thread.history
        self.started = None
        self._set_state("Running")
        self.run_started.emit()
        thread.start()

    def resume(self) -> None:
        """Go on with a paused run."""
        if self._thread is not None and self.state == "Paused":
            self._thread.control.resume()

    def pause(self) -> None:
        """Wait after the step that is going; a paused run goes on."""
        if self._thread is not None and self.state == "Running":
            self._thread.control.pause()
        else:
            self.resume()

    def step(self) -> bool:
        """Take one step; False where no run is going."""
        if self._thread is None:
            return False
        self._thread.control.step()
        return True

    def stop(self) -> None:
        """End the run before its next step and keep what was done."""
        if self._thread is not None and self.state != "Stopping":
            self._set_state("Stopping")
            self._thread.control.cancel()

    def reset(self) -> None:
        """Forget the curves on screen."""
        if not self.busy:
            self.history = RunHistory()
            self.started = None
            self._set_state("Idle")
            self.run_started.emit()

    def set_pace(self, steps_per_second: float) -> None:
        """Slow motion for this run and those that follow; 0 is full speed."""
        self._pace = steps_per_second
        if self._thread is not None:
            self._thread.control.set_pace(steps_per_second)

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
                self.said.emit(f"Learning rate {event.lr:g} from step {event.step} on.")
            case Note():
                self.said.emit(event.text)

    @Slot(object)
    def _failed(self, error: BaseException) -> None:
        # The thread still has to end: a state that allows a new run now would let two of them meet.
        self._has_failed = True
        self.failed.emit(error)

    @Slot()
    def _thread_ended(self) -> None:
        """The thread is over: only now may it be deleted and another begin."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.wait()
            thread.deleteLater()
            self.unfinished.done()
        self._set_state("Failed" if self._has_failed else "Done")
        self.ended.emit()

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)
