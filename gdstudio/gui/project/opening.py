"""From a project's file to what is on screen: lock, read, and ask where something is in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from gdstudio.core.errors import StudioError
from gdstudio.gui.dialogs.find_data import FindDataDialog
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.project import questions
from gdstudio.gui.project.place import Place
from gdstudio.gui.project.store import Opened, Store, good_versions
from gdstudio.gui.theme import Theme

#: Platforms without a screen, where nobody could answer a question.
_NOBODY = ("offscreen", "minimal")


class Opener(QObject):
    """Reads one project at a time in the background; a newer one takes the place of one that is going.

    Attributes:
        attended: Whether there is somebody to answer questions; without, nothing is asked and nothing overwritten.

    Signals:
        opened(opened): It is read; shall be shown.
        said(level, text, hint): Something to tell the person.
    """

    opened = Signal(object)
    said = Signal(str, str, str)

    def __init__(self, store: Store, jobs: Jobs, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._store, self._jobs, self._theme, self._window = store, jobs, theme, window
        self._job: Job | None = None
        self._current: Place | None = None
        self.attended = QGuiApplication.platformName() not in _NOBODY

    def open(self, path: Path, current: Place | None) -> None:
        """Open a project; one that another window has is offered read-only.

        Args:
            path: The file.
            current: Where the project on screen is kept: it may be read again.
        """
        place = self._place_at(path, current)
        holder = place.take_lock()
        if not holder:
            self._read(place)
        elif self.attended:
            questions.ask_about_lock(self._window, holder, partial(self._read_locked, place))
        else:
            self._read_locked(place, "read_only")

    def open_kept(self, source: Path, path: Path | None, current: Place | None) -> None:
        """Open what was kept for a crash, or an older version, as the unsaved state of the project at ``path``."""
        place = self._place_at(path, current) if path is not None else None
        if place is not None and place.take_lock():
            place = None  # another window has the project: this goes to a file of its own
        self._start(source, place, is_unsaved=True)

    def _place_at(self, path: Path, current: Place | None) -> Place:
        self._current = current
        return current if current is not None and current.path == path and not current.read_only else Place(path)

    def _read_locked(self, place: Place, answer: str) -> None:
        if answer == "read_only":
            self._read(replace(place, read_only=True))

    def _read(self, place: Place) -> None:
        self._start(place.path, place)

    def _start(self, source: Path, place: Place | None, data: Path | None = None, *, is_unsaved: bool = False) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = self._jobs.run(
            lambda job: self._store.read(source, place, data=data, cancelled=lambda: job.cancelled),
            on_done=partial(self._done, source, place, data, is_unsaved),
            on_failed=partial(self._failed, source, place),
        )

    def _done(self, source: Path, place: Place | None, data: Path | None, is_unsaved: bool, opened: Opened) -> None:
        self._job = None
        # Where the data were found elsewhere, the file still names the old place.
        moved = data is not None
        opened = replace(opened, is_unsaved=is_unsaved or moved)
        if opened.missing is None or not self.attended:
            self.opened.emit(opened)
            return
        dialog = FindDataDialog(opened.missing, self._jobs, self._theme, self._window)
        dialog.found.connect(lambda path: self._start(source, place, path, is_unsaved=is_unsaved))
        dialog.rejected.connect(lambda: self.opened.emit(opened))
        dialog.open()

    def _failed(self, source: Path, place: Place | None, error: Exception) -> None:
        self._job = None
        if place is not None and place is not self._current:
            place.release()
        from gdstudio.projects.archive import DamagedError

        if not isinstance(error, StudioError):
            self.said.emit("error", f"{source} could not be opened: {type(error).__name__}: {error}", "")
            return
        if not isinstance(error, DamagedError) or not self.attended:
            self.said.emit("error", error.message, error.hint)
            return
        self._jobs.run(lambda job: good_versions(source), on_done=partial(self._offer_versions, source, error))

    def _offer_versions(self, source: Path, error: StudioError, versions: list[tuple[Path, datetime]]) -> None:
        if not versions:
            self.said.emit("error", error.message, error.hint)
            return
        questions.ask_for_version(
            self._window, error.message, "", versions, partial(self._open_version, source, versions)
        )

    def _open_version(self, source: Path, versions: list[tuple[Path, datetime]], answer: str) -> None:
        if answer.isdigit():
            self.open_kept(versions[int(answer)][0], source, self._current)
