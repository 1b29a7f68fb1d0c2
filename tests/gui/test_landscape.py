"""The landscape in the window: a first picture at once, finer ones after it, choices, cancel, curvature in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from gdstudio.gui.app import create_main_window
from gdstudio.gui.charts.landscape import LandscapeChart, contour
from gdstudio.gui.charts.routes import Route
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tabs.landscape import LandscapeTab
from gdstudio.gui.theme import Theme

LONG = 60_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    made = create_main_window(WindowSettings())
    made.show()
    qtbot.waitUntil(lambda: made.session.dataset is not None, timeout=LONG)
    made.session.edit({"training.epochs": 12})
    yield made
    if made.session.busy:
        made.session.stop()
        qtbot.waitUntil(lambda: not made.session.busy, timeout=LONG)
    made.close()
    made.deleteLater()


def open_tab(window: MainWindow) -> LandscapeTab:
    tab = window.findChild(LandscapeTab, "tab.landscape")
    tabs = window.findChild(QTabWidget, "tabs")
    tabs.setCurrentWidget(tab)
    return tab


def run(window: MainWindow, qtbot: QtBot) -> None:
    window.session.start()
    qtbot.waitUntil(lambda: window.session.state in ("Done", "Failed") and not window.session.busy, timeout=LONG)


def mapped(tab: LandscapeTab, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: tab._asked is not None and tab._job is None, timeout=LONG)


def choose(window: MainWindow, name: str, key: object) -> None:
    combo = window.findChild(QComboBox, name)
    index = combo.findData(key)
    assert index >= 0
    combo.setCurrentIndex(index)
    combo.activated.emit(index)


def test_a_run_is_mapped_where_its_path_ends_in_the_final_loss(window: MainWindow, qtbot: QtBot) -> None:
    tab = open_tab(window)
    start = window.findChild(QPushButton, "landscape.start")
    assert start.isVisible()
    start.click()
    qtbot.waitUntil(lambda: window.session.state == "Done" and not window.session.busy, timeout=LONG)
    mapped(tab, qtbot)
    result = window.session.result
    assert result is not None
    assert not start.isVisible()
    frame = tab.chart.data()
    assert len(frame) == 49 * 49
    path = tab.chart.routes[0].points
    assert len(path) == 13
    nearest = ((frame["x"] - path[-1, 0]) ** 2 + (frame["y"] - path[-1, 1]) ** 2).idxmin()
    final = result.history.epochs.snapshot()["train_loss"][-1]
    assert abs(frame["training loss"][nearest] - final) < 0.1 * final
    words = window.findChild(QLabel, "landscape.curvature").text()
    assert "2/λmax" in words
    assert "Trace" in words
    assert "variance" in window.findChild(QLabel, "landscape.note").text()


def test_every_plane_and_measure(window: MainWindow, qtbot: QtBot) -> None:
    tab = open_tab(window)
    run(window, qtbot)
    mapped(tab, qtbot)
    choose(window, "landscape.grid", 25)
    for plane, shape in (("random", 25 * 25), ("line", 25)):
        choose(window, "landscape.plane", plane)
        mapped(tab, qtbot)
        assert len(tab.chart.data()) == shape
    choose(window, "landscape.plane", "points")  # one run: its start, its middle and its end
    mapped(tab, qtbot)
    assert len(tab.chart.data()) == 25 * 25
    choose(window, "landscape.point.b", window.findChild(QComboBox, "landscape.point.a").currentData())
    mapped(tab, qtbot)
    assert "one line" in tab.chart._empty.text()
    choose(window, "landscape.plane", "random")
    choose(window, "landscape.on", "validation.accuracy")
    mapped(tab, qtbot)
    values = tab.chart.data()["validation accuracy"]
    assert values.between(0, 1).all()
    assert values.max() > 0.5


def test_a_cancel_keeps_what_is_there_and_ends_the_work(window: MainWindow, qtbot: QtBot) -> None:
    tab = open_tab(window)
    run(window, qtbot)
    mapped(tab, qtbot)
    choose(window, "landscape.grid", 97)
    cancel = window.findChild(QPushButton, "landscape.cancel")
    assert cancel.isVisible()
    cancel.click()
    assert not cancel.isVisible()
    assert tab._job is None
    assert len(tab.chart.data()) == 49 * 49
    assert window.findChild(QWidget, "chart.landscape").isVisible()


def test_the_path_of_the_next_run_grows_on_the_map(window: MainWindow, qtbot: QtBot) -> None:
    tab = open_tab(window)
    run(window, qtbot)
    mapped(tab, qtbot)
    before = tab.chart.routes[0].points.copy()
    window.session.edit({"training.epochs": 5_000, "training.seed": 3})
    window.session.start()
    qtbot.waitUntil(lambda: len(window.session.history.snapshots) > 20, timeout=LONG)
    qtbot.waitUntil(lambda: len(tab.chart.routes[0].points) > 14, timeout=LONG)
    assert not np.array_equal(tab.chart.routes[0].points[: len(before)], before)
    choose(window, "landscape.plane", "random")  # another map of the run that ended, under the path that grows
    qtbot.waitUntil(lambda: tab._found is not None and tab._found.plane.kind == "random", timeout=LONG)
    qtbot.waitUntil(lambda: tab.chart.routes[0].name == "the run that goes", timeout=LONG)
    assert window.session.busy
    window.session.stop()
    qtbot.waitUntil(lambda: not window.session.busy, timeout=LONG)
    mapped(tab, qtbot)


def test_runs_are_compared_on_one_plane_in_the_same_colours(window: MainWindow, qtbot: QtBot) -> None:
    tab = open_tab(window)
    for seed, hidden in ((1, (32, 16)), (2, (32, 16)), (3, (8,)), (4, (32, 16))):
        window.session.edit({"training.seed": seed, "model.hidden": hidden, "training.epochs": 3})
        run(window, qtbot)
    mapped(tab, qtbot)
    first, second, other, newest = window.session.runs
    choose(window, "landscape.grid", 25)
    choose(window, "landscape.plane", "points")
    for letter, key in zip("abc", (first, second, newest), strict=True):
        choose(window, f"landscape.point.{letter}", f"{key.id}:end")
    window.findChild(QCheckBox, "landscape.everyone").setChecked(True)
    mapped(tab, qtbot)
    assert [r.name for r in tab.chart.routes] == [newest.name, first.name, second.name]
    assert [r.hue for r in tab.chart.routes] == [newest.color, first.color, second.color]
    for route in tab.chart.routes:  # the plane goes through the ends of all three
        assert route.distances[-1] < 1e-3 * route.distances.max()
    assert f"{other.name} has other layers" in window.findChild(QLabel, "landscape.note").text()

    tab.views.choose("both")
    window.findChild(QCheckBox, "landscape.fixed").setChecked(True)
    low, high = (window.findChild(QLineEdit, f"landscape.{end}") for end in ("low", "high"))
    values = tab.chart.data()["training loss"]
    assert (float(low.text()), float(high.text())) == pytest.approx((values.min(), values.max()), rel=1e-3)
    low.setText("0.1")
    high.setText("2.5")
    high.editingFinished.emit()
    choose(window, "landscape.run", first.id)
    choose(window, "landscape.plane", "random")
    mapped(tab, qtbot)
    log = window.findChild(QCheckBox, "landscape.log").isChecked()
    expected = np.log10([0.1, 2.5]) if log else [0.1, 2.5]
    assert tab.chart.bar.levels == pytest.approx(tuple(expected))
    assert tab.views.surface._range == pytest.approx(tuple(expected))
    assert np.array_equal(tab.views.surface.data()["training loss"], tab.chart.data()["training loss"])

    choose(window, "landscape.plane", "line")
    choose(window, "landscape.point.a", f"{other.id}:end")
    mapped(tab, qtbot)
    assert other.name in tab.chart._empty.text()
    assert "equal layers" in tab.chart._empty.text()
    choose(window, "landscape.point.a", f"{second.id}:start")
    choose(window, "landscape.point.b", f"{second.id}:end")
    mapped(tab, qtbot)
    assert len(tab.chart.data()) == 25
    assert not tab.views.surface.isVisible()

    window.findChild(QPushButton, "landscape.curvature.along").click()
    qtbot.waitUntil(lambda: tab.along._job is None, timeout=LONG)
    points = tab.along.points
    assert [p.step for p in points] == [s.step for s in first.result.snapshots]
    assert {p.rate for p in points} == {0.002}
    frame = tab.along.chart.data()
    assert len(frame)
    choose(window, "landscape.curvature.what", "trace")
    assert "Trace" in tab.along.chart.title


def test_contours_lie_where_the_value_is() -> None:
    x, y = np.linspace(-2, 2, 41), np.linspace(-1, 1, 31)
    ends = contour(x, y, x[None, :] ** 2 + y[:, None] ** 2, 0.64)
    np.testing.assert_allclose(np.hypot(ends[:, 0], ends[:, 1]), 0.8, atol=5e-3)
    segments = ends.reshape(-1, 2, 2)
    length = np.hypot(*(segments[:, 1] - segments[:, 0]).T).sum()
    assert length == pytest.approx(2 * np.pi * 0.8, rel=0.01)
    assert not len(contour(x, y, np.full((31, 41), np.nan), 0.0))


def test_the_cursor_reads_the_map(any_theme: Theme, shown) -> None:
    chart = shown(LandscapeChart(any_theme))
    x, y = np.linspace(0, 1, 5), np.linspace(0, 1, 3)
    values = np.arange(15.0).reshape(3, 5) ** 2
    values[0, 0] = np.inf
    chart.set_picture(x, y, values, measure="Training loss", log=True)
    chart.set_routes([Route(np.array([[0.1, 0.1], [0.9, 0.9]]), np.array([0.3, 0.0]))])
    assert "196" in chart.read_out(QPointF(1, 1))
    assert "not finite" in chart.read_out(QPointF(0, 0))
    assert chart.read_out(QPointF(7, 0)) == ""
    assert "from 1 to 196" in chart.describe()
