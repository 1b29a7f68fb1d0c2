"""The project in the window: saved, opened, asked about, kept for a crash, taken up again."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
)
from pytestqt.qtbot import QtBot

from gdstudio.gui.app import create_main_window
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tabs.labs import LabsTab

LONG = 25_000
Make = Callable[..., MainWindow]


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Opens windows, and closes them after the test whatever is unsaved in them."""
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path / "config")
    made: list[MainWindow] = []

    def make_window(first: Path | None = None) -> MainWindow:
        window = create_main_window(WindowSettings(), first)
        made.append(window)
        window.show()
        ready(qtbot, window)
        return window

    yield make_window
    for window in made:
        window.project.attended = False
        window.close()
        qtbot.waitUntil(lambda window=window: not window.session.busy and not window.isVisible(), timeout=LONG)
        window.deleteLater()


def ready(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.session.dataset is not None and not window.session._loader.busy, timeout=LONG)


def saved(qtbot: QtBot, window: MainWindow, act: Callable[[], object]) -> None:
    with qtbot.waitSignal(window.project.saved, timeout=LONG):
        act()


def opened(qtbot: QtBot, window: MainWindow, path: Path, act: Callable[[], object]) -> None:
    act()
    qtbot.waitUntil(lambda: window.project.path == path, timeout=LONG)
    ready(qtbot, window)


def answer(qtbot: QtBot, window: MainWindow, question: str, key: str) -> str:
    """Press a button of a question; returns what was asked."""
    qtbot.waitUntil(lambda: window.findChild(QMessageBox, question) is not None, timeout=LONG)
    box = window.findChild(QMessageBox, question)
    said = f"{box.text()} {box.informativeText()}"
    box.findChild(QPushButton, f"{question}.{key}").click()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return said


def press(window: MainWindow, name: str) -> None:
    window.findChild(QAction, name).trigger()


def messages(window: MainWindow) -> list[tuple[str, str, str]]:
    heard: list[tuple[str, str, str]] = []
    window.session.message.connect(lambda *said: heard.append(said))
    return heard


def train(qtbot: QtBot, window: MainWindow) -> None:
    window.session.start()
    qtbot.waitUntil(lambda: window.session.state == "Done" and not window.session.busy, timeout=LONG)


