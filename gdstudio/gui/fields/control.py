"""What every control of a form has in common."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QEvent, Qt, SignalInstance
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from gdstudio.core.fields import FieldDescription
from gdstudio.gui.fields.values import format_number, range_text


class Control(Protocol):
    """A widget that edits one setting.

    ``committed(value)`` is emitted when a person has set a value that the field can have, ``refused(sentence)`` when
    what is written is none; then nothing is committed.
    """

    committed: SignalInstance
    refused: SignalInstance

    def show_value(self, value: Any) -> None:
        """Draw the value without emitting; takes back what was written and not committed."""


def dress(widget: QWidget, field: FieldDescription, path: str) -> None:
    """Give a control its names and the text that explains it."""
    widget.setObjectName(path)
    widget.setAccessibleName(field.label)
    description = explanation(field)
    widget.setToolTip(f"<p>{description}</p>")
    widget.setAccessibleDescription(description)


def explanation(field: FieldDescription) -> str:
    """What the setting does, what it may be, what it is when nothing is said."""
    parts = [field.help.strip()]
    allowed = range_text(field)
    if allowed:
        parts.append(f"Allowed: {allowed}.")
    parts.append(f"Default: {value_text(field, field.default)}.")
    return " ".join(part for part in parts if part)


def value_text(field: FieldDescription, value: Any) -> str:
    """A value as the form shows it."""
    unit = f" {field.unit}" if field.unit else ""
    match value:
        case None:
            return "automatic"
        case bool():
            return "on" if value else "off"
        case int() | float():
            return format_number(value) + unit
        case tuple() | list():
            return ", ".join(map(str, value)) or "none"
        case _:
            return field.labels.get(str(value), str(value)) or "empty"


def keeps_key(event: QEvent, *keys: Qt.Key) -> bool:
    """Claim a key for the focused control, so that a shortcut of the window does not take it.

    Space would pause the run instead of ticking a box, Escape stop it instead of taking back what was typed.
    """
    if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in keys:
        event.accept()
        return True
    return False
