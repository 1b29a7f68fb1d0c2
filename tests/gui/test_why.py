"""After a run that diverged the window says why, and a remedy runs as a trial beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from gdstudio.core.registry import registry
from gdstudio.gui.app import create_main_window
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tabs.why import WhyPanel

LONG = 60_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    made = create_main_window(WindowSettings())
    made.show()
    qtbot.waitUntil(lambda: made.session.dataset is not None, timeout=LONG)
    yield made
    made.close()
    made.deleteLater()


def test_a_remedy_runs_beside_the_run_that_diverged(window: MainWindow, qtbot: QtBot) -> None:
    session, why = window.session, window.findChild(WhyPanel, "why")
    session.load(registry("samples").settings({"kind": "diabetes"}))
    qtbot.waitUntil(lambda: session.dataset is not None and session.dataset.task == "regression", timeout=LONG)
    session.edit({"model.kind": "linear", "optimizer.kind": "sgd", "training.epochs": 30})
    session.edit({"optimizer.lr": 3.0, "training.batch_size": 0})
    session.start()
    qtbot.waitUntil(lambda: why.isVisible(), timeout=LONG)
    button = why.findChild(QPushButton, "why.try.0")
    assert "2/λmax" not in button.text()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(session.runs) == 2 and not session.busy, timeout=LONG)
    failed, trial = (run.result for run in session.runs)
    assert failed.spec.get("optimizer.lr") == 3.0
    assert trial.spec.get("optimizer.lr") < 3.0
    assert trial.spec.with_values({"optimizer.lr": 3.0}) == failed.spec
    qtbot.waitUntil(lambda: why._job is None, timeout=LONG)
    assert why.isHidden()
