"""What the program said, newest last."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from gdstudio.gui.naming import named

_KEPT_LINES = 2_000


class MessagesPanel(QWidget):
    """A log that can be read, selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.messages")
        self._text = named(QPlainTextEdit(readOnly=True), "messages", "Messages")
        self._text.setMaximumBlockCount(_KEPT_LINES)
        self._text.setPlaceholderText("What the program does and notices is written here.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._text)

    @Slot(str, str, str)
    def add(self, level: str, text: str, hint: str = "") -> None:
        """Append one message with the time of day."""
        mark = {"error": "Error: ", "warning": "Note: "}.get(level, "")
        self._text.appendPlainText(f"{datetime.now():%H:%M:%S}  {mark}{text} {hint}".rstrip())
