"""The Gradients tab: what is drawn is what the run sampled, with its verdict and its cost."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from gdstudio.core.history import RunHistory
from gdstudio.gui.charts.layer_heat_map import LayerHeatMap
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.gradients import GradientsTab
from gdstudio.gui.theme import Theme


def sampled(history: RunHistory) -> None:
    """Two layers, three samples; the first layer's gradients vanish."""
    history.health_layers = ("hidden_1", "output")
    history.health_seconds = 0.002
    for step in (1.0, 2.0, 5.0):
        history.health.append(
            {
                "step": [step, step],
                "layer": [1.0, 2.0],
                "gradient_norm": [1e-6 * step, 0.1 * step],
                "weight_norm": [2.0, 3.0],
                "update_ratio": [1e-7, 1e-3],
                "idle_units": [0.25, np.nan],
            }
        )
    history.steps.append({"step": [1.0, 5.0], "seconds": [0.1, 0.2]})


@pytest.fixture
def tab(qtbot: QtBot, theme: Theme) -> GradientsTab:
    jobs = Jobs()
    session = Session(jobs)
    tab = GradientsTab(session, theme)
    qtbot.addWidget(tab)
    session.setParent(tab)
    tab.show()
    return tab


def test_an_empty_tab_says_what_will_appear(tab: GradientsTab) -> None:
    assert tab.verdict.text() == tab.cost.text() == ""
    assert tab.chart.describe() == ""


def test_the_samples_their_verdict_and_their_cost_are_shown(tab: GradientsTab) -> None:
    sampled(tab._session.history)
    tab.refresh()
    frame = tab.chart.data()
    assert list(frame.columns) == ["step", "hidden_1", "output"]
    assert frame["hidden_1"].tolist() == [1e-6, 1e-6 * 2, 1e-6 * 5]
    assert "100,000 times smaller than layer 2's" in tab.verdict.text()
    assert tab.cost.text() == "3 samples took 2 ms, 1 % of the training time"


@pytest.mark.parametrize("measure", ["weight_norm", "update_ratio", "idle_units"])
def test_every_measure_can_be_chosen(tab: GradientsTab, measure: str) -> None:
    history = tab._session.history
    sampled(history)
    tab._measure.setCurrentIndex(tab._measure.findData(measure))
    tab.refresh()
    drawn = tab.chart.data()[["hidden_1", "output"]].to_numpy().ravel()
    np.testing.assert_array_equal(drawn, history.health.snapshot()[measure])


def test_a_hidden_tab_draws_nothing(tab: GradientsTab) -> None:
    tab.hide()
    sampled(tab._session.history)
    tab.refresh()
    assert tab.verdict.text() == ""


def test_the_read_out_names_layer_step_and_value(qtbot: QtBot, theme: Theme) -> None:
    chart = LayerHeatMap(theme)
    qtbot.addWidget(chart)
    values = np.array([[1e-6, 0.0], [0.1, np.inf]])
    chart.set_layers(("a", "b"), np.array([1.0, 7.0]), values, "Gradient norm", log=True)
    assert chart.read_out(QPointF(1.5, 0.5)) == "a (layer 1)<br>Step 7<br><b>0</b>"
    assert "inf" in chart.read_out(QPointF(1.5, 1.5))
    assert chart.read_out(QPointF(5, 5)) == ""
