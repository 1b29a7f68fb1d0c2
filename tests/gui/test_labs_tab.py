"""A laboratory in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from gdstudio.gui.app import create_main_window
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tabs.labs import LabsTab

LONG = 60_000


@pytest.fixture
def labs(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    window = create_main_window(WindowSettings())
    window.show()
    qtbot.waitUntil(lambda: window.session.dataset is not None, timeout=LONG)
    window.session.edit({"training.epochs": 4, "model.hidden": [4]})
    yield window.findChild(LabsTab)
    window.close()
    window.deleteLater()


def test_a_race_is_run_and_answered(labs: LabsTab, qtbot: QtBot) -> None:
    kinds = labs.findChild(QComboBox, "lab.kind")
    kinds.setCurrentIndex(kinds.findData("race"))
    kinds.activated.emit(kinds.currentIndex())
    labs.findChild(QPushButton, "lab.start").click()
    answer = labs.findChild(QLabel, "lab.answer")
    qtbot.waitUntil(lambda: bool(answer.text()), timeout=LONG)
    assert "same weights" in answer.text()
    assert labs.findChild(QPushButton, "lab.save").isEnabled()


def test_a_cancelled_laboratory_ends_and_another_can_be_run(labs: LabsTab, qtbot: QtBot) -> None:
    labs._session.edit({"training.epochs": 100_000})
    start = labs.findChild(QPushButton, "lab.start")
    start.click()
    assert not start.isEnabled()
    qtbot.wait(300)
    labs.findChild(QPushButton, "lab.cancel").click()
    qtbot.waitUntil(start.isEnabled, timeout=LONG)
