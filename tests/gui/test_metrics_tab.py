"""Scores, threshold, curves and comparisons of the Metrics tab, as a person sees them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QPushButton, QSlider, QTableView, QTabWidget
from pytestqt.qtbot import QtBot
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression

from gdstudio.gui.app import create_main_window
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.panels.runs import RunsPanel
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tabs.metrics import MetricsTab
from gdstudio.gui.tabs.predictions import PredictionsTab

LONG = 60_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    made = create_main_window(WindowSettings())
    made.show()
    tabs = made.findChild(QTabWidget, "tabs")
    qtbot.waitUntil(lambda: made.session.dataset is not None and tabs.count() > 1, timeout=LONG)
    train(made, qtbot)
    yield made
    made.close()
    made.deleteLater()


def train(window: MainWindow, qtbot: QtBot, **values: object) -> None:
    count = len(window.session.runs)
    window.session.edit({"training.epochs": 3, **{k.replace("__", "."): v for k, v in values.items()}})
    window.session.start()
    qtbot.waitUntil(lambda: len(window.session.runs) > count and not window.session.busy, timeout=LONG)


@pytest.fixture
def tab(window: MainWindow, qtbot: QtBot) -> MetricsTab:
    made = window.findChild(MetricsTab, "tab.metrics")
    window.findChild(QTabWidget, "tabs").setCurrentWidget(made)
    qtbot.waitUntil(lambda: not made.busy, timeout=LONG)
    return made


def choose(tab: MetricsTab, name: str, key: object, qtbot: QtBot) -> None:
    combo = tab.findChild(QComboBox, name)
    index = combo.findData(key)
    assert index >= 0
    combo.setCurrentIndex(index)
    combo.activated.emit(index)
    qtbot.waitUntil(lambda: not tab.busy, timeout=LONG)


def text(tab: MetricsTab, name: str) -> str:
    return tab.findChild(QLabel, name).text()


def test_a_threshold_moves_everything_at_once_and_its_rows_can_be_listed(
    tab: MetricsTab, window: MainWindow, qtbot: QtBot
) -> None:
    page = tab.curves
    tab.findChild(QTabWidget, "metrics.pages").setCurrentWidget(page)
    qtbot.waitUntil(lambda: not tab.busy, timeout=LONG)
    result = window.session.result
    test = result.predictions["test"]
    yes, share = test.target == test.classes[-1], test.probabilities[:, -1]

    def is_shown(threshold: float) -> None:
        called = share >= threshold
        assert np.array_equal(page.confusion._cells.counts, sk.confusion_matrix(yes, called))
        assert text(tab, "metrics.threshold.recall") == f"{sk.recall_score(yes, called):.3f}"
        assert text(tab, "metrics.threshold.f1") == f"{sk.f1_score(yes, called):.3f}"
        roc, both = (pane.chart._mark.getData() for pane in page.panes)
        assert roc[0][0] == pytest.approx((called & ~yes).sum() / (~yes).sum())
        assert roc[1][0] == both[0][0] == pytest.approx((called & yes).sum() / yes.sum())
        assert both[1][0] == pytest.approx(sk.precision_score(yes, called))

    # At first it is what the model predicts, and so what metrics.json says.
    assert np.array_equal(page.confusion._cells.counts, result.metrics["test"]["confusion_matrix"])
    slider, number = tab.findChild(QSlider, "metrics.threshold.slider"), tab.findChild(QDoubleSpinBox)
    slider.setFocus()
    before = page.threshold
    QTest.keyClick(slider, Qt.Key.Key_Left)
    assert page.threshold == pytest.approx(before - 0.01)
    is_shown(page.threshold)
    number.setValue(0.3)
    is_shown(0.3)
    assert slider.value() == 300
    assert tab.findChild(QComboBox, "metrics.goal").currentText() == "set by hand"
    started = time.perf_counter()
    for value in range(0, 1000, 50):
        slider.setValue(value)
    assert (time.perf_counter() - started) / 20 < 0.016

    window.findChild(QDoubleSpinBox, "metrics.cost.false_negative").setValue(20)
    choose(tab, "metrics.goal", "cost", qtbot)
    held = result.predictions["validation"]
    costs = {
        t: ((held.probabilities[:, 1] >= t) & (held.target_codes == 0)).sum()
        + 20 * ((held.probabilities[:, 1] < t) & (held.target_codes == 1)).sum()
        for t in [page.threshold, 0.5, *held.probabilities[:, 1]]
    }
    assert costs[page.threshold] == min(costs.values())
    assert page.threshold < 0.5
    is_shown(page.threshold)
    called = share >= page.threshold
    paid = (called & ~yes).sum() + 20 * (~called & yes).sum()
    said = text(tab, "metrics.threshold.said")
    assert f"Picked on the validation rows, where the cost is lowest from {page.threshold:.4g} on" in said
    assert f"On the test rows, which had no say in it: {paid}" in said

    page.confusion.cell_chosen.emit(1, 1)
    listing = window.findChild(PredictionsTab, "tab.predictions")
    qtbot.waitUntil(lambda: listing.isVisible() and listing.view.model() is not None and not listing.busy, timeout=LONG)
    assert listing.view.model().rowCount() == (called & yes).sum()


def test_scores_stand_beside_their_interval_and_simple_models(
    tab: MetricsTab, window: MainWindow, qtbot: QtBot
) -> None:
    result = window.session.result
    model = tab.findChild(QTableView, "metrics.scores").model()
    heads = [model.headerData(c, Qt.Orientation.Horizontal) for c in range(model.columnCount())]
    assert heads == ["Train", "Validation", "Test", "Test,\n95 %", "Most\nfrequent", "Logistic\nregression"]
    names = [model.headerData(r, Qt.Orientation.Vertical) for r in range(model.rowCount())]

    def cell(name: str, column: int) -> str:
        return model.data(model.index(names.index(name), column))

    test = result.predictions["test"]
    low, high = (float(end) for end in cell("Accuracy", 3).split(" – "))
    assert low < result.metrics["test"]["accuracy"] < high
    frequent = np.bincount(result.dataset.train.target).argmax()
    assert cell("Accuracy", 4) == f"{(test.target_codes == frequent).mean():.4g}"
    linear = LogisticRegression(max_iter=500).fit(result.dataset.train.features, result.dataset.train.target)
    assert cell("Accuracy", 5) == f"{linear.score(result.dataset.test.features, result.dataset.test.target):.4g}"
    assert text(tab, "metrics.verdict").startswith("Test rows: <b>Accuracy")
    tip = model.data(model.index(names.index("Precision"), 4), Qt.ItemDataRole.ToolTipRole)
    if cell("Precision", 4) == "not defined":
        assert "Not defined, because: The model never predicts" in tip
    choose(tab, "metrics.part", "train", qtbot)
    assert model.headerData(3, Qt.Orientation.Horizontal) == "Train,\n95 %"
    shown = tab.findChild(QTableView, "metrics.classes").model()
    assert shown.data(shown.index(1, 3)) == f"{(result.dataset.train.target == 1).sum():,}"


def test_two_runs_are_compared_from_the_list_and_their_seeds_spread(
    tab: MetricsTab, window: MainWindow, qtbot: QtBot
) -> None:
    train(window, qtbot, training__seed=7)
    runs = window.findChild(RunsPanel)
    listing = runs.findChild(QTableView, "runs")
    button = runs.findChild(QPushButton, "runs.compare")
    assert not button.isEnabled()
    listing.selectAll()
    assert button.isEnabled()
    button.click()
    qtbot.waitUntil(lambda: not tab.busy, timeout=LONG)
    assert tab.compare.isVisible()
    first, second = (run.result for run in window.session.runs)
    model = tab.findChild(QTableView, "metrics.compare.scores").model()
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Run 1"
    shown = [model.data(model.index(0, column)) for column in range(3)]
    accuracies = [run.metrics["test"]["accuracy"] for run in (first, second)]
    assert shown[:2] == [f"{value:.4g}" for value in accuracies]
    right = [run.predictions["test"].target == run.predictions["test"].prediction for run in (first, second)]
    only = (right[0] & ~right[1]).sum(), (~right[0] & right[1]).sum()
    said = text(tab, "metrics.compare.said")
    assert f"only Run 1 is right on {only[0]}, only Run 2 on {only[1]}" in said
    assert "p = " in said
    spread = f"Accuracy {np.mean(accuracies):.4g} ± {np.std(accuracies, ddof=1):.2g}"
    assert spread in text(tab, "metrics.compare.seeds")
    table = listing.model()
    last = table.columnCount() - 1
    assert table.headerData(last, Qt.Orientation.Horizontal) == "Over seeds"
    assert table.index(0, last).data() == f"{spread} (2 seeds)"

    train(window, qtbot, data__split__seed=3)
    choose(tab, "metrics.compare.second", window.session.runs[-1].id, qtbot)
    assert "different rows" in text(tab, "metrics.compare.said")
