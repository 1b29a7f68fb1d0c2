"""On or off."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QWidget

from gdstudio.core.fields import FieldDescription
from gdstudio.gui.fields.control import dress, keeps_key


class SwitchField(QCheckBox):
    """Edits a ``switch``; its label is its own text."""

    committed = Signal(object)
    refused = Signal(str)

    def __init__(self, field: FieldDescription, path: str, parent: QWidget | None = None) -> None:
        super().__init__(field.label, parent)
        dress(self, field, path)
        self._showing = False
        self.show_value(bool(field.default))
        self.toggled.connect(self._changed)

    def show_value(self, value: bool) -> None:
        """Draw the value without emitting."""
        self._showing = True
        self.setChecked(bool(value))
        self._showing = False

    @Slot(bool)
    def _changed(self, checked: bool) -> None:
        if not self._showing:
            self.committed.emit(checked)

    def event(self, event: QEvent) -> bool:
        """Keep Space, which ticks the box."""
        return keeps_key(event, Qt.Key.Key_Space) or super().event(event)
