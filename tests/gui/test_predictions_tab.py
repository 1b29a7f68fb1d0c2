"""The rows of a run: filters, search, sorting, rows from elsewhere, files in and out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QTabWidget
from pytestqt.qtbot import QtBot

from gdstudio.gui.app import create_main_window
from gdstudio.gui.dialogs.save_rows import SaveRowsDialog
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tables.frame import FrameModel
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.tabs.predictions import PredictionsTab

LONG = 60_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    made = create_main_window(WindowSettings())
    made.show()
    tabs = made.findChild(QTabWidget, "tabs")
    qtbot.waitUntil(lambda: made.session.dataset is not None and tabs.count() > 1, timeout=LONG)
    made.session.edit({"training.epochs": 3})
    made.session.start()
    qtbot.waitUntil(lambda: made.session.state == "Done" and not made.session.busy, timeout=LONG)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def tab(window: MainWindow, qtbot: QtBot) -> PredictionsTab:
    made = window.findChild(PredictionsTab, "tab.predictions")
    window.findChild(QTabWidget, "tabs").setCurrentWidget(made)
    ready(made, qtbot)
    return made


def ready(tab: PredictionsTab, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: tab.view.model() is not None and not tab.busy, timeout=LONG)


def choose(tab: PredictionsTab, name: str, key: str, qtbot: QtBot) -> None:
    combo = tab.findChild(QComboBox, name)
    index = combo.findData(key)
    assert index >= 0
    combo.setCurrentIndex(index)
    combo.activated.emit(index)
    ready(tab, qtbot)


def listed(tab: PredictionsTab) -> list[int]:
    """Rows of the source, as they are listed."""
    model = tab.view.model()
    return [int(model.headerData(row, Qt.Orientation.Vertical)) for row in range(model.rowCount())]


def words(tab: PredictionsTab) -> str:
    return tab.findChild(QLabel, "predictions.count").text()


def test_every_row_of_the_part_is_listed(tab: PredictionsTab, window: MainWindow, qtbot: QtBot) -> None:
    found = window.session.result.predictions
    assert listed(tab) == found["test"].rows.tolist()
    assert words(tab) == f"{len(found['test'])} rows"
    choose(tab, "predictions.part", "train", qtbot)
    assert listed(tab) == found["train"].rows.tolist()


def test_filter_search_and_sort_work_together(tab: PredictionsTab, window: MainWindow, qtbot: QtBot) -> None:
    found = window.session.result.predictions["test"]
    source = window.session.table.frame
    choose(tab, "predictions.filter", "wrong", qtbot)
    wrong = found.rows[found.target != found.prediction].tolist()
    assert sorted(listed(tab)) == sorted(wrong)
    tab.findChild(QLineEdit, "predictions.search").setText("MASTER")
    ready(tab, qtbot)
    masters = [row for row in wrong if source["education"][row] == "master"]
    assert listed(tab) == masters
    age = list(tab.view.model().frame.columns).index("age")
    tab.view.horizontalHeader().sectionClicked.emit(age)
    ready(tab, qtbot)
    ages = [source["age"][row] for row in listed(tab) if not np.isnan(source["age"][row])]
    assert ages == sorted(ages)
    tab.view.horizontalHeader().sectionClicked.emit(age)
    ready(tab, qtbot)
    assert sorted(listed(tab)) == sorted(masters)
    tab.findChild(QLineEdit, "predictions.search").setText("no such word")
    ready(tab, qtbot)
    assert listed(tab) == []
    assert words(tab).startswith("No row fits")
    assert not tab.findChild(QPushButton, "predictions.save").isEnabled()


def test_rows_from_elsewhere_are_listed_until_all_are_wanted(
    tab: PredictionsTab, window: MainWindow, qtbot: QtBot
) -> None:
    rows = window.session.result.predictions["validation"].rows[[4, 1, 9]]
    tab.show_rows(rows.tolist(), "Target yes, predicted no", "validation")
    ready(tab, qtbot)
    assert sorted(listed(tab)) == sorted(rows.tolist())
    assert "Target yes, predicted no: 3 rows." in tab._given.text
    tab._given.action.click()
    ready(tab, qtbot)
    assert len(listed(tab)) == len(window.session.result.predictions["validation"])


def test_a_row_leads_to_the_data_and_to_its_explanation(tab: PredictionsTab, window: MainWindow, qtbot: QtBot) -> None:
    tab.view.selectRow(5)
    row = listed(tab)[5]
    table = window.findChild(TableView, "data.table")
    assert {index.row() for index in table.selectedIndexes()} == {row}
    with qtbot.waitSignal(tab.explain_wanted) as asked:
        place = tab.view.visualRect(tab.view.model().index(5, 1)).center()
        QTest.mouseDClick(tab.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == ["test", row]
    window.findChild(QTabWidget, "tabs").setCurrentWidget(tab)
    tab.findChild(QPushButton, "predictions.data").click()
    assert window.findChild(QTabWidget, "tabs").currentWidget().objectName() == "tab.data"


def test_saved_rows_are_those_on_screen_and_defused(
    tab: PredictionsTab, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    choose(tab, "predictions.filter", "error", qtbot)
    frame = tab.view.model().frame
    frame["note"] = ["=1+1", "-5", "@home", "plain"] * (len(frame) // 4)
    tab.save_rows(tmp_path / "out.csv", safe=True)
    ready(tab, qtbot)
    written = pd.read_csv(tmp_path / "out.csv", dtype={"note": str})
    assert written["row"].tolist() == listed(tab)
    shown = frame.loc[listed(tab)]
    assert written["probability"].tolist() == shown["probability"].tolist()
    expected = [f"'{n}" if n[0] in "=@" else n for n in shown["note"]]
    assert written["note"].tolist() == expected
    changed = sum(n[0] in "=@" for n in shown["note"])
    assert words(tab) == f"100 rows written to out.csv; {changed} texts got an apostrophe in front."
    tab.save_rows(tmp_path / "raw.csv", safe=False)
    ready(tab, qtbot)
    assert pd.read_csv(tmp_path / "raw.csv", dtype={"note": str})["note"].tolist() == shown["note"].tolist()
    tab.save_rows(tmp_path / "nowhere" / "out.csv")
    ready(tab, qtbot)
    assert "cannot be written" in tab._notes.text


def test_the_dialog_says_what_becomes_of_formulas(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dialog = SaveRowsDialog(100, 200)
    qtbot.addWidget(dialog)
    said = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "100 of 200 rows" in said
    assert "= + - or @" in said
    dialog.findChild(QCheckBox, "save_rows.safe").setChecked(False)
    chosen = str(tmp_path / "x.csv")
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *a, **k: (chosen, ""))
    with qtbot.waitSignal(dialog.chosen) as asked:
        dialog._ask()
    assert asked.args == [Path(chosen), False]


def test_another_file_is_predicted_with_its_unseen_categories_counted(
    tab: PredictionsTab, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    new = window.session.table.frame.head(30).drop(columns=["bought"]).copy()
    new.loc[[3, 8], "education"] = "professor"
    new.to_csv(tmp_path / "new.csv", index=False)
    tab.predict_file(tmp_path / "new.csv")
    ready(tab, qtbot)
    assert listed(tab) == list(range(30))
    assert "2 rows hold a value in 'education' that training never saw." in tab._notes.text
    frame = tab.view.model().frame
    assert "target" not in frame.columns
    result = window.session.result
    where = {int(row): i for i, row in enumerate(result.predictions["train"].rows)}
    same = [row for row in range(30) if row in where and row not in (3, 8)]
    assert same
    for row in same:
        assert frame["prediction"][row] == result.predictions["train"].prediction[where[row]]
    tab.view.selectRow(0)
    assert not tab.findChild(QPushButton, "predictions.explain").isEnabled()
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    tab.predict_file(tmp_path / "bad.csv")
    ready(tab, qtbot)
    assert "missing" in tab._notes.text
    assert listed(tab) == list(range(30))


def test_an_order_that_leaves_rows_out_keeps_qts_rules(qtbot: QtBot) -> None:
    model = FrameModel(pd.DataFrame({"x": [3.0, 1.0, 2.0]}))
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    model.set_order(np.array([2, 0]))
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == ["2", "3"]
    assert model.shown_frame().index.tolist() == [2, 0]
    assert (model.shown_row(0), model.shown_row(1)) == (1, None)
    model.set_order(None)
    assert model.rowCount() == 3
    assert tester.model() is model
