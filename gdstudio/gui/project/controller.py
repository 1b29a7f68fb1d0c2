"""The project on screen: where it is kept, whether all of it is, and what may take its place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QMainWindow, QTabWidget

from gdstudio.core.errors import StudioError
from gdstudio.gui.actions import ActionRow
from gdstudio.gui.dialogs.save_project import KIND, SUFFIX, SaveProjectDialog
from gdstudio.gui.document import Document
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.project import questions
from gdstudio.gui.project.opening import Opener
from gdstudio.gui.project.place import Place
from gdstudio.gui.project.recent import RecentProjects
from gdstudio.gui.project.store import Opened, Store
from gdstudio.gui.project.view_state import show_view, view_of
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.projects.autosave import Recoverable

_UNTITLED = "Untitled"
_PROGRAM = "Gradient Descent Studio"

_Then = Callable[[], object]


def is_project(path: Path) -> bool:
    """Whether a file is opened as a project, by its ending."""
    return path.suffix.lower() == SUFFIX


class ProjectController(QObject):
    """Opens, saves and leaves projects; asks where something would be lost.

    Args:
        session: Holds what is edited.
        tabs: Whose view is kept with the project.
        jobs: Reads and writes in the background.
        theme: Of the dialogs.
        begin: Puts a new experiment on screen.
        window: Gets the title and the dialogs.

    Attributes:
        place: Where the project is kept; None for one that never was saved.
        recent: The projects that were opened last.
        store: Reads and writes.

    Signals:
        changed: Another project is on screen, or it has another place.
        saved: What was on screen is in its file.
        kept_opened(kept): What was kept for a crash is about to be on screen.
    """

    changed = Signal()
    kept_opened = Signal(object)
    saved = Signal()

    def __init__(
        self, session: Session, tabs: QTabWidget, jobs: Jobs, theme: Theme, begin: _Then, window: QMainWindow
    ) -> None:
        super().__init__(window)
        self._session, self._tabs, self._jobs, self._theme = session, tabs, jobs, theme
        self._begin, self._window = begin, window
        self.place: Place | None = None
        self.recent = RecentProjects()
        self.store = Store()
        self._opener = Opener(self.store, jobs, theme, window)
        self._opener.opened.connect(self._opened)
        self._opener.said.connect(session.message)
        self._saving = False
        self._kept: Recoverable | None = None
        self._next: _Then | None = None
        self._after_run: _Then | None = None
        self._may_close = False
        self._asked = False
        self._waiting_view: dict[str, Any] | None = None
        window.installEventFilter(self)
        session.document_changed.connect(self._show_title)
        session.state_changed.connect(self._state_changed)
        session.table_changed.connect(self._show_view)
        self._show_title()

    def rows(self) -> list[ActionRow]:
        """The actions of projects."""
        return [
            ActionRow("project.new", "&New project", self.new, "Ctrl+N", "file-outline", "Begin a new project"),
            ActionRow(
                "project.open", "Open pro&ject…", self.open, "Ctrl+Shift+O", "folder-outline", "Open a saved project"
            ),
            ActionRow(
                "project.save", "&Save project", self.save, "Ctrl+S", "content-save-outline",
                "Save settings, runs, notes and view in one file",
            ),
            ActionRow(
                "project.save_as", "Save project &as…", self.save_as, "Ctrl+Shift+S", "content-save-edit-outline",
                "Save to another file, with the data in it or beside it",
            ),
        ]  # fmt: skip

    @property
    def attended(self) -> bool:
        """Whether there is somebody to answer questions; without, nothing is asked."""
        return self._opener.attended

    @attended.setter
    def attended(self, attended: bool) -> None:
        self._opener.attended = attended

    @property
    def saving(self) -> bool:
        """Whether a save is going."""
        return self._saving

    @property
    def path(self) -> Path | None:
        """The project's file; None for one that never was saved."""
        return self.place.path if self.place is not None else None

    def view(self) -> dict[str, Any]:
        """How the tabs are looked at."""
        return view_of(self._tabs)

    @property
    def name(self) -> str:
        """What the project is called."""
        return self.place.path.stem if self.place is not None else _UNTITLED

    # -- leaving ---------------------------------------------------------------------------------------

    def new(self) -> None:
        """Begin anew, once what is on screen may be left."""
        self._leave(self._begin_new)

    def open(self) -> None:
        """Ask for a project and open it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open a project", "", f"{KIND};;All files (*)")
        if path:
            self.open_path(Path(path))

    def open_path(self, path: Path) -> None:
        """Open a project, once what is on screen may be left."""
        self._leave(partial(self._read, path.absolute()))

    def open_kept(self, kept: Recoverable) -> None:
        """Open what was kept for a crash, once what is on screen may be left."""
        self._kept = kept
        self._leave(lambda: self._opener.open_kept(kept.file, kept.belongs_to, self.place))

    def may_close(self) -> bool:
        """Whether the window may close now; otherwise it is asked, and closed when that is answered."""
        if not self._may_close and (self._session.busy or self._saving or (self.attended and self._session.modified)):
            self._leave(self._close)
            return False
        return True

    def shut_down(self) -> None:
        """Let go of the file: the window is closing."""
        if self.place is not None:
            self.place.release()

    def _close(self) -> None:
        self._may_close = True
        self._window.close()

    def _begin_new(self) -> None:
        self._take_place(None)
        self._begin()

    def _leave(self, then: _Then) -> None:
        """Do something that takes the place of what is on screen, when nothing is lost by it."""
        if self._asked:
            return
        if self._saving:
            self._next = partial(self._leave, then)
            return
        modified, running = self._session.modified, self._session.busy
        if not self.attended or not (modified or running):
            self._when_idle(then)
            return
        self._asked = True
        questions.ask_to_leave(
            self._window, self.name, modified=modified, running=running, then=partial(self._left, then)
        )

    def _left(self, then: _Then, answer: str) -> None:
        self._asked = False
        if answer == "save":
            self._when_idle(partial(self.save, then))
        elif answer == "discard":
            self._when_idle(then)

    def _when_idle(self, then: _Then) -> None:
        """End the run that is going first; what it has done is listed as a run."""
        if self._session.busy:
            self._after_run = then
            self._session.stop()
        else:
            then()

    @Slot()
    def _state_changed(self) -> None:
        if self._after_run is not None and not self._session.busy:
            then, self._after_run = self._after_run, None
            # The thread's end is still being told: who listens must have heard of it before something else is shown.
            QTimer.singleShot(0, self, then)

    # -- saving ----------------------------------------------------------------------------------------

    def save(self, then: _Then | None = None) -> None:
        """Save to the project's file in the background; ``then`` follows when that has worked.

        Asks for a file where there is none that may be written, and before what another has written is replaced.
        """
        place = self.place
        if place is None or place.read_only:
            self.save_as(then)
        elif place.has_changed() and self.attended:
            answered = partial(self._overwrite, place, then)
            questions.ask_to_overwrite(self._window, place.path, answered)
        else:
            self._write(place.path, place.embed, then)

    def save_as(self, then: _Then | None = None) -> None:
        """Ask for a file, and whether the data go into it."""
        path = self.place.path if self.place is not None else Path(f"{self._suggested_name()}{SUFFIX}").absolute()
        embed = self.place is not None and self.place.embed
        dialog = SaveProjectDialog(path, self._session.table, embed, self._theme, self._window)
        dialog.chosen.connect(lambda path, embed: self._write(path, embed, then))
        dialog.open()

    def _overwrite(self, place: Place, then: _Then | None, answer: str) -> None:
        if answer == "overwrite":
            self._write(place.path, place.embed, then)
        elif answer == "save_as":
            self.save_as(then)

    def _suggested_name(self) -> str:
        table = self._session.table
        return Path(table.name).stem if table is not None else _UNTITLED

    def save_to(self, path: Path, *, embed: bool = False) -> None:
        """Save to a file, which is the project's from then on."""
        self._write(path.absolute(), embed, None)

    def _write(self, path: Path, embed: bool, then: _Then | None) -> None:
        if self._saving:
            self._next = partial(self._write, path, embed, then)
            return
        document, view = self._session.document, self.view()
        place = self._place_at(path)
        if place is None:
            return
        self._saving = True
        self._jobs.run(
            lambda job: self.store.write(path, document, view, place, embed=embed),
            on_done=lambda said: self._written(place, embed, document, said, then),
            on_failed=partial(self._not_written, place),
        )

    def _place_at(self, path: Path) -> Place | None:
        """This project's place, or a new one that no other window has."""
        old = self.place
        if old is not None and old.path == path and not old.read_only:
            return old
        place = Place(path, links=old.links, labs=old.labs) if old is not None else Place(path)
        holder = place.take_lock()
        if holder:
            self._session.message.emit("error", f"{path} was not saved: {holder}", "Save to another file.")
            return None
        return place

    def _written(self, place: Place, embed: bool, document: Document, said: str, then: _Then | None) -> None:
        self._saving = False
        place.embed = embed
        self._take_place(place)
        if said:
            self._session.message.emit("warning", said, "")
        self._session.mark_saved(document)
        self.recent.add(place.path)
        self._session.message.emit("info", f"Saved to {place.path}.", "")
        self.saved.emit()
        self._go_on()
        if then is not None:
            then()

    def _not_written(self, place: Place, error: Exception) -> None:
        self._saving = False
        self._next = None
        if place is not self.place:
            place.release()
        if isinstance(error, StudioError):
            message, hint = error.message, error.hint
        else:
            message, hint = f"The project could not be saved: {type(error).__name__}: {error}", ""
        self._session.message.emit("error", message, f"{hint} Nothing was changed on disk.".strip())

    def _go_on(self) -> None:
        then, self._next = self._next, None
        if then is not None:
            then()

    # -- opening ---------------------------------------------------------------------------------------

    def _read(self, path: Path) -> None:
        self._opener.open(path, self.place)

    @Slot(object)
    def _opened(self, opened: Opened) -> None:
        self._take_place(opened.place)
        self._waiting_view = dict(opened.view)
        kept, self._kept = self._kept, None
        if kept is not None and kept.file == opened.source:
            self.kept_opened.emit(kept)
        self._session.open_document(opened.document, is_saved=not opened.is_unsaved)
        if opened.place is not None and opened.place.path.is_file():
            self.recent.add(opened.place.path)
        show_view(self._tabs, opened.view)
        for sentence in opened.notes:
            self._session.message.emit("warning", sentence, "")

    @Slot()
    def _show_view(self) -> None:
        """Some choices are there only when the data have been prepared."""
        view, self._waiting_view = self._waiting_view, None
        if view is not None:
            show_view(self._tabs, view)

    def _take_place(self, place: Place | None) -> None:
        if self.place is not None and self.place is not place:
            self.place.release()
        self.place = place
        self._asked = False
        self._show_title()
        self.changed.emit()

    # -- the window ------------------------------------------------------------------------------------

    @Slot()
    def _show_title(self) -> None:
        read_only = " (read-only)" if self.place is not None and self.place.read_only else ""
        self._window.setWindowTitle(f"{self.name}[*]{read_only} – {_PROGRAM}")
        self._window.setWindowModified(self._session.modified)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look whether the file is still the same whenever the window is come back to."""
        if event.type() == QEvent.Type.WindowActivate:
            self.look_at_file()
        return super().eventFilter(watched, event)

    def look_at_file(self) -> None:
        """Ask what to do where another has written the project's file; once for each time."""
        place = self.place
        if place is None or self._saving or self._asked or not self.attended or not place.has_news():
            return
        self._asked = True
        questions.ask_about_other_content(
            self._window, place.path, modified=self._session.modified, then=partial(self._reload, place)
        )

    def _reload(self, place: Place, answer: str) -> None:
        self._asked = False
        if answer == "reload":
            self._when_idle(partial(self._read, place.path))
        else:
            place.notice()
