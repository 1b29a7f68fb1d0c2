"""The Metrics tab where something is missing: parts, classes, finite outputs, a difference between targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QTableView, QWidget
from pytestqt.qtbot import QtBot

from gdstudio.core.spec import ExperimentSpec
from gdstudio.evaluation.metrics import metrics
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.metrics import MetricsTab
from gdstudio.gui.theme import Theme
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment

LONG = 60_000


@pytest.fixture
def tab(qtbot: QtBot, theme: Theme) -> Iterator[MetricsTab]:
    jobs = Jobs()
    session = Session(jobs)
    made = MetricsTab(session, theme, jobs)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    yield made
    session.shut_down()


def trained(**values: Any) -> RunResult:
    spec = ExperimentSpec().with_values({"training.epochs": 1, **{k.replace("__", "."): v for k, v in values.items()}})
    return run_experiment(spec)


def show(tab: MetricsTab, result: RunResult, page: QWidget, qtbot: QtBot) -> None:
    tab._session.result = result
    tab.refresh()
    tab._pages.setCurrentWidget(page)
    qtbot.waitUntil(lambda: not tab.busy, timeout=LONG)


def text(tab: MetricsTab, name: str) -> str:
    return tab.findChild(QLabel, name).text()


def with_test(result: RunResult, **changed: Any) -> RunResult:
    """The same run with other predictions of the test part."""
    found = replace(result.predictions["test"], **changed)
    scores = metrics(found, result.dataset.classes, result.dataset.task)
    return replace(
        result, predictions={**result.predictions, "test": found}, metrics={**result.metrics, "test": scores}
    )


def test_without_validation_rows_no_threshold_and_no_temperature_are_picked(tab: MetricsTab, qtbot: QtBot) -> None:
    show(tab, trained(data__split__validation=0.0), tab.curves, qtbot)
    model = tab.findChild(QComboBox, "metrics.goal").model()
    assert not model.item(1).isEnabled()
    assert "no validation rows" in model.item(1).toolTip()
    combo = tab.findChild(QComboBox, "metrics.curve")
    combo.setCurrentIndex(combo.findData("calibration"))
    combo.activated.emit(combo.currentIndex())
    qtbot.waitUntil(lambda: not tab.busy, timeout=LONG)
    assert "no validation rows to fit a temperature on" in text(tab, "metrics.curve.said")


def test_a_test_part_of_one_class_says_why_there_is_no_curve(tab: MetricsTab, qtbot: QtBot) -> None:
    result = trained()
    only = np.full(len(result.predictions["test"]), result.dataset.classes[0], dtype=object)
    result = with_test(result, target=only)
    show(tab, result, tab.curves, qtbot)
    said = tab.curves.panes[0].chart._empty
    assert said.isVisible()
    assert said.text().startswith("Not defined, because: No row of this part is of the class")
    assert "No row of this part" in text(tab, "metrics.threshold.said")
    assert text(tab, "metrics.threshold.recall") == "–"
    show(tab, result, tab.scores, qtbot)
    model = tab.findChild(QTableView, "metrics.scores").model()
    names = [model.headerData(r, Qt.Orientation.Vertical) for r in range(model.rowCount())]
    cell = model.index(names.index("ROC AUC"), 2)
    assert cell.data() == "not defined"
    interval = model.index(names.index("ROC AUC"), 3)
    assert interval.data() == "not defined"
    for place in (cell, interval):
        assert "Not defined, because: Every row of this part" in place.data(Qt.ItemDataRole.ToolTipRole)


@pytest.mark.parametrize("sample", ["purchase", "iris", "diabetes"])
def test_outputs_that_are_not_finite_are_said_on_every_page(tab: MetricsTab, sample: str, qtbot: QtBot) -> None:
    result = trained(data__source__kind=sample)
    found = result.predictions["test"]
    if found.probabilities is None:
        result = with_test(result, prediction=np.full(len(found), np.nan))
        page, chart = tab.scores, tab.residuals.residuals
    else:
        result = with_test(result, probabilities=np.full(found.probabilities.shape, np.nan))
        page, chart = tab.curves, tab.curves.panes[1].chart
    show(tab, result, page, qtbot)
    assert "Not defined, because: The model's outputs are not finite" in chart._empty.text()
    show(tab, result, tab.scores, qtbot)
    assert "not defined, because: The model's outputs are not finite" in text(tab, "metrics.verdict")


def test_without_test_rows_other_parts_are_shown(tab: MetricsTab, qtbot: QtBot) -> None:
    show(tab, trained(data__split__test=0.0), tab.scores, qtbot)
    assert tab.findChild(QComboBox, "metrics.part").currentData() == "validation"
    assert text(tab, "metrics.verdict").startswith("Validation rows")
    show(tab, trained(data__split__test=0.0), tab.curves, qtbot)
    combo = tab.findChild(QComboBox, "metrics.goal")
    combo.setCurrentIndex(combo.findData("f1"))
    combo.activated.emit(combo.currentIndex())
    assert "no test rows to judge it on" in text(tab, "metrics.threshold.said")


def test_few_validation_rows_make_no_interval(tab: MetricsTab, qtbot: QtBot) -> None:
    show(tab, trained(data__source__kind="diabetes", data__split__validation=0.01), tab.scores, qtbot)
    assert "takes at least 9 rows, and there are 4" in text(tab, "metrics.interval")
    combo = tab.findChild(QComboBox, "metrics.residual_view")
    combo.setCurrentIndex(2)
    combo.activated.emit(2)
    qtbot.waitUntil(lambda: not tab.busy, timeout=LONG)
    assert tab.residuals.residuals.data().columns[0] == combo.currentData()
