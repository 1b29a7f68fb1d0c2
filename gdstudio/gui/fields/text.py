"""A line of text, or a list of whole numbers written as one."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from gdstudio.core.fields import FieldDescription
from gdstudio.gui.fields.control import dress, keeps_key
from gdstudio.gui.fields.values import UnreadableError, check_range, format_number, parse_integer, parse_number


class TextField(QLineEdit):
    """Edits a ``text``."""

    committed = Signal(object)
    refused = Signal(str)

    def __init__(self, field: FieldDescription, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        self._value: Any = field.default
        dress(self, field, path)
        self.show_value(field.default)
        self.textEdited.connect(self._typing)
        self.editingFinished.connect(self.commit)

    def show_value(self, value: Any) -> None:
        """Draw the value without emitting."""
        self._value = value
        self.setText(self.write(value))
        if not self.hasFocus():
            self.setCursorPosition(0)  # of a text that is too long the beginning is seen

    @Slot()
    def commit(self) -> None:
        """Take what is written, or say why it cannot be taken."""
        try:
            value = self.read(self.text())
        except UnreadableError as error:
            self.refused.emit(str(error))
            return
        changed = value != self._value
        self.show_value(value)
        self.refused.emit("")
        if changed:
            self.committed.emit(value)

    def read(self, text: str) -> Any:
        """The value of a text."""
        return None if self._field.optional and not text else text

    def write(self, value: Any) -> str:
        """The text of a value."""
        return "" if value is None else str(value)

    @Slot()
    def _typing(self) -> None:
        self.refused.emit("")

    @property
    def _is_edited(self) -> bool:
        return self.text() != self.write(self._value)

    def event(self, event: QEvent) -> bool:
        """Keep Escape while there is something to take back."""
        if self._is_edited and keeps_key(event, Qt.Key.Key_Escape):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes back what was typed."""
        if event.key() == Qt.Key.Key_Escape and self._is_edited:
            self.show_value(self._value)
            self.refused.emit("")
            return
        super().keyPressEvent(event)


class ListField(TextField):
    """Edits a list whose values are separated by commas or spaces; empty is the empty list."""

    example = ""
    what = ""

    def read(self, text: str) -> tuple[Any, ...]:
        """The values of a text.

        Raises:
            UnreadableError: One of them is none, or outside the bounds.
        """
        values = []
        for word in [word for word in re.split(r"[\s,;–]+", text.strip()) if word]:
            try:
                values.append(self.read_one(word))
            except UnreadableError:
                raise UnreadableError(f"“{word}” is not {self.what}: write a list such as {self.example}.") from None
            if not isinstance(values[-1], str):
                check_range(self._field, values[-1])
        return tuple(values)

    def read_one(self, word: str) -> Any:
        """The value of one word."""
        return word

    def write(self, value: Any) -> str:
        """The values with commas between."""
        return ", ".join(v if isinstance(v, str) else format_number(v) for v in value or ())


class IntegersField(ListField):
    """Edits ``integers``, written ``64, 32``."""

    example, what = "64, 32", "a whole number"

    def read_one(self, word: str) -> int:
        """A whole number."""
        return parse_integer(word)


class NumbersField(ListField):
    """Edits ``numbers``, written ``0.01, 0.1``."""

    example, what = "0.01, 0.1", "a number"

    def read_one(self, word: str) -> float:
        """A number."""
        return parse_number(word)


class TextsField(ListField):
    """Edits ``texts``, written ``sgd, adam``."""
