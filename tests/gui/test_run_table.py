"""The list of runs: which settings make the difference, and which run is best."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from gdstudio.core.spec import ExperimentSpec
from gdstudio.gui.document import Document
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.panels.runs import RunsPanel
from gdstudio.gui.runs import Run
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme
from gdstudio.training.run import run_experiment


@pytest.fixture
def panel(qtbot: QtBot, theme: Theme) -> Iterator[RunsPanel]:
    session = Session(Jobs())
    made = RunsPanel(session, theme)
    qtbot.addWidget(made)
    made.resize(1200, 300)
    made.show()
    base = ExperimentSpec().with_values({"training.epochs": 1})
    specs = [base.with_values({"optimizer.lr": lr, "model.dropout": drop}) for lr, drop in ((0.1, 0), (1e-6, 0.5))]
    runs = tuple(Run(i, f"Run {i}", i, run_experiment(spec)) for i, spec in enumerate(specs, 1))
    session.open_document(Document(ExperimentSpec(), runs=runs))
    yield made
    session.shut_down()


def texts(panel: RunsPanel, heading: str) -> list[str]:
    model = panel.findChild(QTableView).model()
    (column,) = (c for c in range(model.columnCount()) if model.headerData(c, Qt.Orientation.Horizontal) == heading)
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_settings_in_which_runs_differ_have_columns_that_stand_out(panel: RunsPanel) -> None:
    assert texts(panel, "Dropout") == ["0", "0.5"]
    model = panel.findChild(QTableView).model()
    shaded = {
        model.headerData(c, Qt.Orientation.Horizontal)
        for c in range(model.columnCount())
        if model.index(0, c).data(Qt.ItemDataRole.BackgroundRole) is not None
    }
    assert shaded == {"Dropout", "Learning rate"}


def test_a_click_on_a_score_sorts_by_its_value(panel: RunsPanel) -> None:
    model = panel.findChild(QTableView).model()
    assert texts(panel, "Run") == ["Run 1", "Run 2"]
    (column,) = (
        c for c in range(model.columnCount()) if model.headerData(c, Qt.Orientation.Horizontal) == "Learning rate"
    )
    panel.findChild(QTableView).sortByColumn(column, Qt.SortOrder.AscendingOrder)
    assert texts(panel, "Run") == ["Run 2", "Run 1"]
    panel.findChild(QTableView).selectRow(0)
    assert [run.name for run in panel._chosen()] == ["Run 2"]
