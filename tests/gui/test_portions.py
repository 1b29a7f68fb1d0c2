"""Steps, epochs and examples on one axis, and the schedule's plan on the chart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from gdstudio.gui.app import create_main_window
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.portions import Portions
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tabs.training import TrainingTab


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    made = create_main_window(WindowSettings())
    made.show()
    qtbot.waitUntil(lambda: made.session.dataset is not None, timeout=60_000)
    yield made
    made.close()
    made.deleteLater()


def test_the_last_batch_of_an_epoch_has_what_is_left() -> None:
    portions = Portions(rows=10, batch_size=4)
    steps = np.arange(1.0, 7.0)
    assert portions.at(steps, "examples").tolist() == [4, 8, 10, 14, 18, 20]
    assert portions.at(steps, "epoch").tolist() == [1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2]
    assert Portions(10, 0).at(steps, "examples").tolist() == [10, 20, 30, 40, 50, 60]


def test_the_schedule_is_drawn_before_the_run_and_follows_its_settings(window: MainWindow) -> None:
    tab = window.findChild(TrainingTab)
    planned = tab.rate.data().query("curve == 'Planned'")["Learning rate"]
    assert planned.nunique() == 1
    window.session.edit({"schedule.kind": "cosine", "schedule.warmup_steps": 5})
    planned = tab.rate.data().query("curve == 'Planned'")["Learning rate"].to_numpy()
    assert planned[0] < planned.max() > planned[-1]
    window.session.edit({"schedule.kind": "plateau"})
    assert tab.rate.is_empty


def test_curves_stand_over_the_examples_that_were_seen(window: MainWindow, qtbot: QtBot) -> None:
    window.session.edit({"training.epochs": 2})
    window.session.start()
    qtbot.waitUntil(lambda: window.session.state == "Done", timeout=60_000)
    axis = window.findChild(QComboBox, "charts.x_axis")
    axis.setCurrentIndex(axis.findData("examples"))
    axis.activated.emit(axis.currentIndex())
    rows = len(window.session.dataset.train)
    frame = window.findChild(TrainingTab).loss.data()
    assert frame.query("part == 'validation'")["Examples seen"].tolist() == [rows, 2 * rows]
    assert frame["Examples seen"].max() == 2 * rows
