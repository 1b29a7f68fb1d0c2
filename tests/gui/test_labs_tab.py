"""A laboratory in the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QTabWidget, QToolButton
from pytestqt.qtbot import QtBot

from gdstudio.core.registry import registry
from gdstudio.gui.app import create_main_window
from gdstudio.gui.charts.lab import LabChart
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tabs.labs import LabsTab

LONG = 60_000


@pytest.fixture
def labs(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    window = create_main_window(WindowSettings())
    window.show()
    qtbot.waitUntil(lambda: window.session.dataset is not None, timeout=LONG)
    window.session.edit({"training.epochs": 4, "model.hidden": [4]})
    yield window.findChild(LabsTab)
    window.close()
    window.deleteLater()


def test_a_race_is_run_and_answered(labs: LabsTab, qtbot: QtBot) -> None:
    kinds = labs.findChild(QComboBox, "lab.kind")
    kinds.setCurrentIndex(kinds.findData("race"))
    kinds.activated.emit(kinds.currentIndex())
    labs.findChild(QPushButton, "lab.start").click()
    answer = labs.findChild(QLabel, "lab.answer")
    qtbot.waitUntil(lambda: bool(answer.text()), timeout=LONG)
    assert "same weights" in answer.text()
    assert labs.findChild(QPushButton, "lab.save").isEnabled()


def test_a_cancelled_laboratory_ends_and_another_can_be_run(labs: LabsTab, qtbot: QtBot) -> None:
    labs._session.edit({"training.epochs": 100_000})
    start = labs.findChild(QPushButton, "lab.start")
    start.click()
    assert not start.isEnabled()
    qtbot.wait(300)
    labs.findChild(QPushButton, "lab.cancel").click()
    qtbot.waitUntil(start.isEnabled, timeout=LONG)


@pytest.mark.parametrize(
    ("kind", "values", "legend"),
    [
        ("basins", {"lab.size": 10, "lab.steps": 300}, "minima"),
        ("learning_rate", {"lab.rates": [0.01, 0.1], "lab.seeds": 1}, "2/λmax"),
        ("penalties", {"lab.penalty": "l1", "lab.strengths": [0, 0.1], "lab.seeds": 1}, "validation, proximal steps"),
        ("depth", {"lab.depths": [1, 2], "lab.seeds": 1}, "sigmoid, xavier_uniform"),
    ],
)
def test_an_answer_is_drawn_with_axes_and_a_legend_and_can_be_exported(
    labs: LabsTab, qtbot: QtBot, tmp_path: Path, kind: str, values: dict[str, object], legend: str
) -> None:
    labs.window().findChild(QTabWidget, "tabs").setCurrentWidget(labs)
    labs._session.edit({"optimizer.kind": "adam", "optimizer.lr": 0.2})
    labs._edit({"lab.kind": kind})
    labs._edit(values)
    early: list[object] = []
    labs.pictured.connect(lambda control, picture: early.append(picture))
    labs.findChild(QPushButton, "lab.start").click()
    answer = labs.findChild(QLabel, "lab.answer")
    qtbot.waitUntil(lambda: bool(answer.text()), timeout=LONG)
    assert bool(early) is (kind == "basins")
    chart = labs.findChild(LabChart, "chart.lab")
    assert chart.isVisible()
    assert chart.axes["bottom"].labelText
    assert chart.axes["left"].labelText
    assert legend in chart.legend.accessibleName()
    for ending in (".png", ".svg"):
        chart.save_picture(tmp_path / f"chart{ending}")
        assert (tmp_path / f"chart{ending}").stat().st_size > 1_000
    names = [labs._charts.tabText(k) for k in range(labs._charts.count()) if labs._charts.isTabVisible(k)]
    assert ("Zeros" in names) is (kind == "penalties")
    headings = list(labs._table.model().frame.columns)
    assert all(" " in h or h[0].isupper() for h in headings)
    assert not any("_" in h for h in headings)
    chart.save_data(tmp_path / "chart.csv")
    saved = (tmp_path / "chart.csv").read_text().splitlines()
    assert len(saved) - 1 == len(labs._result.picture.rows())


def test_a_race_on_two_features_can_be_played_back_on_boundaries_and_one_landscape(labs: LabsTab, qtbot: QtBot) -> None:
    session, window = labs._session, labs.window()
    window.findChild(QTabWidget, "tabs").setCurrentWidget(labs)
    session.load(registry("samples").settings("moons"))
    qtbot.waitUntil(lambda: session.dataset is not None and len(session.dataset.feature_names) == 2, timeout=LONG)
    labs._edit({"lab.kind": "race"})
    labs._edit({"lab.optimizers": ["sgd", "adam"]})
    before = window.width()
    labs.findChild(QPushButton, "lab.start").click()
    qtbot.waitUntil(lambda: labs._result is not None, timeout=LONG)
    stage, charts, scene = labs._stage, labs._charts, labs._result.scene
    assert not stage.player.isVisible()
    charts.setCurrentWidget(stage.boundaries)
    assert stage.player.isVisible()
    panels = stage.panels.panels
    assert len(panels) == 2
    last = panels[1].chart._field.values
    np.testing.assert_array_equal(last, scene.racers[1].fields[-1])
    labs.findChild(QToolButton, "lab.race.first").click()
    np.testing.assert_array_equal(panels[0].chart._field.values, panels[1].chart._field.values)
    labs.findChild(QToolButton, "lab.race.next").click()
    assert stage.player.step == scene.steps[1]
    assert f"loss {scene.racers[1].losses[1]:.3g}" in panels[1].chart.accessibleName()
    charts.setCurrentWidget(stage.plane)
    assert [route.name for route in stage.chart.routes] == [racer.name for racer in scene.racers]
    assert [len(route.points) for route in stage.chart.routes] == [2, 2]
    labs.findChild(QToolButton, "lab.race.play").click()
    assert stage.player.playing
    qtbot.waitUntil(lambda: not stage.player.playing, timeout=LONG)
    np.testing.assert_array_equal(stage.chart.routes[0].points, scene.racers[0].points)
    assert window.width() == before
    # Another laboratory has nothing to play.
    labs._edit({"lab.kind": "restarts"})
    labs._edit({"lab.count": 2})
    labs.findChild(QPushButton, "lab.start").click()
    qtbot.waitUntil(lambda: labs._result is not None, timeout=LONG)
    assert not charts.isTabVisible(charts.indexOf(stage.plane))
    assert not stage.player.isVisible()
