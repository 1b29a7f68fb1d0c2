"""What every control carries, for tests and for assistive tools."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QWidget

_Widget = TypeVar("_Widget", bound=QWidget)


def named(widget: _Widget, name: str, label: str, tip: str = "") -> _Widget:
    """Give a control its object name, its accessible name and its tooltip.

    Args:
        widget: The control, which is returned.
        name: A dotted path of the spec, an action's id, or the like; unique in the window.
        label: What a screen reader says.
        tip: What hovering says; also read out as the description.
    """
    widget.setObjectName(name)
    widget.setAccessibleName(label)
    if tip:
        widget.setToolTip(tip)
        widget.setAccessibleDescription(tip)
    return widget
