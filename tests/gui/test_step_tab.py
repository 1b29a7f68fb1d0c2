"""The Step tab: a paused run's step in numbers, which are those of the run itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSpinBox, QTableWidget
from pytestqt.qtbot import QtBot

from gdstudio.gui.app import create_main_window
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tabs.step import StepTab

LONG = 60_000


def test_a_step_is_taken_apart_and_meets_the_run_s_own_next_value(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    window = create_main_window(WindowSettings())
    window.show()
    session = window.session
    qtbot.waitUntil(lambda: session.dataset is not None, timeout=LONG)
    session.edit({"model.hidden": [4], "training.epochs": 3, "model.dropout": 0.2})
    qtbot.waitUntil(lambda: session.dataset is not None, timeout=LONG)
    tab = window.findChild(StepTab)
    window._tabs.setCurrentWidget(tab)
    tab.findChild(QPushButton, "step.take").click()
    qtbot.waitUntil(lambda: tab._taken is not None, timeout=LONG)
    title = tab.findChild(QLabel, "step.title")
    assert title.text() == "Step 2, to be taken next: epoch 1, learning rate 0.002"
    parameter = tab.findChild(QComboBox, "step.parameter")
    parameter.setCurrentIndex(parameter.findData("hidden_1.weight"))
    parameter.activated.emit(parameter.currentIndex())
    tab.findChild(QSpinBox, "step.unit").setValue(3)
    tab.findChild(QSpinBox, "step.input").setValue(2)
    lines = tab.findChild(QTableWidget, "step.lines")

    def shown() -> float:
        assert lines.item(lines.rowCount() - 1, 0).text() == "new value"
        return float(lines.item(lines.rowCount() - 1, 2).toolTip())

    foretold = shown()
    session.step()
    qtbot.waitUntil(lambda: tab._taken is not None and tab._taken.stored is not None, timeout=LONG)
    assert title.text() == "Step 2, just taken: epoch 1, learning rate 0.002"
    assert shown() == foretold
    moment = session.history.moment
    assert moment is not None
    assert np.float32(foretold) == moment.state["model"]["hidden_1.weight"][2, 1].numpy()
    assert "to the last bit" in tab.findChild(QLabel, "step.said").text()
    assert "add up to" in tab.findChild(QLabel, "step.sum").text()
    session.stop()
    qtbot.waitUntil(lambda: not session.busy, timeout=LONG)
    window.close()
    window.deleteLater()
