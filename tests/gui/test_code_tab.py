"""The Code tab follows every edit, says what it cannot express, and proves a run's program."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from gdstudio.core.registry import registry
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.code import CodeTab
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.code_view import CodeView

LONG = 60_000


def test_changed_lines_stand_out_and_the_place_is_kept(qtbot: QtBot, any_theme: Theme) -> None:
    view = CodeView(any_theme)
    qtbot.addWidget(view)
    view.resize(300, 120)
    view.show()
    lines = [f"x{i} = {i}  # number" for i in range(200)]
    view.show_code("\n".join(lines))
    assert view.changed_lines == []
    view.verticalScrollBar().setValue(3)
    view.show_code("\n".join([*lines[:4], "x4 = 'four'", *lines[5:]]))
    assert (view.changed_lines, view.verticalScrollBar().value()) == ([4], 3)
    view.show_code("\n".join([*lines[:4], "x4 = 'four'", *lines[5:150], "y = 1", *lines[150:180], *lines[181:]]))
    assert view.changed_lines == [150, 181]
    assert abs(view.verticalScrollBar().value() - 150) < 20
    view.show_next_change()
    assert view.textCursor().blockNumber() == 181
    view.show_next_change()
    assert view.textCursor().blockNumber() == 150
    view.show_code('"""Doc\nof # two lines."""\nfor x in "a # b":  # c\n    y = 12', compare=False)
    colours = [
        [(f.start, f.length, f.format.foreground().color().name()) for f in view.document().findBlockByNumber(n)
         .layout().formats()] for n in range(4)
    ]  # fmt: skip
    text, word, remark, number = (any_theme.color(t).name() for t in ("success", "accent", "muted", "warning"))
    assert colours == [
        [(0, 6, text)], [(0, 18, text)],
        [(0, 3, word), (6, 2, word), (9, 7, text), (19, 3, remark)], [(8, 2, number)],
    ]  # fmt: skip


def test_the_program_follows_the_settings(
    qtbot: QtBot, theme: Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs()
    session = Session(jobs)
    tab = CodeTab(session, theme, jobs)
    qtbot.addWidget(tab)
    tab.resize(800, 600)
    tab.show()
    instead, verdict = tab.findChild(QLabel, "code.instead"), tab.findChild(QLabel, "code.verdict")
    buttons = {name: tab.findChild(QPushButton, f"code.{name}") for name in ("copy", "save", "verify", "next")}
    qtbot.waitUntil(lambda: "Open a table" in instead.text(), timeout=LONG)
    assert not buttons["copy"].isEnabled()
    session.load(registry("samples").settings("iris"))
    qtbot.waitUntil(lambda: "load_iris()" in tab.view.toPlainText(), timeout=LONG)
    assert not buttons["next"].isVisible()
    session.edit({"optimizer.kind": "sgd", "training.clip_norm": 0.5, "training.epochs": 2})
    qtbot.waitUntil(lambda: "clip_grad_norm_(model.parameters(), 0.5)" in tab.view.toPlainText(), timeout=LONG)
    text = tab.view.toPlainText()
    assert any("clip_grad_norm_" in text.splitlines()[line] for line in tab.view.changed_lines)
    buttons["copy"].click()
    assert QGuiApplication.clipboard().text() == text
    said: list[str] = []
    session.message.connect(lambda level, sentence, hint: said.append(sentence))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "my.py"), ""))
    buttons["save"].click()
    qtbot.waitUntil(lambda: bool(said), timeout=LONG)
    assert (tmp_path / "my.py").read_text(encoding="utf-8") == text

    spec = session.spec.with_values({"model.normalization": "batch", "training.batch_size": 1})
    session.edit({"model.normalization": "batch", "training.batch_size": 1})
    assert session.spec == spec
    qtbot.waitUntil(lambda: "at least two rows" in instead.text() and instead.isVisible(), timeout=LONG)
    assert not buttons["copy"].isEnabled()

    which = tab.findChild(QComboBox, "code.which")
    which.setCurrentIndex(2)
    which.activated.emit(2)
    qtbot.waitUntil(lambda: "Adam walks down (1 - x)**2 + 100*(y - x**2)**2" in tab.view.toPlainText(), timeout=LONG)
    assert tab.view.changed_lines == []  # another experiment is no edit of the one before
    session.edit_race(session.race.with_formula("x**2 + y**4"))
    qtbot.waitUntil(lambda: "x ** 2 + y ** 4" in tab.view.toPlainText(), timeout=LONG)
    assert tab.view.changed_lines
    buttons["verify"].click()
    assert buttons["verify"].text() == "Give up"
    qtbot.waitUntil(lambda: "Bit-equal: 301 losses" in verdict.text(), timeout=LONG)
    buttons["verify"].click()
    buttons["verify"].click()
    assert "Given up" in verdict.text()
    jobs.shutdown()
