"""What is on screen is kept in the user's state folder while no file holds it, for the case of a crash."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Slot

from gdstudio.core.errors import StudioError
from gdstudio.gui.document import Document
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.preferences.store import PreferenceStore
from gdstudio.gui.project.controller import ProjectController
from gdstudio.gui.session import Session
from gdstudio.projects.autosave import Autosave, Recoverable


class Autosaver(QObject):
    """Writes at most once in an interval, in the background, and at the end of each run.

    Args:
        session: Says what is on screen and whether a file holds it.
        project: Says where the project's file is, and how it is looked at.
        preferences: Say how often.
        jobs: Writes in the background.
        parent: The window.

    Attributes:
        kept: What this and other windows have kept.
        done: The document that is kept; None where none is.
    """

    def __init__(
        self, session: Session, project: ProjectController, preferences: PreferenceStore, jobs: Jobs, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._project, self._preferences, self._jobs = session, project, preferences, jobs
        self.kept = Autosave()
        self._adopted: Recoverable | None = None
        self._interval: int | None = None
        self.done: Document | None = None
        self._writing = False
        self._has_failed = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.keep)
        session.document_changed.connect(self._changed)
        session.runs_changed.connect(self._runs_changed)

    @property
    def interval(self) -> int:
        """Milliseconds; those of the settings unless another number was set."""
        return self._interval or 1_000 * self._preferences.values.autosave_seconds

    @interval.setter
    def interval(self, milliseconds: int) -> None:
        self._interval = milliseconds

    @Slot()
    def _changed(self) -> None:
        if self._session.modified:
            if not self._timer.isActive() and self._session.document is not self.done:
                self._timer.start(self.interval)
        else:
            self.forget()

    @Slot()
    def _runs_changed(self) -> None:
        """A run that has ended may have taken hours."""
        if self._session.modified and self._session.state in ("Done", "Failed"):
            self._timer.start(0)

    @Slot(object)
    def adopt(self, kept: Recoverable) -> None:
        """What another window has left is about to be on screen here: it stays until it is saved, or not wanted."""
        self._adopted = kept

    @Slot()
    def keep(self) -> None:
        """Write what is on screen, unless that was done or a file holds it."""
        document = self._session.document
        if not self._session.modified or document is self.done or self._jobs.closed:
            return
        if self._writing:
            self._timer.start(self.interval)
            return
        self._writing = True
        view, place, store = self._project.view(), self._project.place, self._project.store

        def work(job: Job) -> None:
            project = store.project_of(document, view, place, embed=place is not None and place.embed)
            self.kept.save(project, place.path if place is not None else None)

        self._jobs.run(
            work,
            on_done=lambda _: self._written(document),
            on_failed=self._failed,
        )

    def _written(self, document: Document) -> None:
        self._writing = self._has_failed = False
        self.done = document
        self._changed()

    def _failed(self, error: Exception) -> None:
        self._writing = False
        if not self._has_failed:  # said once, not every half minute
            self._has_failed = True
            said = error.message if isinstance(error, StudioError) else str(error)
            self._session.message.emit("warning", f"Your work could not be kept for a crash: {said}", "Save it now.")
        self._timer.start(self.interval)

    def forget(self) -> None:
        """Nothing needs to be kept: a file holds it, or it is not wanted."""
        self._timer.stop()
        self.done = None
        if not self._writing:
            self.kept.clear()
            self._drop_adopted()

    def end(self) -> None:
        """The window closes, and a person has said what becomes of changes: nothing is kept any more."""
        self._timer.stop()
        self.kept.close()
        self._drop_adopted()

    def _drop_adopted(self) -> None:
        if self._adopted is not None:
            self.kept.discard(self._adopted)
            self._adopted = None
