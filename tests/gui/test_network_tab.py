"""The Network tab: what is drawn are the run's own weights, and looking changes no number of the run."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from gdstudio.core.registry import registry
from gdstudio.gui.charts.colors import signed_image
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.network import NetworkTab
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.live_network import MOST_UNITS, DrawnLayer, LiveNetwork

LONG = 60_000


@pytest.fixture
def tab(qtbot: QtBot, theme: Theme) -> NetworkTab:
    jobs = Jobs()
    session = Session(jobs)
    tab = NetworkTab(session, theme, jobs)
    qtbot.addWidget(tab)
    session.setParent(tab)
    jobs.setParent(tab)
    tab.resize(900, 600)
    tab.show()
    return tab


def load(qtbot: QtBot, session: Session, sample: str) -> None:
    before = session.dataset
    session.load(registry("samples").settings({"kind": sample}))
    qtbot.waitUntil(lambda: session.dataset is not before and not session.loading, timeout=LONG)


def test_every_unit_is_drawn_with_the_run_s_weights_and_what_it_sees(tab: NetworkTab, qtbot: QtBot) -> None:
    session = tab._session
    load(qtbot, session, "moons")
    assert tab._pages.currentIndex() == 0, "an empty tab says what will appear"
    session.edit({"model.hidden": [3], "model.activation": "tanh", "training.epochs": 2})
    tab.findChild(QPushButton, "network.start").click()
    qtbot.waitUntil(lambda: session.state == "Done" and tab._work is not None and tab._job is None, timeout=LONG)
    tab.refresh()
    qtbot.waitUntil(lambda: tab._job is None, timeout=LONG)
    assert session.result is not None
    weights = {name: value.numpy() for name, value in session.result.model.state_dict().items()}
    inputs, hidden, output = tab.picture.layers
    np.testing.assert_array_equal(hidden.weights, weights["hidden_1.weight"])
    np.testing.assert_array_equal(output.weights, weights["output.weight"])
    assert [len(layer.images) for layer in (inputs, hidden, output)] == [2, 3, 1]
    tab.picture.setFocus()
    qtbot.keyClick(tab.picture, Qt.Key.Key_Left)
    assert tab.picture.selection == (1, 0)
    assert tab.title.text() == "Unit 1 of layer 1"
    first = weights["hidden_1.weight"][0]
    assert tab.formula.text().startswith("= tanh(") or tab.formula.text().startswith("= Tanh(")
    assert f"{abs(first[0]):.3g} · x1" in tab.formula.text()
    work = tab._work
    assert work is not None
    assert work.plane is not None
    sums = work.plane.inputs @ first + weights["hidden_1.bias"][0]
    assert tab.unit._field is not None
    np.testing.assert_allclose(tab.unit._field.values.ravel(), np.tanh(sums), atol=1e-6)


def test_looking_changes_no_loss_and_other_data_get_the_weights_alone(tab: NetworkTab, qtbot: QtBot) -> None:
    session = tab._session
    losses = []
    load(qtbot, session, "purchase")
    session.edit({"training.epochs": 3, "model.dropout": 0.3})
    for visible in (False, True):
        tab.setVisible(visible)
        session.start()
        while session.state != "Done":
            tab.refresh()
            qtbot.wait(2)
        qtbot.waitUntil(lambda: tab._job is None, timeout=LONG)
        losses.append(session.history.steps.snapshot()["train_loss"])
    np.testing.assert_array_equal(losses[0], losses[1])
    tab.refresh()
    qtbot.waitUntil(lambda: tab._job is None and tab._work is not None, timeout=LONG)
    assert not any(layer.images for layer in tab.picture.layers)
    assert tab.unit.isHidden()
    assert session.dataset is not None
    assert list(tab.picture.layers[0].names) == list(session.dataset.feature_names)


def test_a_unit_is_chosen_where_it_is_drawn(qtbot: QtBot, any_theme: Theme) -> None:
    picture = LiveNetwork(any_theme)
    qtbot.addWidget(picture)
    picture.resize(600, 500)
    weights = np.linspace(-1, 1, 2 * 40, dtype=np.float32).reshape(40, 2)
    columns = [DrawnLayer("Inputs", ("a", "b"), ("a", "b"), np.empty((2, 0), np.float32))]
    names = [f"o{i}" for i in range(40)]
    columns.append(DrawnLayer("Output", names, names, weights, np.zeros(40, np.float32)))
    picture.set_layers(columns)
    picture.show()
    assert picture.selection == (1, 0)
    assert picture._below(1) == "widest: 1; 16 more"
    center = picture._tiles()[1][5].center().toPoint()
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=center)
    assert picture.selection == (1, 5)
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert picture.selection == (1, 5)
    picture.choose(1, 99)
    assert picture.selection == (1, MOST_UNITS - 1)
    image = signed_image(np.array([[-2.0, 0.0, 2.0, np.nan]]), any_theme)
    wanted = (any_theme.class_color(0), any_theme.color("raised"), any_theme.class_color(1), any_theme.color("raised"))
    assert [tuple(pixel) for pixel in image[0].tolist()] == [color.getRgb()[:3] for color in wanted]
