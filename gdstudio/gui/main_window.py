"""The window: lays out panels, tabs and docks, and wires actions to the session."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QFileDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

import gdstudio
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.gui.actions import ActionRow, make_actions
from gdstudio.gui.dialogs.import_table import ImportDialog
from gdstudio.gui.garbage import GarbageCollector
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.panels.data import DataPanel
from gdstudio.gui.panels.messages import MessagesPanel
from gdstudio.gui.panels.model import ModelPanel
from gdstudio.gui.panels.optimizer import OptimizerPanel
from gdstudio.gui.panels.runs import RunsPanel
from gdstudio.gui.panels.training import TrainingPanel
from gdstudio.gui.paste import pasted_table
from gdstudio.gui.progress import ProgressReadout
from gdstudio.gui.session import Session
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tabs.boundary import Boundary
from gdstudio.gui.tabs.labs import LabsTab
from gdstudio.gui.tabs.landscape import LandscapeTab
from gdstudio.gui.tabs.metrics import MetricsTab
from gdstudio.gui.tabs.predictions import PredictionsTab
from gdstudio.gui.tabs.table import TableTab
from gdstudio.gui.tabs.training import TrainingTab
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.collapsible import CollapsiblePanel
from gdstudio.gui.widgets.messages import Banner, Level

#: How often one visible chart looks at the history; they take turns, so each is drawn several times a second.
_POLL_MILLISECONDS = 40
#: Width of the panels in heights of a line of text.
_PANEL_WIDTH = 21.5
#: Steps a second, 0 for as many as the machine can.
_PACES = {"Full speed": 0, "100 steps/s": 100, "20 steps/s": 20, "5 steps/s": 5, "1 step/s": 1}


class MainWindow(QMainWindow):
    """Panels at the left, tabs in the middle, runs and messages below.

    Attributes:
        session: The experiment on screen and its runs.
    """

    def __init__(self, session: Session, theme: Theme, settings: WindowSettings, jobs: Jobs) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("Gradient Descent Studio")
        self.setAcceptDrops(True)
        self.session = session
        self.theme = theme
        self._settings = settings
        self._jobs = jobs
        self._closing = False
        self._garbage = GarbageCollector(self)
        self._actions = make_actions(self, theme, self._rows())
        self._banner = Banner(theme)
        self._messages = MessagesPanel()
        self._make_tabs(jobs)
        self._make_panels()
        self._make_toolbar()
        self._make_docks()
        self._make_menus()
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MILLISECONDS)
        self._poll.timeout.connect(self._refresh)
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

    # -- layout -----------------------------------------------------------------------------------------

    def _rows(self) -> list[ActionRow]:
        session = self.session
        return [
            ActionRow("data.open", "&Open…", self.open_file, "Ctrl+O", "folder-open-outline", "Open a table"),
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
            ActionRow(
                "run.save", "Save &run…", self.save_run, "Ctrl+S", "content-save-outline", "Write the run's folder"
            ),
            ActionRow("view.reset", "&Reset layout", self._reset_layout, tip="Put docks back where they were"),
            ActionRow("help.about", "&About", self._about, "F1", "information-outline", "Version and licence"),
            ActionRow("app.quit", "&Quit", self.close, "Ctrl+Q"),
        ]

    def _make_tabs(self, jobs: Jobs) -> None:
        boundary = Boundary(self.session, self.theme, jobs)
        self._tabs = QTabWidget()
        self._tabs.setObjectName("tabs")
        self._tabs.setDocumentMode(True)
        for label, tab in (
            ("Data", TableTab(self.session, self.theme, jobs)),
            ("Training", TrainingTab(self.session, self.theme, boundary)),
            ("Metrics", MetricsTab(self.session, self.theme)),
            ("Landscape", LandscapeTab(self.session, self.theme, jobs)),
            ("Predictions", PredictionsTab(self.session, self.theme)),
            ("Labs", LabsTab(self.session, self.theme, jobs)),
        ):
            self._tabs.addTab(tab, label)
        self._tabs.setCurrentIndex(1)
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
        data = DataPanel(self.session, self.theme)
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
        area.setMinimumWidth(int(_PANEL_WIDTH * self.theme.em))

    def _make_toolbar(self) -> None:
        bar = QToolBar("Run")
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        size = int(1.2 * self.theme.em)
        bar.setIconSize(QSize(size, size))
        for name in ("run.start", "run.pause", "run.step", "run.stop", "run.reset"):
            bar.addAction(self._actions[name])
        start = bar.widgetForAction(self._actions["run.start"])
        start.setProperty("role", "primary")
        self._actions["run.start"].setIcon(self.theme.icon("play", "on_accent"))
        self._pace = named(
            QComboBox(), "run.pace", "Pace", "Slow motion for watching; the numbers are the same at every pace"
        )
        for label, steps in _PACES.items():
            self._pace.addItem(label, steps)
        self._pace.activated.connect(self._choose_pace)
        bar.addWidget(self._pace)
        bar.addSeparator()
        self._bar = named(QProgressBar(), "run.progress", "Progress of the run")
        self._bar.setTextVisible(False)
        self._bar.setMaximumWidth(int(12 * self.theme.em))
        bar.addWidget(self._bar)
        self._readout = named(QLabel(), "run.readout", "State of the run")
        self._readout.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(self._readout)
        self._progress = ProgressReadout()
        self.addToolBar(bar)

    def _make_docks(self) -> None:
        below = Qt.DockWidgetArea.BottomDockWidgetArea
        self._runs_dock = self._add_dock("Runs", "dock.runs", RunsPanel(self.session, self.theme), below)
        messages = self._add_dock("Messages", "dock.messages", self._messages, below)
        self.tabifyDockWidget(self._runs_dock, messages)
        self._runs_dock.hide()
        messages.hide()

    def _add_dock(self, title: str, name: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title)
        dock.setObjectName(name)
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _make_menus(self) -> None:
        menus = {
            "&File": ("data.open", "data.paste", "run.save", None, "app.quit"),
            "&Edit": ("edit.undo", "edit.redo"),
            "&Run": ("run.start", "run.pause", "run.step", "run.stop", None, "run.reset"),
        }
        for title, names in menus.items():
            menu = self.menuBar().addMenu(title)
            for name in names:
                menu.addAction(self._actions[name]) if name else menu.addSeparator()
            if title == "&File":
                menu.insertMenu(self._actions["run.save"], self._make_samples_menu())
        view = self.menuBar().addMenu("&View")
        for dock in self.findChildren(QDockWidget):
            view.addAction(dock.toggleViewAction())
        view.addSeparator()
        schemes = QActionGroup(self)
        for scheme, label in (("system", "Colours of the system"), ("light", "Light"), ("dark", "Dark")):
            action = QAction(label, self, checkable=True)
            action.setObjectName(f"view.{scheme}")
            action.setChecked(self.theme.scheme == scheme)
            action.setData(scheme)
            schemes.addAction(action)
            view.addAction(action)
        schemes.triggered.connect(self._choose_scheme)
        view.addSeparator()
        view.addAction(self._actions["view.reset"])
        self.menuBar().addMenu("&Help").addAction(self._actions["help.about"])

    def _make_samples_menu(self) -> QMenu:
        """The samples, each an action of its own."""
        menu = QMenu("Open a &sample", self)
        menu.menuAction().setObjectName("data.sample")
        for key, entry in registry("samples").items():
            action = menu.addAction(entry.label)
            action.setObjectName(f"data.sample.{key}")
            action.setToolTip(entry.help)
            action.triggered.connect(partial(self._open_sample, key))
        return menu

    def _open_sample(self, key: str, checked: bool = False) -> None:
        self.session.load(registry("samples").settings(key))

    def _usual_size(self) -> QSize:
        """Large enough for four charts, never larger than the screen."""
        available = self.screen().availableSize()
        return QSize(int(95 * self.theme.em), int(55 * self.theme.em)).boundedTo(available)

    # -- what happens -------------------------------------------------------------------------------------

    @Slot()
    def _refresh(self) -> None:
        """Draw what is new in the visible tab; the only place that reads a history while it grows."""
        tab = self._tabs.currentWidget()
        if hasattr(tab, "refresh"):
            tab.refresh()
        share, text = self._progress.read(self.session)
        self._bar.setRange(0, 1000)
        self._bar.setValue(int(1000 * share))
        self._readout.setText(text)

    @Slot()
    def _state_changed(self) -> None:
        state, loading = self.session.state, self.session.loading
        busy = self.session.busy
        self._actions["run.start"].setEnabled(state != "Running" and state != "Stopping")
        self._actions["run.start"].setText("Go &on" if state == "Paused" else "&Start")
        self._actions["run.pause"].setEnabled(state in ("Running", "Paused"))
        self._actions["run.step"].setEnabled(state != "Stopping")
        self._actions["run.stop"].setEnabled(state in ("Running", "Paused"))
        self._actions["run.reset"].setEnabled(not busy)
        self._actions["run.save"].setEnabled(self.session.result is not None and not busy)
        self._poll.start() if busy else self._poll.stop()
        if state == "Done" and len(self.session.runs) == 2 and not self._runs_dock.isVisible():
            # From the second run on there is something to compare.
            self._runs_dock.show()
            self.resizeDocks([self._runs_dock], [int(9 * self.theme.em)], Qt.Orientation.Vertical)
        if not loading:
            self._refresh()
        if self._closing and not busy:
            self.close()

    @Slot()
    def _undo_changed(self) -> None:
        for verb, text in (("Undo", self.session.undo_text), ("Redo", self.session.redo_text)):
            action = self._actions[f"edit.{verb.lower()}"]
            action.setText(f"&{verb}: {text}" if text else f"&{verb}")
            action.setEnabled(bool(text))

    @Slot(str, str, str)
    def _tell(self, level: str, text: str, hint: str) -> None:
        self._messages.add(level, text, hint)
        if level != "info":
            self._banner.show_message(cast(Level, level), text, hint)

    @Slot(int)
    def _choose_pace(self, index: int) -> None:
        self.session.set_pace(self._pace.itemData(index))

    @Slot(QAction)
    def _choose_scheme(self, action: QAction) -> None:
        self.theme.set_scheme(action.data())
        self._settings.scheme = action.data()

    def open_file(self) -> None:
        """Ask for a table and load it."""
        endings = " ".join(f"*{e}" for entry in registry("readers").values() for e in entry.extensions)
        path, _ = QFileDialog.getOpenFileName(
            self, "Open a table", "", f"Tables ({endings} *.gz *.bz2 *.xz *.zip);;All files (*)"
        )
        if path:
            self.import_file(Path(path))

    def import_file(self, path: Path) -> None:
        """Show how a file will be read, and load it when that is accepted."""
        dialog = ImportDialog(path, self._jobs, self.theme, self)
        dialog.chosen.connect(self.session.load)
        dialog.open()

    def paste_table(self) -> None:
        """Show how the clipboard's text will be read as a table."""
        try:
            self.import_file(pasted_table())
        except StudioError as error:
            self._tell("warning", error.message, error.hint)

    def save_run(self) -> None:
        """Ask for a folder and write the last finished run into it."""
        path, _ = QFileDialog.getSaveFileName(self, "Save the run as a folder", "run")
        if path:
            self.session.save_result(Path(path))

    def _reset_layout(self) -> None:
        self.restoreState(self._first_arrangement)

    def _about(self) -> None:
        QMessageBox.about(
            self,
            "Gradient Descent Studio",
            f"<h3>Gradient Descent Studio {gdstudio.__version__}</h3>"
            "<p>Load data, build a model, watch gradient descent, understand the result.</p>"
            "<p>MIT licence. Made with PyTorch, Qt, pyqtgraph, pandas and scikit-learn.</p>",
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped on the window."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Show how the first file that was dropped will be read."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        self.import_file(Path(files[0]))

    def closeEvent(self, event: QCloseEvent) -> None:
        """End a run first: a thread that is destroyed while it runs takes the process with it."""
        if self.session.busy:
            self._closing = True
            self.session.stop()
            event.ignore()
            return
        self._poll.stop()
        self._settings.keep(self.saveGeometry(), self.saveState())
        self.session.shut_down()
        self._garbage.stop()
        event.accept()
