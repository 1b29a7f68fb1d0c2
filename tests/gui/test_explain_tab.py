"""Explanations in the window: what is drawn is what the engine computed, in the background, for any task."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSpinBox, QTabWidget
from pytestqt.qtbot import QtBot

from gdstudio.core.registry import registry
from gdstudio.evaluation.explain.dependence import partial_dependence
from gdstudio.evaluation.explain.importance import permutation_importance
from gdstudio.gui.app import create_main_window
from gdstudio.gui.charts.bars import BarsChart
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.tabs.explain import ExplainTab
from gdstudio.gui.tabs.explain_columns import predictor_of, rows_of
from gdstudio.gui.tabs.predictions import PredictionsTab
from gdstudio.gui.theme import Theme

LONG = 60_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    made = create_main_window(WindowSettings())
    made.show()
    tabs = made.findChild(QTabWidget, "tabs")
    qtbot.waitUntil(lambda: made.session.dataset is not None and tabs.count() > 1, timeout=LONG)
    yield made
    made.close()
    made.deleteLater()


def train(window: MainWindow, qtbot: QtBot, sample: str, **values: object) -> ExplainTab:
    session = window.session
    session.load(registry("samples").settings(sample))
    qtbot.waitUntil(
        lambda: (
            session.spec.data.source.kind == sample
            and session.dataset is not None
            and session.dataset.table is session.table
        ),
        timeout=LONG,
    )
    session.edit({"training.epochs": 5, **{name.replace("__", "."): value for name, value in values.items()}})
    session.start()
    qtbot.waitUntil(lambda: session.state == "Done" and not session.busy, timeout=LONG)
    tab = window.findChild(ExplainTab, "tab.explain")
    window.findChild(QTabWidget, "tabs").setCurrentWidget(tab)
    ready(tab, qtbot)
    return tab


def ready(tab: ExplainTab, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not tab.busy, timeout=LONG)


def view(tab: ExplainTab, place: int, qtbot: QtBot) -> None:
    tab.findChild(QTabWidget, "explain.views").setCurrentIndex(place)
    ready(tab, qtbot)


def choose(tab: ExplainTab, name: str, place: int, qtbot: QtBot) -> None:
    combo = tab.findChild(QComboBox, name)
    combo.setCurrentIndex(place)
    combo.activated.emit(place)
    ready(tab, qtbot)


def words(tab: ExplainTab, name: str) -> str:
    return tab.findChild(QLabel, name).text()


def test_the_columns_of_a_classifier(window: MainWindow, qtbot: QtBot) -> None:
    tab = train(window, qtbot, "iris")
    result = window.session.result
    drawn = tab._columns.importance.data()
    expected = permutation_importance(predictor_of(result), rows_of(result, "test"), score="accuracy", repeats=10)
    order = np.argsort(-expected.mean, kind="stable")
    assert drawn["column"].tolist() == [expected.columns[i] for i in order]
    np.testing.assert_array_equal(drawn["value"], expected.mean[order])
    np.testing.assert_array_equal(drawn["low"], expected.interval[0][order])
    assert f"rows is {expected.baseline:.4g}" in words(tab, "explain.importance.words")
    # The most important column is traced until another one is chosen.
    assert tab.findChild(QComboBox, "explain.column").currentData() == drawn["column"][0]
    tab._columns.importance.chosen.emit(drawn["column"][2])
    ready(tab, qtbot)
    choose(tab, "explain.class", 1, qtbot)
    traced = tab._columns.dependence.data()
    found = partial_dependence(predictor_of(result), rows_of(result, "test"), drawn["column"][2])
    np.testing.assert_array_equal(traced["value"], found.grid)
    np.testing.assert_array_equal(traced["mean"], found.average[:, 1])
    choose(tab, "explain.score", 1, qtbot)
    assert tab.findChild(QComboBox, "explain.column").currentData() == drawn["column"][2]


def test_a_regressions_row_adds_up_on_screen(window: MainWindow, qtbot: QtBot) -> None:
    tab = train(window, qtbot, "diabetes")
    assert not tab.findChild(QComboBox, "explain.class").isVisible()
    view(tab, 1, qtbot)
    result = window.session.result
    row = int(result.predictions["test"].rows[7])
    tab.findChild(QSpinBox, "explain.row").setValue(row)
    ready(tab, qtbot)
    drawn = tab._row.chart.data()
    mean = result.dataset.train.features.mean(axis=0, dtype=np.float64, keepdims=True).astype(np.float32)
    start = predictor_of(result).values(mean)[0, 0]
    assert drawn["value"].sum() == pytest.approx(result.predictions["test"].prediction[7] - start, rel=1e-3)
    assert f"Row {row}: predicted {result.predictions['test'].prediction[7]:.5g}" in words(tab, "explain.row.words")
    assert "Left unexplained" in words(tab, "explain.completeness")
    view(tab, 2, qtbot)
    assert not tab.findChild(TableView, "explain.coefficients.table").isVisible()


def test_a_linear_models_coefficients(window: MainWindow, qtbot: QtBot) -> None:
    tab = train(window, qtbot, "diabetes", model__kind="linear")
    view(tab, 2, qtbot)
    frame = tab.findChild(TableView, "explain.coefficients.table").model().frame
    assert list(frame.columns) == ["input", "unit", "coefficient", "closed form"]
    assert "Least squares in closed form" in words(tab, "explain.closed_form")
    tab = train(window, qtbot, "breast_cancer", model__kind="linear")
    ready(tab, qtbot)
    frame = tab.findChild(TableView, "explain.coefficients.table").model().frame
    np.testing.assert_allclose(frame["odds ratio"][1:], np.exp(frame["coefficient"][1:]))
    assert "odds" in words(tab, "explain.coefficients.words")


def test_a_run_that_diverged_says_so_everywhere(window: MainWindow, qtbot: QtBot) -> None:
    train(window, qtbot, "diabetes", model__kind="linear")
    next(window.session.result.model.parameters()).data.fill_(float("nan"))
    tab = window.findChild(ExplainTab, "tab.explain")
    choose(tab, "explain.score", 0, qtbot)
    choose(tab, "explain.column", 1, qtbot)
    assert "diverged" in tab._columns.dependence._empty.text()
    assert tab._columns.importance._empty.isVisible()
    view(tab, 1, qtbot)
    assert "diverged" in words(tab, "explain.row.words")
    view(tab, 2, qtbot)
    assert "diverged" in tab._coefficients._empty._sentence.text()


def test_a_double_click_on_a_prediction_explains_it(window: MainWindow, qtbot: QtBot) -> None:
    tab = train(window, qtbot, "wine")
    row = int(window.session.result.predictions["test"].rows[4])
    window.findChild(PredictionsTab, "tab.predictions").explain_wanted.emit("test", row)
    ready(tab, qtbot)
    assert tab.isVisible()
    assert tab.findChild(QSpinBox, "explain.row").value() == row
    assert words(tab, "explain.row.words").startswith(f"Row {row}: ")


def test_shuffling_can_be_given_up(window: MainWindow, qtbot: QtBot) -> None:
    tab = train(window, qtbot, "breast_cancer")
    combo = tab.findChild(QComboBox, "explain.score")
    combo.setCurrentIndex(2)
    combo.activated.emit(2)
    assert tab.busy
    tab.findChild(QPushButton, "explain.cancel").click()
    assert not tab.busy
    assert tab._columns.importance._empty.isVisible()
    choose(tab, "explain.score", 0, qtbot)
    assert len(tab._columns.importance.data())


def test_bars_draw_in_each_scheme_and_name_the_one_below_the_cursor(any_theme: Theme, shown, tmp_path: Path) -> None:
    from PySide6.QtCore import QPointF

    chart = shown(BarsChart(any_theme, "Importance", name="bars"))
    values = np.array([3.0, -1.0, np.nan])
    chart.set_bars(["a", "b", "c"], values, ends=(values - 1, values + 1), label="Falls by")
    assert "<b>b</b>: -1" in chart.read_out(QPointF(0, 1.2))
    assert chart.read_out(QPointF(0, 9)) == ""
    chart.save_picture(tmp_path / "bars.png")
    assert (tmp_path / "bars.png").stat().st_size > 1000
    chart.set_bars([f"c{i}" for i in range(30)], np.arange(30.0))
    assert len(chart.data()) == 30
    chart.clear("Nothing.")
    assert chart._empty.isVisible()
