"""The toolbar: the buttons of a run, its pace, how far it is."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QSizePolicy, QToolBar

from gdstudio.gui.naming import named
from gdstudio.gui.progress import ProgressReadout
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme

#: Steps a second, 0 for as many as the machine can.
_PACES = {"Full speed": 0, "100 steps/s": 100, "20 steps/s": 20, "5 steps/s": 5, "1 step/s": 1}


class RunToolbar(QToolBar):
    """Start, pause, step, stop, reset; the pace; progress with the time that is left."""

    def __init__(self, session: Session, theme: Theme, actions: Mapping[str, QAction]) -> None:
        super().__init__("Run")
        self._session = session
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        size = int(1.2 * theme.em)
        self.setIconSize(QSize(size, size))
        for name in ("run.start", "run.pause", "run.step", "run.stop", "run.reset"):
            self.addAction(actions[name])
        self.widgetForAction(actions["run.start"]).setProperty("role", "primary")
        actions["run.start"].setIcon(theme.icon("play", "on_accent"))
        self._pace = named(
            QComboBox(), "run.pace", "Pace", "Slow motion for watching; the numbers are the same at every pace"
        )
        for label, steps in _PACES.items():
            self._pace.addItem(label, steps)
        self._pace.activated.connect(self._choose_pace)
        self.addWidget(self._pace)
        self.addSeparator()
        self._bar = named(QProgressBar(), "run.progress", "Progress of the run")
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setMaximumWidth(int(12 * theme.em))
        self.addWidget(self._bar)
        self._readout = named(QLabel(), "run.readout", "State of the run")
        self._readout.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(self._readout)
        self._progress = ProgressReadout()

    def refresh(self) -> None:
        """Show how far the run is."""
        share, text = self._progress.read(self._session)
        self._bar.setValue(int(1000 * share))
        self._readout.setText(text)

    @Slot(int)
    def _choose_pace(self, index: int) -> None:
        self._session.set_pace(self._pace.itemData(index))
