"""A run that was stopped, or cut off with the program, goes on in the window to the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from gdstudio.core.control import RunControl
from gdstudio.core.spec import ExperimentSpec
from gdstudio.gui.app import create_main_window
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.unfinished import UnfinishedRuns
from gdstudio.training.run import run_experiment

LONG = 60_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    made = create_main_window(WindowSettings())
    qtbot.waitUntil(lambda: made.session.dataset is not None, timeout=LONG)
    yield made
    made.close()
    made.deleteLater()


def ended(qtbot: QtBot, window: MainWindow, runs: int) -> np.ndarray:
    qtbot.waitUntil(lambda: len(window.session.runs) == runs and not window.session.busy, timeout=LONG)
    return window.session.runs[-1].result.history.steps.snapshot()["train_loss"]


def test_a_stopped_run_goes_on_to_the_numbers_of_one_that_never_stopped(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.edit({"training.epochs": 3, "model.dropout": 0.2})
    whole = run_experiment(session.spec).history.steps.snapshot()["train_loss"]
    session.set_pace(40)
    session.start()
    qtbot.waitUntil(lambda: len(session.history.steps) > 4, timeout=LONG)
    session.stop()
    stopped = ended(qtbot, window, 1)
    assert 0 < len(stopped) < len(whole)
    session.set_pace(0)
    first = session.runs[0].result
    session.go_on_with(first.checkpoint, first.dataset.table)
    assert np.array_equal(ended(qtbot, window, 2), whole)


def test_a_finished_run_goes_on_to_more_epochs_and_refuses_the_same(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.edit({"training.epochs": 1})
    session.start()
    ended(qtbot, window, 1)
    first = session.runs[0].result
    said: list[str] = []
    session.message.connect(lambda level, text, hint: said.append(text))
    session.go_on_with(first.checkpoint, first.dataset.table)
    assert said == ["The run has taken all its 1 epochs."]
    session.edit({"training.epochs": 2})
    whole = run_experiment(session.spec).history.steps.snapshot()["train_loss"]
    session.go_on_with(first.checkpoint, first.dataset.table)
    assert np.array_equal(ended(qtbot, window, 2), whole)


def test_a_run_that_was_cut_off_is_offered_at_the_next_start(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    spec = ExperimentSpec().with_values({"training.epochs": 2})
    left = tmp_path / "state" / "unfinished" / "run-1"
    control = RunControl()
    control.set_pace(200)

    def cancel(event: object) -> None:
        control.cancel()

    run_experiment(spec, control=control, checkpoint_to=left, on_event=cancel)
    whole = run_experiment(spec).history.steps.snapshot()["train_loss"]
    made = create_main_window(WindowSettings())
    qtbot.waitUntil(lambda: made.session.dataset is not None, timeout=LONG)
    action = made.findChild(QAction, "run.recover")
    assert action.isEnabled()
    action.trigger()
    assert np.array_equal(ended(qtbot, made, 1), whole)
    assert not left.exists()
    assert not action.isEnabled()
    made.close()
    made.deleteLater()


def test_a_run_is_kept_while_it_goes_and_not_afterwards(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    kept = tmp_path / "state" / "unfinished"
    window.session.set_pace(20)
    window.session.start()
    qtbot.waitUntil(lambda: len(window.session.history.steps) > 2, timeout=LONG)
    assert [path.name for path in kept.glob("run-*/checkpoint/checkpoint.json")] == ["checkpoint.json"]
    assert UnfinishedRuns(kept).left() is None, "the run of a living window is no other's to take"
    window.session.stop()
    ended(qtbot, window, 1)
    assert not list(kept.glob("run-*/checkpoint"))
