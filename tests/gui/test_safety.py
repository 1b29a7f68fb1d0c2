"""Traps of the binding, and that the fixtures notice what they are there to notice."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot


def test_void_calls_do_not_drop_references_to_none(qtbot: QtBot) -> None:
    """PySide6 6.12.0 lost one reference to None per void call on Python < 3.12, and the process died."""
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None)
    for number in range(2_000):
        label.setText(str(number))
    assert sys.getrefcount(None) - before > -100