def test_what_is_saved_comes_back_with_runs_notes_formula_and_view(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    window, path = make(), tmp_path / "first try.gdstudio"
    session = window.session
    assert window.windowTitle().startswith("Untitled[*]")
    assert not window.isWindowModified()
    session.edit({"training.epochs": 2, "model.hidden": [4]})
    assert window.isWindowModified()
    train(qtbot, window)
    session.rename_run(session.runs[0].id, "small")
    window.findChild(QPlainTextEdit, "project.notes").setPlainText("Small is enough.")
    session.edit_race(session.race.with_formula("a*x**2 + y**2"))
    axis = window.findChild(QComboBox, "charts.x_axis")
    axis.setCurrentIndex(axis.findData("epoch"))
    axis.activated.emit(axis.currentIndex())
    window._tabs.setCurrentWidget(window._tabs.findChild(QPlainTextEdit) or window._tabs.widget(3))
    front = window._tabs.currentWidget().objectName()
    saved(qtbot, window, lambda: window.project.save_to(path))
    assert not window.isWindowModified()
    assert window.windowTitle().startswith("first try[*]")
    assert session.undo_text == "function Rosenbrock → a*x**2 + y**2"
    document = session.document

    press(window, "project.new")
    qtbot.waitUntil(lambda: window.project.path is None and not session.runs)
    ready(qtbot, window)
    assert session.notes == ""
    assert not session.modified

    opened(qtbot, window, path, lambda: window.project.open_path(path))
    assert session.spec == document.spec
    assert session.race == document.race
    assert session.notes == "Small is enough."
    assert not session.modified
    assert not session.undo_text
    assert window._tabs.currentWidget().objectName() == front
    assert axis.currentData() == "epoch"
    (run,) = session.runs
    old = document.runs[0].result
    assert run.name == "small"
    assert run.result.metrics == old.metrics
    for column, values in old.history.steps.snapshot().items():
        if column != "seconds":
            assert values.tobytes() == run.result.history.steps.snapshot()[column].tobytes(), column
    train(qtbot, window)
    assert [r.name for r in session.runs] == ["small", "Run 2"]
    assert window.project.recent.paths() == [path]


def test_what_laboratories_found_is_kept_with_the_project(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    window, path = make(), tmp_path / "labs.gdstudio"
    labs, session = window.findChild(LabsTab), window.session
    answer_label, start = window.findChild(QLabel, "lab.answer"), window.findChild(QPushButton, "lab.start")
    for kind, values in (("depth", {"lab.depths": [1, 2], "lab.seeds": 1}), ("basins", {"lab.size": 10})):
        labs._edit({"lab.kind": kind})
        assert not answer_label.text(), "a laboratory that was not run has no answer"
        labs._edit(values)
        start.click()
        qtbot.waitUntil(lambda: bool(answer_label.text()), timeout=LONG)
    basins = answer_label.text()
    labs._edit({"lab.kind": "depth"})
    depth = answer_label.text()
    assert depth != basins
    assert session.modified
    saved(qtbot, window, lambda: window.project.save_to(path))
    assert not session.modified

    start.click()
    window.project.attended = False
    press(window, "project.new")
    qtbot.waitUntil(lambda: window.project.path is None and not session.labs, timeout=LONG)
    ready(qtbot, window)
    assert not answer_label.text()
    assert start.isEnabled(), "what was asked in the other project is given up"

    opened(qtbot, window, path, lambda: window.project.open_path(path))
    assert not session.modified
    assert [result.lab for result in session.labs] == ["depth", "basins"]
    assert answer_label.text() == basins
    labs._edit({"lab.kind": "depth"})
    assert answer_label.text() == depth


def test_nothing_is_left_without_asking(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    window, path = make(), tmp_path / "asked.gdstudio"
    session = window.session
    saved(qtbot, window, lambda: window.project.save_to(path))
    window.project.attended = True
    session.edit({"training.seed": 5})
    window.close()
    assert "asked" in answer(qtbot, window, "question.leave", "cancel")
    assert window.isVisible()
    press(window, "project.new")
    answer(qtbot, window, "question.leave", "cancel")
    assert session.spec.training.seed == 5
    window.project.open_path(path)
    answer(qtbot, window, "question.leave", "discard")
    qtbot.waitUntil(lambda: session.spec.training.seed == 0, timeout=LONG)
    ready(qtbot, window)
    session.edit({"training.epochs": 1_000_000})
    session.start()
    qtbot.waitUntil(lambda: len(session.history.steps) > 3, timeout=LONG)
    window.close()
    assert "A run is going" in answer(qtbot, window, "question.leave", "save")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    again = make(path)
    opened(qtbot, again, path, lambda: None)
    assert again.session.spec.training.epochs == 1_000_000
    assert [run.result.status for run in again.session.runs] == ["cancelled"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_save_that_fails_is_told_and_leaves_file_and_mark(
    make: Make, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    window, path = make(), tmp_path / "full.gdstudio"
    saved(qtbot, window, lambda: window.project.save_to(path))
    before = path.read_bytes()
    window.session.edit({"training.seed": 5})
    heard = messages(window)
    with monkeypatch.context() as patched:

        def fail(handle: int) -> None:
            raise OSError(code, os.strerror(code))

        patched.setattr(os, "fsync", fail)
        window.project.save()
        qtbot.waitUntil(lambda: any(level == "error" for level, _, _ in heard), timeout=LONG)
    assert os.strerror(code) in heard[-1][1]
    assert path.read_bytes() == before
    assert window.isWindowModified()
    assert not list(tmp_path.glob(".*.part"))
    saved(qtbot, window, window.project.save)
    assert not window.isWindowModified()


def test_a_second_window_gets_the_project_read_only(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    first, path = make(), tmp_path / "shared.gdstudio"
    saved(qtbot, first, lambda: first.project.save_to(path))
    saved(qtbot, first, first.project.save)
    second = make()
    second.project.attended = True
    second.project.open_path(path)
    answer(qtbot, second, "question.locked", "cancel")
    assert second.project.path is None
    second.project.open_path(path)
    answer(qtbot, second, "question.locked", "read_only")
    qtbot.waitUntil(lambda: second.project.path == path, timeout=LONG)
    ready(qtbot, second)
    assert "read-only" in second.windowTitle()
    second.session.edit({"training.seed": 8})
    second.project.save()
    dialog = second.findChild(QDialog, "dialog.save_project")
    dialog.findChild(QLineEdit, "save_project.path").setText(str(tmp_path / "mine"))
    saved(qtbot, second, dialog.findChild(QPushButton, "save_project.save").click)
    assert second.project.path == tmp_path / "mine.gdstudio"
    assert "read-only" not in second.windowTitle()


def test_a_file_that_another_has_written_is_noticed(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    window, path, other = make(), tmp_path / "changed.gdstudio", tmp_path / "other.gdstudio"
    session = window.session
    session.edit({"training.seed": 9})
    saved(qtbot, window, lambda: window.project.save_to(other))
    session.edit({"training.seed": 1})
    saved(qtbot, window, lambda: window.project.save_to(path))
    window.project.attended = True
    window.project.look_at_file()
    assert window.findChild(QMessageBox, "question.changed") is None
    path.write_bytes(other.read_bytes())
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowActivate))
    answer(qtbot, window, "question.changed", "keep")
    window.project.look_at_file()
    assert window.findChild(QMessageBox, "question.changed") is None, "asked once"
    window.project.save()
    answer(qtbot, window, "question.overwrite", "cancel")
    assert path.read_bytes() == other.read_bytes()
    os.utime(path, (1, 1))
    window.project.look_at_file()
    answer(qtbot, window, "question.changed", "reload")
    qtbot.waitUntil(lambda: session.spec.training.seed == 9, timeout=LONG)
    ready(qtbot, window)


def test_data_that_have_moved_are_found_again_or_go_along(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    pd.DataFrame({"age": range(60), "bought": ["yes", "no", "no"] * 20}).to_csv(people, index=False)
    window, linked, whole = make(people), tmp_path / "linked.gdstudio", tmp_path / "whole.gdstudio"
    session = window.session
    session.edit({"training.epochs": 1})
    train(qtbot, window)
    saved(qtbot, window, lambda: window.project.save_to(whole, embed=True))
    saved(qtbot, window, lambda: window.project.save_to(linked))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = people.rename(elsewhere / "customers.csv")
    press(window, "project.new")
    ready(qtbot, window)
    window.project.attended = True
    window.project.open_path(linked)
    qtbot.waitUntil(lambda: window.findChild(QDialog, "dialog.find_data") is not None, timeout=LONG)
    dialog = window.findChild(QDialog, "dialog.find_data")
    line, use = dialog.findChild(QLineEdit, "find_data.path"), dialog.findChild(QPushButton, "find_data.use")
    line.setText(str(moved))
    line.editingFinished.emit()
    qtbot.waitUntil(use.isEnabled, timeout=LONG)
    opened(qtbot, window, linked, use.click)
    assert session.table.frame["age"].tolist() == list(range(60))
    assert session.spec.data.source.path == str(moved)
    assert session.modified, "the file still names the old place"
    moved.unlink()
    window.project.attended = False
    opened(qtbot, window, whole, lambda: window.project.open_path(whole))
    assert session.table.frame["age"].tolist() == list(range(60))
    session.edit({"training.seed": 3})
    train(qtbot, window)
    assert len(session.runs) == 2


def test_unsaved_work_is_kept_offered_after_a_crash_and_forgotten_when_saved(
    make: Make, qtbot: QtBot, tmp_path: Path
) -> None:
    window, path = make(), tmp_path / "crashed.gdstudio"
    saved(qtbot, window, lambda: window.project.save_to(path))
    kept = tmp_path / "state" / "autosave"
    window.autosaver.interval = 50
    window.session.edit({"training.seed": 77})
    qtbot.waitUntil(lambda: window.autosaver.done is window.session.document, timeout=LONG)
    saved(qtbot, window, window.project.save)
    assert not list(kept.rglob("*.gdstudio"))
    window.session.edit({"training.seed": 78})
    qtbot.waitUntil(lambda: window.autosaver.done is window.session.document, timeout=LONG)
    window.autosaver.kept._lock.release()  # as the death of its process would
    other = make()
    other.project.attended = True
    other.complete()
    other._recovery.offer(None, attended=True)
    dialog = other.findChild(QDialog, "dialog.recovery")
    texts = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "crashed" in texts
    (take,) = [b for b in dialog.findChildren(QPushButton) if b.objectName().startswith("recovery.take.")]
    window.project.shut_down()
    take.click()
    qtbot.waitUntil(lambda: other.session.spec.training.seed == 78, timeout=LONG)
    ready(qtbot, other)
    assert other.project.path == path
    assert other.session.modified, "the file does not hold it"
    saved(qtbot, other, other.project.save)
    assert other.autosaver.kept.recoverable() == []


def test_a_project_is_dropped_on_the_window_or_named_at_the_start(make: Make, qtbot: QtBot, tmp_path: Path) -> None:
    window, path = make(), tmp_path / "dropped.gdstudio"
    window.session.edit({"training.seed": 4})
    saved(qtbot, window, lambda: window.project.save_to(path))
    press(window, "project.new")
    qtbot.waitUntil(lambda: window.project.path is None)
    ready(qtbot, window)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    opened(qtbot, window, path, lambda: window.dropEvent(drop))
    assert window.session.spec.training.seed == 4
    broken = tmp_path / "broken.gdstudio"
    broken.write_bytes(path.read_bytes()[:50])
    heard = messages(window)
    window.project.open_path(broken)
    qtbot.waitUntil(lambda: bool(heard), timeout=LONG)
    assert heard[0][0] == "error"
    assert window.project.path == path
    assert window.session.spec.training.seed == 4
