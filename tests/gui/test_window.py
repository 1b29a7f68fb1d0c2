"""The window as a person uses it: load, edit, start, pause, step, stop, close."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec, FileSource
from gdstudio.gui.app import create_main_window
from gdstudio.gui.main_window import MainWindow
from gdstudio.gui.settings import WindowSettings
from gdstudio.gui.tabs.training import TrainingTab
from gdstudio.training.run import run_experiment

LONG = 60_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """The window with the purchase data ready, and settings of its own."""
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path)
    made = create_main_window(WindowSettings())
    made.show()
    qtbot.waitUntil(lambda: made.session.dataset is not None, timeout=LONG)
    yield made
    if made.session.busy:
        made.session.stop()
        qtbot.waitUntil(lambda: not made.session.busy, timeout=LONG)
    made.close()
    made.deleteLater()


def press(window: MainWindow, name: str) -> None:
    action = window.findChild(QAction, name)
    assert action is not None, name
    assert action.isEnabled(), name
    action.trigger()


def finish(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.session.state in ("Done", "Failed"), timeout=LONG)


def edit(window: MainWindow, name: str, text: str) -> None:
    """Type into a field and press Enter."""
    field = window.findChild(QWidget, name)
    assert field is not None, name
    line = field if isinstance(field, QLineEdit) else field.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def choose(window: MainWindow, name: str, key: str) -> None:
    combo = window.findChild(QComboBox, name)
    assert combo is not None, name
    index = combo.findData(key)
    assert index >= 0, key
    combo.setCurrentIndex(index)
    combo.activated.emit(index)


def test_the_first_start_has_data_a_model_and_a_button_that_trains(window: MainWindow, qtbot: QtBot) -> None:
    assert window.session.spec.data.target == "bought"
    assert window.session.state == "Idle"
    press(window, "run.start")
    finish(qtbot, window)
    result = window.session.result
    assert result is not None
    assert result.status == "finished"
    assert result.metrics["test"]["accuracy"] > 0.75
    assert len(window.session.runs) == 1


def test_edits_make_a_new_spec_and_can_be_taken_back(window: MainWindow) -> None:
    edit(window, "optimizer.lr", "0,05")
    assert window.session.spec.get("optimizer.lr") == 0.05
    choose(window, "optimizer.kind", "sgd")
    assert window.session.spec.optimizer.kind == "sgd"
    edit(window, "regularization.l2", "1e-3")
    assert window.session.spec.regularization.l2 == 1e-3
    for _ in range(3):
        press(window, "edit.undo")
    assert window.session.spec.optimizer.kind == "adam"
    assert window.session.spec.get("optimizer.lr") != 0.05
    for _ in range(3):
        press(window, "edit.redo")
    assert window.session.spec.optimizer.kind == "sgd"
    assert window.session.spec.regularization.l2 == 1e-3


def test_a_value_that_does_not_fit_is_refused_in_place_and_changes_nothing(window: MainWindow) -> None:
    before = window.session.spec
    edit(window, "optimizer.lr", "-1")
    assert window.session.spec is before
    choose(window, "optimizer.kind", "sgd")
    nesterov = window.findChild(QAbstractButton, "optimizer.nesterov")
    before = window.session.spec
    nesterov.click()
    assert window.session.spec is before
    problem = window.findChild(QWidget, "optimizer.kind").parentWidget()
    assert "momentum" in " ".join(w.text() for w in problem.findChildren(QWidget) if hasattr(w, "text")).lower()


def test_every_form_field_of_the_spec_is_in_the_window(window: MainWindow) -> None:
    for name in ("optimizer.lr", "training.batch_size", "training.epochs", "training.seed", "model.dropout",
                 "model.activation", "model.kind", "optimizer.kind", "loss.kind", "regularization.l1",
                 "data.split.test", "data.preparation.scale", "training.threads", "training.device"):  # fmt: skip
        found = window.findChildren(QWidget, name)
        assert len(found) == 1, (name, len(found))
        assert found[0].accessibleName(), name


def test_every_control_has_a_name_for_tests_and_one_for_screen_readers(window: MainWindow) -> None:
    controls = [
        w for kind in (QAbstractButton, QComboBox, QLineEdit) for w in window.findChildren(kind)
        if not w.objectName().startswith("qt_") and w.window() is window and not isinstance(w.parent(), QComboBox)
    ]  # fmt: skip
    nameless = [w for w in controls if w.isVisible() and not (w.accessibleName() or w.text() or w.toolTip())
                and type(w).__module__.startswith("gdstudio")]  # fmt: skip
    assert not nameless


def test_pause_step_and_resume(window: MainWindow, qtbot: QtBot) -> None:
    window.session.edit({"training.epochs": 100_000})
    press(window, "run.start")
    qtbot.waitUntil(lambda: len(window.session.history.steps) > 10, timeout=LONG)
    press(window, "run.pause")
    qtbot.waitUntil(lambda: window.session.state == "Paused", timeout=LONG)
    taken = len(window.session.history.steps)
    qtbot.wait(100)
    assert len(window.session.history.steps) == taken
    press(window, "run.step")
    qtbot.waitUntil(lambda: len(window.session.history.steps) == taken + 1, timeout=LONG)
    assert window.session.state == "Paused"
    press(window, "run.start")
    qtbot.waitUntil(lambda: len(window.session.history.steps) > taken + 10, timeout=LONG)
    press(window, "run.stop")
    finish(qtbot, window)
    assert window.session.result.status == "cancelled"


def test_single_steps_from_the_start(window: MainWindow, qtbot: QtBot) -> None:
    press(window, "run.step")
    qtbot.waitUntil(lambda: len(window.session.history.steps) == 1, timeout=LONG)
    press(window, "run.step")
    qtbot.waitUntil(lambda: len(window.session.history.steps) == 2, timeout=LONG)
    assert window.session.state == "Paused"


def test_a_learning_rate_set_during_a_run_is_used_and_recorded(window: MainWindow, qtbot: QtBot) -> None:
    window.session.edit({"training.epochs": 100_000, "optimizer.lr": 0.001})
    press(window, "run.start")
    qtbot.waitUntil(lambda: len(window.session.history.steps) > 10, timeout=LONG)
    edit(window, "optimizer.lr", "0.0005")
    qtbot.waitUntil(
        lambda: window.session.history.steps.snapshot()["learning_rate"][-1] == 0.0005, timeout=LONG
    )  # fmt: skip
    press(window, "run.stop")
    finish(qtbot, window)
    assert [c.lr for c in window.session.result.spec.training.lr_changes] == [0.0005]


def test_the_window_and_the_command_line_write_the_same_history(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.session.edit({"training.epochs": 20, "model.dropout": 0.2})
    spec = window.session.spec
    folders = []
    for number in range(2):
        press(window, "run.start")
        while window.session.busy:
            # The mouse wanders over the charts meanwhile: drawing must not change a number.
            for x in range(350, 1200, 50):
                QTest.mouseMove(window, QPoint(x, 300))
            qtbot.wait(5)
        folders.append(tmp_path / f"window{number}")
        window.session.result.save(folders[-1])
    run_experiment(ExperimentSpec.parse(spec.model_dump(mode="json"))).save(tmp_path / "headless")
    expected = (tmp_path / "headless" / "history.csv").read_bytes()
    assert len(expected.splitlines()) == 20 * 19 + 1
    for folder in folders:
        assert (folder / "history.csv").read_bytes() == expected
        assert (folder / "spec.json").read_bytes() == (tmp_path / "headless" / "spec.json").read_bytes()


def test_closing_while_training_ends_the_run_first(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.session.edit({"training.epochs": 1_000_000})
    press(window, "run.start")
    qtbot.waitUntil(lambda: len(window.session.history.steps) > 10, timeout=LONG)
    assert not window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    window.session.result.save(tmp_path / "R")
    assert len(pd.read_csv(tmp_path / "R" / "history.csv")) == window.session.result.steps


def test_an_exception_in_the_worker_is_one_message_and_the_next_run_works(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[tuple[str, str]] = []
    ended: list[bool] = []
    window.session.message.connect(lambda level, text, hint: messages.append((level, text)))
    # While the thread has not ended, no other run may begin.
    window.session.message.connect(lambda level, *_: ended.append(not window.session.busy) if level == "error" else 0)

    def fail(*arguments: Any, **options: Any) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with monkeypatch.context() as broken:
        broken.setattr("gdstudio.training.run.train", fail)
        press(window, "run.start")
        finish(qtbot, window)
    assert window.session.state == "Failed"
    assert ended == [False]
    assert [text for level, text in messages if level == "error"] == [
        "Something unexpected went wrong: RuntimeError: mat1 and mat2 shapes cannot be multiplied"
    ]
    window.session.edit({"training.epochs": 2})
    press(window, "run.start")
    finish(qtbot, window)
    assert window.session.state == "Done"


def test_a_run_that_explodes_keeps_what_it_has_and_says_when(window: MainWindow, qtbot: QtBot) -> None:
    messages: list[str] = []
    window.session.message.connect(lambda level, text, hint: messages.append(f"{level}: {text}"))
    window.session.load(registry("samples").settings("diabetes"))
    qtbot.waitUntil(lambda: getattr(window.session.dataset, "task", "") == "regression", timeout=LONG)
    window.session.edit({"model.kind": "linear"})
    window.session.edit({"optimizer.kind": "sgd", "optimizer.lr": 100.0})
    press(window, "run.start")
    finish(qtbot, window)
    assert window.session.result.status == "diverged"
    assert any(m.startswith("warning: Stopped at step") and "learning rate 100" in m for m in messages)


@pytest.mark.parametrize("sample", ["iris", "moons", "diabetes", "digits"])
def test_each_kind_of_data_trains_and_fills_every_tab(window: MainWindow, qtbot: QtBot, sample: str) -> None:
    choose(window, "data.source.kind", sample)
    qtbot.waitUntil(
        lambda: window.session.dataset is not None and window.session.spec.data.source.kind == sample
        and window.session.dataset.table is window.session.table,
        timeout=LONG,
    )  # fmt: skip
    window.session.edit({"training.epochs": 3})
    press(window, "run.start")
    finish(qtbot, window)
    assert window.session.state == "Done"
    tabs = window.findChild(QWidget, "tabs")
    for index in range(tabs.count()):
        tabs.setCurrentIndex(index)
        qtbot.wait(20)
    assert window.minimumSizeHint().width() <= 1024  # an old projector, or a laptop that enlarges everything


def test_runs_are_named_deleted_brought_back_and_used_again(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    for rate in (0.01, 0.02):
        session.edit({"training.epochs": 2, "optimizer.lr": rate})
        press(window, "run.start")
        finish(qtbot, window)
    first, second = session.runs
    assert first.color != second.color
    session.rename_run(first.id, "slow")
    session.delete_run(first.id)
    assert [r.name for r in session.runs] == ["Run 2"]
    press(window, "edit.undo")
    assert [r.name for r in session.runs] == ["slow", "Run 2"]
    session.use_settings_of(session.runs[0])
    assert session.spec.get("optimizer.lr") == 0.01


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"a\n1\n2\n3\n", "one column"),
        (b"a,y\n1,x\n2,x\n3,x\n4,x\n", "fit to be predicted"),
        (b"a,y\n" + b"".join(b"%d,n%d\n" % (i, i) for i in range(30)), "y"),
    ],
)
def test_a_bad_file_is_said_in_words_and_the_window_goes_on(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    said: list[str] = []
    window.session.message.connect(lambda level, text, hint: said.append(f"{text} {hint}"))
    window.session.load(FileSource(path=str(path)))

    def told() -> str:
        return " ".join([*said, str(window.session.data_problem or "")])

    qtbot.waitUntil(lambda: not window.session.loading and bool(told().strip()), timeout=LONG)
    assert words in told()
    assert "Traceback" not in told()
    window.session.load(registry("samples").settings("iris"))
    qtbot.waitUntil(lambda: getattr(window.session.dataset, "task", "") == "multiclass", timeout=LONG)
    assert window.session.data_problem is None


def test_a_million_rows_do_not_freeze_the_table(
    window: MainWindow, qtbot: QtBot, worker_rows: Callable[[], pd.DataFrame]
) -> None:
    from gdstudio.gui.tables.frame import FrameModel

    model = FrameModel(worker_rows(), window.theme)
    assert model.rowCount() == 1_000_000
    assert model.index(999_999, 1).data() is not None


@pytest.fixture
def worker_rows() -> Callable[[], pd.DataFrame]:
    def make() -> pd.DataFrame:
        return pd.DataFrame(np.zeros((1_000_000, 3)), columns=["a", "b", "c"])

    return make


def test_a_sample_is_opened_from_the_menu(window: MainWindow, qtbot: QtBot) -> None:
    assert window.findChild(QAction, "data.sample") is not None
    press(window, "data.sample.wine")
    qtbot.waitUntil(lambda: window.session.spec.data.source.kind == "wine", timeout=LONG)


def test_very_many_runs_are_all_drawn_a_few_at_a_time(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.edit({"training.epochs": 2, "model.hidden": [2]})
    press(window, "run.start")
    finish(qtbot, window)
    qtbot.waitUntil(lambda: not session.busy, timeout=LONG)
    (run,) = session.runs
    runs = tuple(
        replace(run, id=k, name=f"Run {k}", result=replace(run.result, history=deepcopy(run.result.history)))
        for k in range(30)
    )
    session.open_document(replace(session.document, runs=runs))
    chart = window.findChild(TrainingTab).loss
    assert 0 < len(chart.keys) < 60, "the window is left to the person in between"
    qtbot.waitUntil(lambda: len(chart.keys) == 60, timeout=LONG)
    session.delete_run(*range(25))
    assert len(chart.keys) == 10 + 5, "few enough for their single batches"
