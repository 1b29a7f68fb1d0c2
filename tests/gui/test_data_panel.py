"""The data panel while a table is read, and what it warns of."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot
from typer.testing import CliRunner

from gdstudio.cli.app import app
from gdstudio.core.control import Cancelled
from gdstudio.core.spec import FileSource
from gdstudio.gui import loader
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.panels.data import DataPanel
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme

LONG = 30_000


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[DataPanel]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    jobs = Jobs()
    session = Session(jobs)
    made = DataPanel(session, Theme(application), jobs)
    jobs.setParent(made)
    session.setParent(made)
    made.destroyed.connect(jobs.shutdown)
    qtbot.addWidget(made)
    made.session = session
    made.show()
    yield made
    session.shut_down()


def _write(path: Path, **columns: object) -> FileSource:
    pd.DataFrame(columns).to_csv(path, index=False)
    return FileSource(path=str(path))


def test_a_long_read_shows_how_far_it_is_and_can_be_given_up(
    panel: DataPanel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = panel.session
    given_up: list[bool] = []

    def slow(source: object, job: Job) -> object:
        job.report(0.4)
        while not job.cancelled:
            time.sleep(0.002)
        given_up.append(True)
        raise Cancelled

    bar, cancel = panel.findChild(QProgressBar, "data.load_progress"), panel.findChild(QPushButton, "data.load_cancel")
    assert not bar.isVisible()
    monkeypatch.setattr(loader, "_load", slow)
    session.load(FileSource(path=str(tmp_path / "big.csv")))
    qtbot.waitUntil(bar.isVisible, timeout=LONG)
    assert bar.value() == 400
    cancel.click()
    qtbot.waitUntil(lambda: bool(given_up), timeout=LONG)
    assert not bar.isVisible()
    assert not session.loading
    assert session.table is None


def test_stopping_gives_up_a_read_as_well(panel: DataPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(source: object, job: Job) -> object:
        while not job.cancelled:
            time.sleep(0.002)
        raise Cancelled

    monkeypatch.setattr(loader, "_load", slow)
    panel.session.load(FileSource(path="big.csv"))
    assert panel.session.loading
    panel.session.stop()
    assert not panel.session.loading


def test_a_feature_that_gives_the_target_away_is_named(panel: DataPanel, qtbot: QtBot, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    bought = draw.integers(0, 2, 300)
    honest = draw.normal(size=300)
    leaking = _write(tmp_path / "leak.csv", honest=honest, paid=bought * 20.0 + draw.random(300), bought=bought)
    label = panel.findChild(QLabel, "data.leakage")
    panel.session.load(leaking)
    qtbot.waitUntil(label.isVisible, timeout=LONG)
    assert "'paid' alone predicts 'bought'" in label.text()
    assert "honest" not in label.text()
    panel.session.load(_write(tmp_path / "sound.csv", honest=honest, bought=bought))
    qtbot.waitUntil(lambda: not label.isVisible(), timeout=LONG)


def test_the_same_file_has_the_same_hash_in_the_window_and_on_the_command_line(
    panel: DataPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "dates and words.csv"
    path.write_text("when;what;y\n" + "".join(f"{1 + i % 28:02}.03.2024;né {i % 3};{i / 7:.3f}\n" for i in range(60)))
    found = []
    for _ in range(2):
        panel.session.load(FileSource(path=str(path)))
        qtbot.waitUntil(lambda: not panel.session.loading and panel.session.dataset is not None, timeout=LONG)
        found.append(panel.session.dataset.table.data_hash)
        panel.session.dataset = None
    told = CliRunner().invoke(app, ["data", str(path), "--json"])
    assert told.exit_code == 0
    (document,) = json.loads(told.stdout)["files"]
    assert found == [document["data_hash"]] * 2
