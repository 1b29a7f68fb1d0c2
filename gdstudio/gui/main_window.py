"""The window: lays out panels, tabs and docks, and wires actions to the session."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QMainWindow,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.core.spec import FileSource
from gdstudio.gui.actions import ActionRow, make_actions
from gdstudio.gui.dialogs.about import about
from gdstudio.gui.dialogs.import_table import ImportDialog
from gdstudio.gui.dialogs.save_project import KIND
from gdstudio.gui.document import Document
from gdstudio.gui.frames import FrameTimer
from gdstudio.gui.garbage import GarbageCollector
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.menus import fill_menus, fill_view_menu
from gdstudio.gui.panels.data import DataPanel
from gdstudio.gui.panels.messages import MessagesPanel
from gdstudio.gui.panels.model import ModelPanel
from gdstudio.gui.panels.notes import NotesPanel
from gdstudio.gui.panels.optimizer import OptimizerPanel
from gdstudio.gui.panels.runs import RunsPanel
from gdstudio.gui.panels.training import TrainingPanel
from gdstudio.gui.paste import pasted_table
from gdstudio.gui.preferences.control import PreferenceControl
from gdstudio.gui.project.autosaver import Autosaver
from gdstudio.gui.project.controller import ProjectController, is_project
from gdstudio.gui.project.recovery import Recovery
from gdstudio.gui.run_files import GIVE_UP, REPRODUCE, RunFiles
from gdstudio.gui.session import Session
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tabs.all import Tabs
from gdstudio.gui.theme import Theme
from gdstudio.gui.toolbar import RunToolbar
from gdstudio.gui.widgets.collapsible import CollapsiblePanel
from gdstudio.gui.widgets.messages import Banner, Level

#: Width of the panels in heights of a line of text.
_PANEL_WIDTH = 21.5


class MainWindow(QMainWindow):
    """Panels at the left, tabs in the middle, runs and messages below.

    Attributes:
        session: The experiment on screen and its runs.
        preferences: What the person has set about the program.
        project: Where all of it is kept.
        autosaver: Keeps for a crash what no file holds.
    """

    def __init__(self, session: Session, theme: Theme, settings: WindowSettings, jobs: Jobs) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("Gradient Descent Studio")
        self.setAcceptDrops(True)
        self.session = session
        self.theme = theme
        self.preferences = settings.preferences
        self._settings = settings
        self._jobs = jobs
        self._garbage = GarbageCollector(self)
        self._run_files = RunFiles(session, jobs, self)
        self._banner = Banner(theme)
        self._messages = MessagesPanel()
        self._make_middle()
        self.project = ProjectController(session, self._tabs, jobs, theme, self._begin, self)
        self.autosaver = Autosaver(session, self.project, self.preferences, jobs, self)
        self._recovery = Recovery(self.autosaver.kept, theme, self)
        self._recovery.said.connect(session.message)
        self._recovery.project_wanted.connect(self.project.open_kept)
        self.project.kept_opened.connect(self.autosaver.adopt)
        self._recovery.run_wanted.connect(session.resume_folder)
        self._recovery.run_discarded.connect(session.discard_left_run)
        self._actions = make_actions(self, theme, self._rows())
        self._make_panels()
        self._toolbar = RunToolbar(session, theme, self._actions)
        self.addToolBar(self._toolbar)
        self._make_docks()
        # One visible chart at a time looks at the history; they take turns, so each is drawn several times a second.
        self._poll = FrameTimer(self)
        self._poll.timeout.connect(self._refresh)
        self._preference_control = PreferenceControl(self.preferences, theme, self._poll, self)
        self._preference_control.said.connect(self._tell)
        self._make_menus()
        session.warmed_up.connect(self._garbage.spare)
        session.message.connect(self._tell)
        session.state_changed.connect(self._state_changed)
        session.undo_changed.connect(self._undo_changed)
        session.loading_changed.connect(self._state_changed)
        self._first_arrangement = self.saveState()
        self.resize(self._usual_size())
        if not settings.geometry.isEmpty():
            self.restoreGeometry(settings.geometry)
            self.restoreState(settings.arrangement)
        self._state_changed()
        self._undo_changed()

    def complete(self) -> None:
        """Make what is not seen at first."""
        self._tabs.complete()
        self._preference_control.tell_problems()

    # -- layout -----------------------------------------------------------------------------------------

    def _rows(self) -> list[ActionRow]:
        session = self.session
        return [
            *self.project.rows(),
            ActionRow("data.open", "&Open data…", self.open_file, "Ctrl+O", "folder-open-outline", "Open a table"),
            ActionRow(
                "data.paste",
                "&Paste table…",
                self.paste_table,
                "Ctrl+Shift+V",
                "content-paste",
                "Take a table from the clipboard",
            ),
            ActionRow("run.start", "&Start", session.start, "F5", "play", "Train the model"),
            ActionRow("run.pause", "&Pause", session.pause, "Space", "pause", "Wait after this step, or go on"),
            ActionRow("run.step", "S&tep", session.step, ".", "skip-next", "Take a single step"),
            ActionRow("run.stop", "St&op", session.stop, "Esc", "stop", "End the run and keep what was done"),
            ActionRow("run.reset", "&Reset", session.reset, "Ctrl+R", "restart", "Clear the curves; runs stay listed"),
            ActionRow("edit.undo", "&Undo", session.undo, "Ctrl+Z", "undo"),
            ActionRow("edit.redo", "&Redo", session.redo, "Ctrl+Y", "redo"),
            *self._run_files.rows(),
            ActionRow(
                "view.settings", "&Settings…", self._open_settings, "Ctrl+,", "cog-outline", "How the program looks"
            ),
            ActionRow("view.reset", "&Reset layout", self._reset_layout, tip="Put docks back where they were"),
            ActionRow("help.about", "&About", self._about, "F1", "information-outline", "Version and licence"),
            ActionRow("app.quit", "&Quit", self.close, "Ctrl+Q"),
        ]

    def _make_middle(self) -> None:
        self._tabs = Tabs(self.session, self.theme, self._jobs)
        self._tabs.currentChanged.connect(self._refresh)
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._banner)
        layout.addWidget(self._tabs)
        self.setCentralWidget(middle)

    def _make_panels(self) -> None:
        column = QWidget()
        layout = QVBoxLayout(column)
        data = DataPanel(self.session, self.theme, self._jobs)
        data.open_wanted.connect(self.open_file)
        self._training_panel = TrainingPanel(self.session, self.theme)
        self.session.warmed_up.connect(self._training_panel.show_device_note)
        for title, icon, panel, expanded in (
            ("Data", "table", data, False),
            ("Model", "graph-outline", ModelPanel(self.session, self.theme), True),
            ("Optimizer", "tune-variant", OptimizerPanel(self.session, self.theme), False),
            ("Training", "chart-line", self._training_panel, False),
        ):
            frame = CollapsiblePanel(self.theme, title, icon, panel, expanded=expanded)
            panel.summary_changed.connect(frame.set_summary)
            panel.announce()
            layout.addWidget(frame)
        layout.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(column)
        self._add_dock("Experiment", "dock.experiment", area, Qt.DockWidgetArea.LeftDockWidgetArea)
        self._panels = area
        self._size_panels()
        self.theme.changed.connect(self._size_panels)

    @Slot()
    def _size_panels(self) -> None:
        self._panels.setMinimumWidth(int(_PANEL_WIDTH * self.theme.em))

    def _make_docks(self) -> None:
        below = Qt.DockWidgetArea.BottomDockWidgetArea
        runs = RunsPanel(self.session, self.theme)
        runs.reproduce_wanted.connect(self._run_files.reproduce)
        self._run_files.reproducing_changed.connect(runs.show_reproducing)
        self._run_files.reproducing_changed.connect(
            lambda going: self._actions["run.reproduce"].setText(GIVE_UP if going else REPRODUCE)
        )
        runs.compare_wanted.connect(self._tabs.compare_runs)
        self._runs_dock = self._add_dock("Runs", "dock.runs", runs, below)
        messages = self._add_dock("Messages", "dock.messages", self._messages, below)
        notes = self._add_dock("Notes", "dock.notes", NotesPanel(self.session), below)
        for dock in (messages, notes):
            self.tabifyDockWidget(self._runs_dock, dock)
            dock.hide()
        self._runs_dock.hide()

    def _add_dock(self, title: str, name: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title)
        dock.setObjectName(name)
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _make_menus(self) -> None:
        bar = self.menuBar()
        fill_menus(bar, self._actions, self.session, self.project)
        docks = self.findChildren(QDockWidget)
        choose, locked = self._preference_control.choose_scheme, self.preferences.locked.get("scheme", "")
        fill_view_menu(bar, docks, self.theme, self._actions["view.reset"], choose, locked)
        bar.addMenu("&Help").addAction(self._actions["help.about"])

    def _usual_size(self) -> QSize:
        """Large enough for four charts, never larger than the screen."""
        available = self.screen().availableSize()
        return QSize(int(95 * self.theme.em), int(55 * self.theme.em)).boundedTo(available)

    # -- what happens -------------------------------------------------------------------------------------

    @Slot()
    def _refresh(self) -> None:
        """Draw what is new of the run."""
        self._tabs.refresh()
        self._toolbar.refresh()
        self._poll.shown(len(self.session.history.steps))

    @Slot()
    def _state_changed(self) -> None:
        state, loading = self.session.state, self.session.loading
        busy = self.session.busy
        self._actions["run.start"].setEnabled(state != "Running" and state != "Stopping")
        self._actions["run.start"].setText("Go &on" if state == "Paused" else "&Start")
        self._actions["run.pause"].setEnabled(state in ("Running", "Paused"))
        self._actions["run.step"].setEnabled(state != "Stopping")
        self._actions["run.stop"].setEnabled(state in ("Running", "Paused") or loading)
        self._actions["run.reset"].setEnabled(not busy)
        for name in self._actions:
            if name in ("run.save", "run.reproduce") or name.startswith("export."):
                self._actions[name].setEnabled(bool(self.session.runs) and not busy)
        self._actions["run.resume"].setEnabled(not busy)
        self._actions["run.recover"].setEnabled(not busy and self.session.left_run is not None)
        self._poll.begin() if busy else self._poll.stop()
        if state == "Done" and len(self.session.runs) == 2 and not self._runs_dock.isVisible():
            # From the second run on there is something to compare.
            self._runs_dock.show()
            self.resizeDocks([self._runs_dock], [int(13 * self.theme.em)], Qt.Orientation.Vertical)
        if not loading:
            self._refresh()

    @Slot()
    def _undo_changed(self) -> None:
        for verb, text in (("Undo", self.session.undo_text), ("Redo", self.session.redo_text)):
            action = self._actions[f"edit.{verb.lower()}"]
            said = text.replace("&", "&&")  # a single one would be a mnemonic
            action.setText(f"&{verb}: {said}" if text else f"&{verb}")
            action.setEnabled(bool(text))

    @Slot(str, str, str)
    def _tell(self, level: str, text: str, hint: str) -> None:
        self._messages.add(level, text, hint)
        if level != "info":
            self._banner.show_message(cast(Level, level), text, hint)

    def _open_settings(self) -> None:
        self._preference_control.open_dialog()

    def begin_with(self, first: Path | None) -> None:
        """Open a project or a table, the sample of the settings where there is none; offer what a crash has left."""
        self._load(first)
        self._recovery.offer(self.session.left_run, attended=self.project.attended)

    def _load(self, first: Path | None) -> None:
        if first is not None and is_project(first):
            self.project.open_path(first)
        elif first is not None:
            self.session.load(FileSource(path=str(first)))
        else:
            self.session.load(registry("samples").settings(self.preferences.values.sample))

    def _begin(self) -> None:
        self.session.open_document(Document(self.preferences.first_spec()))
        self._load(None)

    def open_file(self) -> None:
        """Ask for a table and load it."""
        endings = " ".join(f"*{e}" for entry in registry("readers").values() for e in entry.extensions)
        path, _ = QFileDialog.getOpenFileName(
            self, "Open a table", "", f"Tables ({endings} *.gz *.bz2 *.xz *.zip);;{KIND};;All files (*)"
        )
        if path:
            self.import_file(Path(path))

    def import_file(self, path: Path) -> None:
        """Show how a file will be read, and load it when that is accepted; a project is opened."""
        if is_project(path):
            self.project.open_path(path)
            return
        dialog = ImportDialog(path, self._jobs, self.theme, self)
        dialog.chosen.connect(self.session.load)
        dialog.open()

    def paste_table(self) -> None:
        """Show how the clipboard's text will be read as a table."""
        try:
            self.import_file(pasted_table())
        except StudioError as error:
            self._tell("warning", error.message, error.hint)

    def _reset_layout(self) -> None:
        self.restoreState(self._first_arrangement)

    def _about(self) -> None:
        about(self, self.preferences.folder)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped on the window."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Show how the first file that was dropped will be read."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        self.import_file(Path(files[0]))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask what is to be saved, and end a run first: a thread destroyed while it runs takes the process with it."""
        if not self.project.may_close():
            event.ignore()
            return
        self._poll.stop()
        self._settings.keep(self.saveGeometry(), self.saveState())
        self.session.shut_down()
        self.autosaver.end()
        self.project.shut_down()
        self._garbage.stop()
        event.accept()
