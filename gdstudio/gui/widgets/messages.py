"""Words in place: what an empty place will hold, and what the program has to say."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdstudio.gui.theme import Theme

Level = Literal["info", "success", "warning", "error"]
_LOOKS = {
    "info": ("information-outline", "accent"),
    "success": ("check-circle-outline", "success"),
    "warning": ("alert-outline", "warning"),
    "error": ("alert-circle-outline", "danger"),
}


class EmptyState(QWidget):
    """What will appear here, and the button that makes it appear.

    Signals:
        triggered: The button was pressed.
    """

    triggered = Signal()

    def __init__(
        self, theme: Theme, icon: str, sentence: str, button: str = "", *, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = icon
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._sentence = QLabel(sentence, wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self._sentence.setProperty("role", "muted")
        self.button = QPushButton(button)
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(self.triggered)
        if name:
            self.button.setObjectName(name)
        self.button.setAccessibleName(button)
        self.button.setToolTip(sentence)
        layout = QVBoxLayout(self)
        layout.setSpacing(round(0.8 * theme.em))
        layout.addStretch(1)
        for widget in (self._picture, self._sentence, self.button):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self.button.setVisible(bool(button))
        theme.changed.connect(self._draw)
        self._draw()
        self.set_sentence(sentence)

    def set_sentence(self, sentence: str) -> None:
        """Say something else."""
        self._sentence.setText(sentence)
        # A centred label that wraps is given one line less than it needs.
        width = round(24 * self._theme.em)
        self._sentence.setFixedSize(width, self._sentence.heightForWidth(width))

    def _draw(self) -> None:
        side = round(3 * self._theme.em)
        icon = self._theme.icon(self._icon, "muted")
        self._picture.setPixmap(icon.pixmap(QSize(side, side), self.devicePixelRatioF()))


class Banner(QFrame):
    """A message above what it concerns, until it is closed or replaced.

    Signals:
        triggered: The action was chosen.
        closed: A person has closed it.
    """

    triggered = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._level: Level = "info"
        self.setProperty("role", "banner")
        self.setObjectName("banner")
        self._icon = QLabel()
        self._text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.action = QPushButton()
        self.action.clicked.connect(self.triggered)
        self._close = QToolButton()
        self._close.setIcon(theme.icon("close", "muted"))
        self._close.setAccessibleName("Close the message")
        self._close.setToolTip("Close the message")
        self._close.clicked.connect(self._dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(*(round(0.5 * theme.em),) * 4)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.action)
        layout.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        theme.changed.connect(self._draw)
        self.hide()

    def show_message(self, level: Level, text: str, hint: str = "", *, action: str = "") -> None:
        """Say something; replaces what was said before.

        Args:
            level: How grave it is.
            text: What happened.
            hint: What to do about it.
            action: Text of a button; none when empty.
        """
        self._level = level
        said = f"{text} {hint}".strip()
        self._text.setText(said)
        self.action.setText(action)
        self.action.setAccessibleName(action)
        self.action.setVisible(bool(action))
        self.setAccessibleName(f"{level.capitalize()}: {said}")
        self._draw()
        self.show()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def _dismiss(self) -> None:
        self.hide()
        self.closed.emit()

    def _draw(self) -> None:
        icon, token = _LOOKS[self._level]
        side = round(1.3 * self._theme.em)
        self._icon.setPixmap(self._theme.icon(icon, token).pixmap(QSize(side, side), self.devicePixelRatioF()))
        if self.property("level") != self._level:
            self.setProperty("level", self._level)
            self.style().unpolish(self)
            self.style().polish(self)
