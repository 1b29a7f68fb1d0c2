"""Finished runs to files, and runs from files: what the menus offer about them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.gui.actions import ActionRow
from gdstudio.gui.exports import export_run, reproduce_run, save_run
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.runs import Run
from gdstudio.gui.session import Session
from gdstudio.projects.export.formats import FORMATS

if TYPE_CHECKING:
    from gdstudio.projects.reproduce import Reproduction

#: What the menu calls it, and what it is while it goes.
REPRODUCE, GIVE_UP = "Train the last run a&gain and compare", "&Give up training a run again"


class RunFiles(QObject):
    """Asks for a place, then writes or reads in the background.

    Args:
        session: Holds the runs.
        jobs: Where runs are trained again.
        window: The dialogs' parent.

    Signals:
        reproducing_changed(going): A run begins to be trained again, or that has ended.
    """

    reproducing_changed = Signal(bool)

    def __init__(self, session: Session, jobs: Jobs, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._jobs, self._window = session, jobs, window
        self._again: Job | None = None

    def rows(self) -> list[ActionRow]:
        """The actions."""
        return [
            ActionRow(
                "run.save", "Save &run…", self.save, "Ctrl+Alt+S", "content-save-outline", "Write the run's folder"
            ),
            ActionRow(
                "run.resume", "Go on with a saved r&un…", self.resume, "", "play-circle-outline",
                "Choose a run's folder and train on from its checkpoint",
            ),
            ActionRow(
                "run.recover", "Go on with the run that was &cut off", self.recover, "", "backup-restore",
                "The program ended while this run went; it goes on from its last checkpoint",
            ),
            ActionRow(
                "run.reproduce", REPRODUCE, self.reproduce, "", "repeat",
                "Says whether every number comes out the same, or what differs first, at which step, and why",
            ),
            *(
                ActionRow(
                    f"export.{key}", known.label, partial(self.export, key), "Ctrl+E" if key == "report" else "",
                    known.icon, known.help,
                )
                for key, known in FORMATS.items()
            ),
        ]  # fmt: skip

    def save(self) -> None:
        """Ask for a folder and write the last finished run into it."""
        path, _ = QFileDialog.getSaveFileName(self._window, "Save the run as a folder", "run")
        if path:
            self._write(partial(save_run, self._session.runs[-1], Path(path)))

    def export(self, what: str) -> None:
        """Ask for a file or a folder and write the last run into it."""
        chosen, run = FORMATS[what], self._session.runs[-1]
        path, _ = QFileDialog.getSaveFileName(self._window, f"Export {run.name}", chosen.name, chosen.filter)
        if path:
            self._write(partial(export_run, run, what, Path(path)))

    def _write(self, work: Callable[[], str]) -> None:
        """Do it in the background and say the sentence that it returns, where it is seen."""
        self._jobs.run(
            lambda job: work(), on_done=lambda said: self._session.message.emit("success", said, ""),
            on_failed=self._failed,
        )  # fmt: skip

    def reproduce(self, run: Run | None = None) -> None:
        """Train a run, or the last one, again in the background, and say whether it came out the same.

        While one is trained again, give that up.
        """
        if self._again is not None:
            self._again.cancel()
            self._end_again()
            self._session.message.emit("info", "Given up; nothing was compared.", "")
            return
        run = run or self._session.runs[-1]
        control = RunControl()
        self._session.message.emit("info", f"{run.name} is trained again, to compare every number…", "")
        self._again = self._jobs.run(
            lambda job: reproduce_run(run, control), on_done=partial(self._compared, run.name),
            on_failed=self._not_compared, control=control,
        )  # fmt: skip
        self.reproducing_changed.emit(True)

    def _end_again(self) -> None:
        self._again = None
        self.reproducing_changed.emit(False)

    def _compared(self, name: str, found: Reproduction) -> None:
        self._end_again()
        level = "success" if found.identical else "warning"
        self._session.message.emit(level, f"{name}: {found.text}", found.explanation)

    def _not_compared(self, error: Exception) -> None:
        self._end_again()
        self._failed(error)

    def _failed(self, error: Exception) -> None:
        hint = error.hint if isinstance(error, StudioError) else ""
        said = error.message if isinstance(error, StudioError) else f"{type(error).__name__}: {error}"
        self._session.message.emit("error", said, hint)

    def resume(self) -> None:
        """Ask for a run's folder and go on with it."""
        path = QFileDialog.getExistingDirectory(self._window, "Go on with the run in this folder")
        if path:
            self._session.resume_folder(Path(path))

    def recover(self) -> None:
        """Go on with a run that ended with the program that trained it."""
        folder = self._session.left_run
        if folder is not None:
            self._session.resume_folder(folder)
