"""A laboratory in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QTabWidget
from pytestqt.qtbot import QtBot

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
