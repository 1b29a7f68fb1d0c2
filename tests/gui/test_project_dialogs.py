"""What the window asks about projects: where to save, where the data are, what to take up again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QMessageBox, QPushButton, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from gdstudio.core.registry import registry
from gdstudio.core.spec import FileSource
from gdstudio.data.load import file_hash, load_table
from gdstudio.gui.dialogs.find_data import FindDataDialog
from gdstudio.gui.dialogs.question import Answer, ask
from gdstudio.gui.dialogs.recovery import Left, RecoveryDialog, when_text
from gdstudio.gui.dialogs.save_project import SaveProjectDialog
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.project.recent import RecentMenu, RecentProjects
from gdstudio.gui.theme import Theme

LONG = 30_000


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    pd.DataFrame({"age": range(40), "bought": ["yes", "no"] * 20}).to_csv(path, index=False)
    return path


@pytest.fixture
def opened(shown: Callable[[Any], Any]) -> Callable[[Callable[[QWidget], Any]], Any]:
    """Opens a dialog over a window that lives as long as the test."""
    window = shown(QWidget())

    def open_dialog(make: Callable[[QWidget], Any]) -> Any:
        dialog = make(window)
        dialog.open()
        return dialog

    return open_dialog


def button(dialog: QWidget, name: str) -> QPushButton:
    found = dialog.findChild(QPushButton, name)
    assert found is not None, name
    return found


def said(dialog: QWidget, name: str) -> str:
    return dialog.findChild(QLabel, name).text()


def test_saving_asks_where_and_whether_the_rows_go_along(
    opened: Callable[..., Any], theme: Theme, tmp_path: Path, people: Path
) -> None:
    table = load_table(FileSource(path=str(people)))
    dialog = opened(lambda window: SaveProjectDialog(tmp_path / "people.gdstudio", table, False, theme, window))
    chosen: list[tuple[Path, bool]] = []
    dialog.chosen.connect(lambda path, embed: chosen.append((path, embed)))
    assert str(people) in said(dialog, "save_project.said")
    dialog.findChild(QRadioButton, "save_project.embed").click()
    assert "40 rows of 2 columns" in said(dialog, "save_project.said")
    dialog.findChild(QLineEdit, "save_project.path").setText(str(tmp_path / "my work"))
    button(dialog, "save_project.save").click()
    assert chosen == [(tmp_path / "my work.gdstudio", True)]


def test_saving_over_a_file_asks_first_and_a_sample_has_nothing_to_choose(
    opened: Callable[..., Any], theme: Theme, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "there.gdstudio"
    path.write_bytes(b"something")
    table = load_table(registry("samples").settings("purchase"))
    dialog = opened(lambda window: SaveProjectDialog(path, table, False, theme, window))
    assert not dialog.findChild(QRadioButton, "save_project.embed").isVisible()
    chosen: list[Path] = []
    dialog.chosen.connect(lambda path, embed: chosen.append(path))
    for answer, expected in (("cancel", []), ("replace", [path])):
        button(dialog, "save_project.save").click()
        question = dialog.findChild(QMessageBox, "question.replace")
        button(question, f"question.replace.{answer}").click()
        assert chosen == expected
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_a_moved_file_is_known_by_its_content_and_no_other_is_taken(
    opened: Callable[..., Any], theme: Theme, qtbot: QtBot, tmp_path: Path, people: Path
) -> None:
    source = FileSource(path=str(people), sha256=file_hash(people))
    moved = people.rename(tmp_path / "renamed.txt")
    other = tmp_path / "other.csv"
    other.write_bytes(moved.read_bytes() + b"\n")
    jobs = Jobs()
    dialog = opened(lambda window: FindDataDialog(source, jobs, theme, window))
    found: list[Path] = []
    dialog.found.connect(found.append)
    line = dialog.findChild(QLineEdit, "find_data.path")
    for path, words, usable in (
        (tmp_path / "none.csv", "cannot be read", False),
        (other, "another file", False),
        (moved, "This is the file", True),
    ):
        line.setText(str(path))
        line.editingFinished.emit()
        qtbot.waitUntil(lambda words=words: words in said(dialog, "find_data.said"), timeout=LONG)
        assert button(dialog, "find_data.use").isEnabled() == usable
    button(dialog, "find_data.use").click()
    assert found == [moved]
    jobs.shutdown()


def test_what_was_left_is_taken_up_or_discarded_card_by_card(opened: Callable[..., Any], theme: Theme) -> None:
    now = datetime.now().astimezone()
    left = [
        Left("project.1", "churn", now - timedelta(minutes=3), "2 runs.", "4 edits would be lost.", "Open"),
        Left("run.1", "A run on purchase", now, "Step 120 of 570.", "", "Go on"),
    ]
    dialog = opened(lambda window: RecoveryDialog(left, theme, window))
    done: list[tuple[str, str]] = []
    dialog.taken.connect(lambda key: done.append(("take", key)))
    dialog.discarded.connect(lambda key: done.append(("discard", key)))
    texts = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "3 minutes ago. 2 runs." in texts
    assert "4 edits would be lost." in texts
    button(dialog, "recovery.take.project.1").click()
    assert dialog.isVisible()
    button(dialog, "recovery.discard.run.1").click()
    assert done == [("take", "project.1"), ("discard", "run.1")]
    assert not dialog.isVisible()


def test_times_are_said_as_people_say_them() -> None:
    now = datetime.now().astimezone()
    assert when_text(now).endswith("just now")
    assert when_text(now - timedelta(days=3)).endswith("3 days ago")


def test_escape_answers_a_question_as_its_rejecting_button_does(shown: Callable[[Any], Any], qtbot: QtBot) -> None:
    parent = shown(QWidget())
    roles = QMessageBox.ButtonRole
    answers = {"go": Answer("Go", roles.AcceptRole, "Go"), "stay": Answer("Stay", roles.RejectRole, "Stay")}
    given: list[str] = []
    for expected in ("stay", "go"):
        box = ask(parent, "question.test", "Go?", "Now.", answers, given.append, usual="go")
        box.reject() if expected == "stay" else button(box, "question.test.go").click()
        assert given.pop() == expected


def test_recent_projects_are_listed_newest_first_and_only_where_they_are_there(qtbot: QtBot, tmp_path: Path) -> None:
    recent = RecentProjects(tmp_path / "state")
    paths = [tmp_path / f"{name}.gdstudio" for name in ("a & b", "c", "gone")]
    for path in paths:
        path.write_bytes(b"")
        recent.add(path)
    recent.add(paths[0])
    paths[2].unlink()
    assert recent.paths() == [paths[0], paths[1]]
    menu = QMenu()
    qtbot.addWidget(menu)
    opened: list[Path] = []
    RecentMenu(menu, recent, opened.append)
    menu.actions()[0].trigger()
    assert opened == [paths[0]]
    assert menu.actions()[0].text() == "&1 a && b.gdstudio"
    menu.actions()[-1].trigger()
    assert recent.paths() == []
    (tmp_path / "state" / "recent.json").write_text("[1, {")
    assert recent.paths() == []
