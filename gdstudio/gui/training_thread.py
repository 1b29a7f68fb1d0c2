"""The thread that trains. It computes; everything that it has to say goes through signals or the history."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec

if TYPE_CHECKING:
    from pathlib import Path

    from gdstudio.data.table import Table
    from gdstudio.training.checkpoint import Checkpoint

log = logging.getLogger(__name__)


class TrainingThread(QThread):
    """Runs one experiment.

    Signals carry the run's life, never a step: charts poll :attr:`history`.

    Args:
        spec: The experiment.
        table: Its table.
        parent: Owns the thread.
        resume_from: A run of this spec to go on from.
        checkpoint_to: A folder for checkpoints while the run goes.

    Attributes:
        control: Pause, single step, cancel, learning rate; usable from the window's thread.
        history: Rows so far; readable from any thread.
        spec: What is trained.
    """

    happened = Signal(object)
    succeeded = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        spec: ExperimentSpec,
        table: Table,
        parent: QObject | None = None,
        *,
        resume_from: Checkpoint | None = None,
        checkpoint_to: Path | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("training")
        self.control = RunControl()
        self.history = RunHistory()
        self.spec = spec
        self._table = table
        self._resume_from, self._checkpoint_to = resume_from, checkpoint_to

    def run(self) -> None:
        """Train; an exception of any kind becomes one signal, since one that left here would end the process."""
        try:
            from gdstudio.training.run import run_experiment

            result = run_experiment(
                self.spec,
                table=self._table,
                control=self.control,
                history=self.history,
                on_event=self.happened.emit,
                resume_from=self._resume_from,
                checkpoint_to=self._checkpoint_to,
            )
        except StudioError as error:
            self.failed.emit(error)
        except BaseException as error:
            log.warning("The run ended with an unexpected error", exc_info=error)
            self.failed.emit(error)
        else:
            self.succeeded.emit(result)
