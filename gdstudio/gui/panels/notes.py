"""What a person writes down beside the experiment; kept in the project."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from gdstudio.gui.naming import named
from gdstudio.gui.session import Session


class NotesPanel(QWidget):
    """A plain text."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.notes")
        self._session = session
        self._text = named(QPlainTextEdit(), "project.notes", "Notes", "Your notes; they are saved with the project")
        self._text.setPlaceholderText("What you found out, what to try next. Saved with the project.")
        self._text.setTabChangesFocus(True)
        self._text.textChanged.connect(self._written)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._text)
        session.notes_changed.connect(self._refresh)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        # Setting the same text again would move the cursor to its beginning.
        if self._text.toPlainText() != self._session.notes:
            self._text.blockSignals(True)
            self._text.setPlainText(self._session.notes)
            self._text.blockSignals(False)

    @Slot()
    def _written(self) -> None:
        self._session.write_notes(self._text.toPlainText())
