"""After a crash or a kill: what was kept is offered once, projects and the run that was cut off together."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from gdstudio.gui.dialogs.recovery import Left, RecoveryDialog, when_text
from gdstudio.gui.theme import Theme
from gdstudio.projects.autosave import Autosave, Recoverable

_RUN = "run"


class Recovery(QObject):
    """Looks what there is, and has it taken up.

    Args:
        kept: What windows have kept.
        theme: Of the dialog.
        window: Its parent.

    Signals:
        project_wanted(kept): It is to be opened.
        run_wanted(folder), run_discarded(folder): What is to be done with the run that was cut off.
        said(level, text, hint): Something to tell the person.
    """

    project_wanted = Signal(object)
    run_wanted = Signal(object)
    run_discarded = Signal(object)
    said = Signal(str, str, str)

    def __init__(self, kept: Autosave, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._kept, self._theme, self._window = kept, theme, window
        self._projects: dict[str, Recoverable] = {}
        self._run: Path | None = None

    def offer(self, run: Path | None, *, attended: bool) -> None:
        """Show what there is; nothing happens where there is nothing.

        Args:
            run: The folder of a run that was cut off.
            attended: Whether there is somebody to answer; otherwise it is only said.
        """
        self._run = run
        self._projects = {f"project.{number}": kept for number, kept in enumerate(self._kept.recoverable(), 1)}
        left = [_project_card(key, kept) for key, kept in self._projects.items()]
        if run is not None:
            left.append(_run_card(run))
        if left and attended:
            dialog = RecoveryDialog(left, self._theme, self._window)
            dialog.taken.connect(self._taken)
            dialog.discarded.connect(self._discarded)
            dialog.open()
        elif left:
            what = ", ".join(thing.title for thing in left)
            self.said.emit("warning", f"The program did not end as it should have, and kept: {what}.", "")

    @Slot(str)
    def _taken(self, key: str) -> None:
        if key == _RUN:
            self.run_wanted.emit(self._run)
        else:
            self.project_wanted.emit(self._projects[key])

    @Slot(str)
    def _discarded(self, key: str) -> None:
        if key == _RUN:
            self.run_discarded.emit(self._run)
        else:
            self._kept.discard(self._projects[key])


def _project_card(key: str, kept: Recoverable) -> Left:
    runs = f"{kept.runs} run{'' if kept.runs == 1 else 's'}" if kept.runs else "no runs"
    holds = f"It holds the settings and notes of then, and {runs}."
    when = _time(kept.saved)
    if kept.belongs_to is None:
        return Left(key, "A project that was never saved", when, holds, "No file holds any of it.", "Open")
    title = f"{kept.belongs_to.stem} – {kept.belongs_to}"
    if kept.file_saved is None:
        return Left(key, title, when, holds, "Its file is not there any more.", "Open")
    lost = f"The file was saved {when_text(_time(kept.file_saved))}; what was changed after that would be lost."
    return Left(key, title, when, holds, lost, "Open")


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds).astimezone()


def _run_card(run: Path) -> Left:
    """From the small file that names the others: nothing large is read for a question."""
    index = run / "checkpoint" / "checkpoint.json"
    when = datetime.fromtimestamp(index.stat().st_mtime).astimezone()
    holds = "It goes on from its last checkpoint"
    try:
        content = json.loads(index.read_text(encoding="utf-8"))
        holds = f"It goes on after step {int(content['step']):,}"
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return Left(
        _RUN, "The run that was cut off", when, f"{holds}, to the numbers of a run that never stopped.",
        "Without it, the run has to be trained from its beginning.", "Go on",
    )  # fmt: skip
