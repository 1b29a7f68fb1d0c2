"""Every action of the window as a row: id, label, shortcut, icon, what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from gdstudio.gui.theme import Theme


@dataclass(frozen=True)
class ActionRow:
    """One action.

    Attributes:
        id: Object name, e.g. ``"run.start"``; persisted and used by tests.
        label: In menus and on buttons, with ``&`` before its mnemonic.
        callback: Called without arguments.
        shortcut: As Qt writes keys, e.g. ``"Ctrl+O"``; empty for none.
        icon: A Material Design icon.
        tip: One sentence for the tooltip.
    """

    id: str
    label: str
    callback: Callable[[], object]
    shortcut: str = ""
    icon: str = ""
    tip: str = ""


def make_actions(parent: QWidget, theme: Theme, rows: Iterable[ActionRow]) -> dict[str, QAction]:
    """The rows as actions of ``parent``, by id; their tooltips name their keys."""
    made = {}
    for row in rows:
        action = QAction(row.label, parent)
        action.setObjectName(row.id)
        if row.icon:
            action.setIcon(theme.icon(row.icon))
        keys = f" ({row.shortcut})" if row.shortcut else ""
        action.setToolTip(f"{row.tip or row.label.replace('&', '')}{keys}")
        if row.shortcut:
            action.setShortcut(QKeySequence(row.shortcut))
        # Qt hands over whether the action is checked, which no callback asks for.
        action.triggered.connect(lambda checked=False, call=row.callback: call())
        parent.addAction(action)
        made[row.id] = action
    return made
