"""How far a table is read, and the button that gives the read up."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from gdstudio.gui.naming import named

#: A read that is shorter is over before a person could read what a bar says.
_SHOWN_AFTER_MILLISECONDS = 300


class LoadBar(QWidget):
    """Seen while a table is read that takes longer than a moment.

    Signals:
        cancelled: A person has enough of waiting.
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = named(QProgressBar(), "data.load_progress", "Progress of reading", "How much of the file is read")
        self._bar.setRange(0, 1000)
        self._bar.setFormat("Reading %p %")
        self._cancel = named(
            QPushButton("Cancel"), "data.load_cancel", "Cancel reading", "Give up reading; the table on screen stays"
        )
        self._cancel.clicked.connect(self.cancelled)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._bar, 1)
        layout.addWidget(self._cancel)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_SHOWN_AFTER_MILLISECONDS)
        self._wait.timeout.connect(self.show)
        self.hide()

    @Slot(bool)
    def show_loading(self, loading: bool) -> None:
        """Wait to be seen, or go away."""
        if loading:
            self._bar.setValue(0)
            self._wait.start()
        else:
            self._wait.stop()
            self.hide()

    @Slot(float)
    def show_share(self, share: float) -> None:
        """So much is read, 0 … 1."""
        self._bar.setValue(int(1000 * share))
