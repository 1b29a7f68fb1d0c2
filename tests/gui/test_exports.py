"""A finished run leaves the window as a report or a script."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from gdstudio.gui.app import create_main_window
from gdstudio.gui.settings import WindowSettings

LONG = 60_000


def test_a_run_is_exported_as_a_report_and_as_a_script(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    monkeypatch.setattr("gdstudio.projects.export.report._RESAMPLES", 10)
    window = create_main_window(WindowSettings())
    session = window.session
    qtbot.waitUntil(lambda: session.dataset is not None, timeout=LONG)
    said: list[tuple[str, str]] = []
    session.message.connect(lambda level, text, hint: said.append((level, text)))
    assert not window.findChild(QAction, "export.report").isEnabled()
    session.edit({"training.epochs": 2})
    session.start()
    qtbot.waitUntil(lambda: session.state == "Done", timeout=LONG)
    for what, name in (("report", "report.html"), ("script", "run.py"), ("csv", "tables")):
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        window.findChild(QAction, f"export.{what}").trigger()
        qtbot.waitUntil(lambda path=path: any(str(path) in text for _, text in said), timeout=LONG)
        assert sum(file.stat().st_size for file in (path.iterdir() if path.is_dir() else [path])) > 2_000
    window.findChild(QAction, "run.reproduce").trigger()
    qtbot.waitUntil(lambda: any("Run 1: Identical: 38 steps" in text for _, text in said), timeout=LONG)
    assert {level for level, _ in said} == {"info", "success"}
    again = window.findChild(QAction, "run.reproduce")
    assert "compare" in again.text()
    again.trigger()
    assert "Give up" in again.text()
    again.trigger()
    assert said[-1] == ("info", "Given up; nothing was compared.")
    assert "compare" in again.text()
    assert "<h1>Run 1</h1>" in (tmp_path / "report.html").read_text(encoding="utf-8")
    window.close()
    window.deleteLater()
