"""A column's preparation is edited by itself, said in words, and undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QListWidget, QPushButton
from pytestqt.qtbot import QtBot

from gdstudio.core.spec import FileSource
from gdstudio.gui.dialogs.column import ColumnDialog
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Any:
    path = tmp_path / "t.csv"
    sizes = ["small", "medium", "large"]
    rows = [f"{'' if i == 5 else i * i},{sizes[i % 3]},{i % 2}" for i in range(60)]
    path.write_text("\n".join(["area,size,y", *rows]) + "\n")
    made = Session(Jobs())
    made.load(FileSource(path=str(path)))
    qtbot.waitUntil(lambda: made.dataset is not None, timeout=60_000)
    yield made
    made.shut_down()


def _settled(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: not session._loader.busy, timeout=60_000)


def test_a_number_is_prepared_otherwise_and_undone(
    session: Session, theme: Theme, shown: Callable[[Any], Any], qtbot: QtBot
) -> None:
    dialog = shown(ColumnDialog(session, "area", theme))
    said = dialog.findChild(QLabel, "column.said")
    impute = dialog.findChild(QComboBox, "column.impute")
    before = session.spec
    impute.setCurrentIndex(impute.findText("Mean"))
    assert session.spec.data.columns["area"].impute == "mean"
    _settled(qtbot, session)
    dataset = session.dataset
    assert dataset is not None
    area = dataset.table.frame["area"].to_numpy()[dataset.train.rows]
    assert f"becomes {np.nanmean(area):.6g};" in said.text()
    session.undo()
    assert session.spec.data == before.data
    assert impute.currentData() is None
    _settled(qtbot, session)


def test_the_order_of_categories_is_edited(
    session: Session, theme: Theme, shown: Callable[[Any], Any], qtbot: QtBot
) -> None:
    dialog = shown(ColumnDialog(session, "size", theme))
    order = dialog.findChild(QListWidget, "column.order")
    assert [order.item(i).text() for i in range(3)] == ["small", "medium", "large"]
    order.setCurrentRow(2)
    dialog.findChild(QPushButton, "column.up").click()
    assert session.spec.data.columns["size"].categories == ("small", "large", "medium")
    assert [order.item(i).text() for i in range(3)] == ["small", "large", "medium"]
    _settled(qtbot, session)
    assert "'large' = 1" in dialog.findChild(QLabel, "column.said").text()
    session.undo()
    assert session.spec.data.columns["size"].categories == ("small", "medium", "large")
    _settled(qtbot, session)
