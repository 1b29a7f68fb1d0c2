"""How far a table is read, and the button that gives the read up."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from gdstudio.gui.naming import named
from gdstudio.gui.session import Session

#: A read that is shorter is over before a person could read what a bar says.
_SHOWN_AFTER_MILLISECONDS = 300


class LoadBar(QWidget):
    """Seen while a table is read that takes longer than a moment."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._bar = named(QProgressBar(), "data.load_progress", "Progress of reading", "How much of the file is read")
        self._bar.setRange(0, 1000)
        self._bar.setFormat("Reading %p %")
        self._cancel = named(
            QPushButton("Cancel"), "data.load_cancel", "Cancel reading", "Give up reading; the table on screen stays"
        )
        self._cancel.clicked.connect(session.cancel_loading)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._bar, 1)
        layout.addWidget(self._cancel)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_SHOWN_AFTER_MILLISECONDS)
        self._wait.timeout.connect(self.show)
        self.hide()
        session.loading_changed.connect(self._loading_changed)
        session.loading_progressed.connect(self._progressed)
        self._loading_changed(session.loading)

    @Slot(bool)
    def _loading_changed(self, loading: bool) -> None:
        if loading:
            self._bar.setValue(0)
            self._wait.start()
        else:
            self._wait.stop()
            self.hide()

    @Slot(float)
    def _progressed(self, share: float) -> None:
        self._bar.setValue(int(1000 * share))
