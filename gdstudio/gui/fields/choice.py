"""One of several values, shown by their labels."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from gdstudio.core.fields import FieldDescription
from gdstudio.gui.fields.control import dress, keeps_key


class ChoiceField(QComboBox):
    """Edits a ``choice``; each item's data is the key."""

    committed = Signal(object)
    refused = Signal(str)

    def __init__(self, field: FieldDescription, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, field, path)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        if field.optional:
            self.addItem("Automatic", None)
        for key in field.choices:
            self.addItem(field.labels.get(key, key), key)
        self._showing = False
        self.show_value(field.default)
        self.currentIndexChanged.connect(self._changed)

    def show_value(self, value: str | None) -> None:
        """Draw the value without emitting."""
        self._showing = True
        self.setCurrentIndex(self.findData(value))
        self._showing = False

    @Slot(int)
    def _changed(self, index: int) -> None:
        if not self._showing and index >= 0:
            self.committed.emit(self.itemData(index))

    def event(self, event: QEvent) -> bool:
        """Keep Space, which opens the list."""
        return keeps_key(event, Qt.Key.Key_Space) or super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change only while focused: scrolling past a form must not change it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
