"""The look at the columns: computed when it is seen, drawn for the column that is chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QLabel, QTabWidget
from pytestqt.qtbot import QtBot

from gdstudio.core.registry import registry
from gdstudio.gui.app import create_main_window
from gdstudio.gui.charts.correlation import CorrelationChart
from gdstudio.gui.charts.distribution import DistributionChart
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.tabs.explore import Explore
from gdstudio.gui.theme import Theme

LONG = 60_000


def test_what_is_drawn_is_the_column_that_is_chosen(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    window = create_main_window(WindowSettings())
    window.show()
    session = window.session
    qtbot.waitUntil(lambda: session.dataset is not None, timeout=LONG)
    session.load(registry("samples").settings("iris"))
    qtbot.waitUntil(lambda: session.dataset is not None and len(session.dataset.classes) == 3, timeout=LONG)
    explore = window.findChild(Explore)
    table = window.findChild(TableView, "explore.columns")
    chart = window.findChild(DistributionChart, "explore.distribution")
    assert not explore.busy
    assert table.model() is None

    window.findChild(QTabWidget, "tabs").setCurrentIndex(0)
    window.findChild(QTabWidget, "data.views").setCurrentIndex(1)
    qtbot.waitUntil(lambda: table.model() is not None, timeout=LONG)

    assert session.table is not None
    frame = session.table.frame
    assert "50 (33%)" in window.findChild(QLabel, "explore.notes").text()
    for row in (1, 2):
        table.selectRow(row)
        name = frame.columns[row]
        drawn = chart.data()
        assert drawn["from"].iloc[0] == pytest.approx(frame[name].min())
        assert drawn.iloc[:, 2:].to_numpy().sum() == len(frame)
    table.selectRow(frame.columns.get_loc(session.spec.data.target))
    assert sorted(chart.data()["value"]) == sorted(frame[session.spec.data.target].unique())
    window.close()
    window.deleteLater()


def test_charts_read_out_what_is_below_the_cursor(any_theme: Theme, shown) -> None:  # type: ignore[no-untyped-def]
    chart = shown(DistributionChart(any_theme))
    chart.set_histogram(np.array([0.0, 1.0, 2.0]), np.array([[3, 1], [0, 4]]), ("<a>", "b"))
    assert "1 to 2</b>: 5 rows" in chart.read_out(QPointF(1.5, 2))
    assert "&lt;a&gt;" in chart.read_out(QPointF(1.5, 2))
    assert chart.read_out(QPointF(2.5, 2)) == ""
    chart.set_bars(("x", "y"), np.array([[3, 1]]), ("all",))
    assert "y</b>: 1 rows" in chart.read_out(QPointF(0.5, 1.2))
    chart.clear("Nothing.")
    assert chart.read_out(QPointF(0.5, 1.2)) == ""

    pairs = shown(CorrelationChart(any_theme))
    pairs.set_matrix(("p", "q"), np.array([[1, -0.5], [-0.5, np.nan]]))
    assert "-0.500" in pairs.read_out(QPointF(0.5, 1.5))
    assert "not defined" in pairs.read_out(QPointF(1.5, 1.5))
    assert "-0.5" in pairs.describe()
