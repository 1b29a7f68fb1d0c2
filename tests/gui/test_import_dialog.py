"""Opening a file: what it will be read as is seen and changed before it is loaded."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gdstudio.gui.app import create_main_window
from gdstudio.gui.dialogs.import_table import ImportDialog
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.theme import Theme

LONG = 60_000


@pytest.fixture
def jobs(qapp: Any) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.shutdown()


@pytest.fixture
def opened(qtbot: QtBot, jobs: Jobs, theme: Theme, shown: Callable[[Any], Any]) -> Callable[[Path], ImportDialog]:
    def open_file(path: Path) -> ImportDialog:
        dialog = ImportDialog(path, jobs, theme)
        # The test looks at it after it has closed.
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        shown(dialog)
        wait(qtbot, dialog)
        return dialog

    return open_file


def wait(qtbot: QtBot, dialog: ImportDialog) -> None:
    qtbot.waitUntil(lambda: not jobs_of(dialog), timeout=LONG)


def jobs_of(dialog: ImportDialog) -> bool:
    return "Reading" in part(dialog, "summary", QWidget).text()


def part(dialog: ImportDialog, name: str, kind: type) -> Any:
    found = dialog.findChild(kind, f"import.{name}")
    assert found is not None, name
    return found


def write(field: QLineEdit, text: str) -> None:
    field.selectAll()
    QTest.keyClicks(field, text)
    field.editingFinished.emit()


def shown_rows(dialog: ImportDialog) -> list[list[Any]]:
    return part(dialog, "preview", TableView).model().frame.values.tolist()


def test_every_guess_is_shown_and_a_change_is_seen_at_once(
    tmp_path: Path, opened: Callable[[Path], ImportDialog], qtbot: QtBot
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;b\n1,500;x\n2,250;weg\n", encoding="utf-8")
    dialog = opened(path)
    assert part(dialog, "delimiter", QLineEdit).text() == ";"
    assert part(dialog, "decimal", QLineEdit).text() == ","
    assert part(dialog, "encoding", QLineEdit).text() == "utf-8"
    assert shown_rows(dialog) == [[1.5, "x"], [2.25, "weg"]]

    write(part(dialog, "decimal", QLineEdit), ".")
    wait(qtbot, dialog)
    assert shown_rows(dialog) == [[1500, "x"], [2250, "weg"]]
    write(part(dialog, "missing_words", QLineEdit), "weg")
    wait(qtbot, dialog)
    assert shown_rows(dialog)[1][1] != "weg"

    heard: list[Any] = []
    dialog.chosen.connect(lambda source, columns: heard.append((source, columns)))
    part(dialog, "load", QPushButton).click()
    source, columns = heard[0]
    assert source.reader.decimal == "."
    assert source.reader.missing_words == ("", "weg")
    assert columns == {}


def test_another_plausible_reading_is_offered_and_taken(
    tmp_path: Path, opened: Callable[[Path], ImportDialog], qtbot: QtBot
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;b\n1,500;2\n3,250;4\n", encoding="utf-8")
    dialog = opened(path)
    buttons = [b for b in dialog.findChildren(QPushButton) if b.objectName().startswith("import.alternative")]
    (thousands,) = [b for b in buttons if "1,500 could mean" in b.accessibleName()]
    thousands.click()
    wait(qtbot, dialog)
    assert shown_rows(dialog) == [[1500, 2], [3250, 4]]


def test_what_cannot_be_read_is_a_sentence_and_cannot_be_loaded(
    tmp_path: Path, opened: Callable[[Path], ImportDialog], qtbot: QtBot
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("ä,b\n1,2\n".encode("cp1252"))
    dialog = opened(path)
    write(part(dialog, "encoding", QLineEdit), "utf-8")
    wait(qtbot, dialog)
    assert "utf-8" in part(dialog, "problem", QWidget).text()
    assert not part(dialog, "load", QPushButton).isEnabled()
    part(dialog, "guess", QPushButton).click()
    wait(qtbot, dialog)
    assert part(dialog, "load", QPushButton).isEnabled()


def test_a_table_of_a_data_base_is_chosen(tmp_path: Path, opened: Callable[[Path], ImportDialog], qtbot: QtBot) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as base:
        base.execute("CREATE TABLE one (x INTEGER)")
        base.execute("INSERT INTO one VALUES (1)")
        base.execute("CREATE TABLE two (y INTEGER)")
        base.execute("INSERT INTO two VALUES (7)")
        base.commit()
    dialog = opened(tmp_path / "a.db")
    tables = part(dialog, "part", QComboBox)
    assert [tables.itemText(i) for i in range(tables.count())] == ["one", "two"]
    tables.setCurrentIndex(1)
    tables.activated.emit(1)
    wait(qtbot, dialog)
    assert shown_rows(dialog) == [[7]]
    assert [tables.itemText(i) for i in range(tables.count())] == ["two", "one"] or tables.currentText() == "two"


def test_the_window_loads_what_was_chosen_and_cancel_leaves_everything(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    monkeypatch.setattr("gdstudio.paths.user_state", lambda: tmp_path)
    window = create_main_window(WindowSettings())
    window.show()
    session = window.session
    qtbot.waitUntil(lambda: session.dataset is not None, timeout=LONG)
    before = session.spec
    QGuiApplication.clipboard().setText("a\tb\tc\n" + "\n".join(f"{i}\t{i % 2}\t{i * i}" for i in range(12)))

    window.paste_table()
    dialog = window.findChild(ImportDialog)
    assert dialog is not None
    wait(qtbot, dialog)
    dialog.reject()
    assert session.spec == before

    qtbot.waitUntil(lambda: window.findChild(ImportDialog) is None, timeout=LONG)
    window.paste_table()
    dialog = window.findChild(ImportDialog)
    assert dialog is not None
    wait(qtbot, dialog)
    model = part(dialog, "columns", QWidget).model()
    model.setData(model.index(1, 1), "target")
    model.setData(model.index(0, 1), "ignore")
    part(dialog, "load", QPushButton).click()
    qtbot.waitUntil(lambda: session.table is not None and session.table.name.startswith("pasted"), timeout=LONG)
    qtbot.waitUntil(lambda: session.spec.data.target == "b", timeout=LONG)
    assert session.spec.data.columns["a"].role == "ignore"
    assert session.spec.data.source.reader.delimiter == "\t"
    window.close()
    window.deleteLater()
