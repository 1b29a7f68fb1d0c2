"""A file opens the way it was opened before; a big one says what it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from gdstudio.core.spec import ColumnSpec, FileSource
from gdstudio.data.load import load_table
from gdstudio.data.text.csv_settings import CsvSettings
from gdstudio.gui.dialogs.import_table import ImportDialog
from gdstudio.gui.imports import ImportMemory
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.theme import Theme


@pytest.fixture
def jobs(qapp: Any) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.shutdown()


def _opened(path: Path, jobs: Jobs, theme: Theme, shown: Callable[[Any], Any], qtbot: QtBot) -> ImportDialog:
    dialog = ImportDialog(path, jobs, theme)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    shown(dialog)
    summary = dialog.findChild(QLabel, "import.summary")
    qtbot.waitUntil(lambda: "Reading" not in summary.text(), timeout=60_000)
    return dialog


def test_what_was_remembered_comes_back_and_damage_is_nothing(tmp_path: Path) -> None:
    memory = ImportMemory(tmp_path)
    source = FileSource(path=str(tmp_path / "a.csv"), reader=CsvSettings(delimiter=";"), sample_rows=7)
    columns = {"x": ColumnSpec(role="ignore")}
    memory.remember(source, columns)
    assert ImportMemory(tmp_path).recall(tmp_path / "a.csv") == (source.reader, 7, columns)
    assert memory.recall(tmp_path / "other.csv") == (None, 0, {})
    (tmp_path / "imports.json").write_text("{not json", encoding="utf-8")
    assert memory.recall(tmp_path / "a.csv") == (None, 0, {})


def test_a_big_file_says_its_size_offers_a_sample_and_remembers_it(
    tmp_path: Path, jobs: Jobs, theme: Theme, shown: Callable[[Any], Any], qtbot: QtBot
) -> None:
    path = tmp_path / "big.csv"
    path.write_text("a,b,c\n" + "".join(f"{i},{i * 0.5:.3f},w{i % 3}\n" for i in range(60_000)))
    dialog = _opened(path, jobs, theme, shown, qtbot)
    said = dialog.findChild(QLabel, "import.summary").text()
    assert "rows and will take about" in said
    rows = dialog.findChild(QComboBox, "import.rows")
    assert [rows.itemData(i) for i in range(rows.count())] == [0, 10_000]
    rows.setCurrentIndex(1)
    chosen: list[tuple[FileSource, dict[str, ColumnSpec]]] = []
    dialog.chosen.connect(lambda source, columns: chosen.append((source, columns)))
    dialog.findChild(QPushButton, "import.load").click()
    assert chosen[0][0].sample_rows == 10_000
    table, again = load_table(chosen[0][0]), load_table(chosen[0][0])
    assert len(table.frame) == 10_000
    assert table.data_hash == again.data_hash
    assert any("10,000 of 60,000 rows" in note for note in table.notes)
    second = _opened(path, jobs, theme, shown, qtbot)
    assert "of last time" in second.findChild(QLabel, "import.summary").text()
    assert second.findChild(QComboBox, "import.rows").currentData() == 10_000
    second.findChild(QPushButton, "import.guess").click()
    qtbot.waitUntil(lambda: "as they will be read" in second.findChild(QLabel, "import.summary").text(), timeout=60_000)
    assert second.findChild(QComboBox, "import.rows").currentData() == 0
