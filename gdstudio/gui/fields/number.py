"""A number or a whole number: typed as people write it, stepped with the arrow keys and the wheel."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

from gdstudio.core.fields import FieldDescription
from gdstudio.gui.fields.control import dress, keeps_key
from gdstudio.gui.fields.values import (
    UnreadableError,
    check_range,
    format_number,
    parse_integer,
    parse_number,
    stepped,
)


class NumberField(QAbstractSpinBox):
    """Edits a ``number`` or an ``integer``.

    Not a QDoubleSpinBox: that rounds to a fixed number of decimals and silently changes what is out of range.
    """

    committed = Signal(object)
    refused = Signal(str)
    valueChanged = Signal(object)  # noqa: N815 - as Qt's own spin boxes have it

    def __init__(self, field: FieldDescription, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        self._value: float | int | None = field.default
        dress(self, field, path)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0.00000"))
        gap = self.fontMetrics().height() // 3
        self.lineEdit().setTextMargins(gap, 0, gap, 0)
        self.lineEdit().setPlaceholderText("automatic" if field.optional else "")
        self.lineEdit().textEdited.connect(self._typing)
        self.editingFinished.connect(self.commit)
        self.show_value(field.default)

    def value(self) -> float | int | None:
        """The value that is in force; None is "automatic"."""
        return self._value

    def setValue(self, value: float | int | None) -> None:
        """Set a value as a person would."""
        self.lineEdit().setText("" if value is None else format_number(value))
        self.commit()

    def show_value(self, value: float | int | None) -> None:
        """Draw the value without emitting."""
        self._value = value
        self.lineEdit().setText("" if value is None else format_number(value))

    @Slot()
    def commit(self) -> None:
        """Take what is written, or say why it cannot be taken."""
        text = self.lineEdit().text()
        try:
            value = self._read(text)
        except UnreadableError as error:
            self.refused.emit(str(error))
            return
        changed = value != self._value
        self.show_value(value)
        self.refused.emit("")
        if changed:
            self.committed.emit(value)
            self.valueChanged.emit(value)

    def _read(self, text: str) -> float | int | None:
        if not text.strip() and self._field.optional:
            return None
        value = parse_integer(text) if self._field.kind == "integer" else parse_number(text)
        check_range(self._field, value)
        return value

    @Slot()
    def _typing(self) -> None:
        self.refused.emit("")

    @property
    def _is_edited(self) -> bool:
        shown = "" if self._value is None else format_number(self._value)
        return self.lineEdit().text() != shown

    def stepBy(self, steps: int) -> None:
        """Go up or down; what is written and unreadable stays as it is."""
        try:
            value = self._read(self.lineEdit().text())
        except UnreadableError as error:
            self.refused.emit(str(error))
            return
        moved = stepped(self._field, float(self._field.default or 0) if value is None else value, steps)
        self.setValue(int(moved) if self._field.kind == "integer" else moved)
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both ways; the bounds are looked at when stepping."""
        if self.isReadOnly():
            return QAbstractSpinBox.StepEnabledFlag.StepNone
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Let everything be typed; it is judged when it is committed, with a sentence."""
        return QValidator.State.Acceptable, text, position

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
            self.selectAll()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step only while focused: scrolling past a form must not change it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
