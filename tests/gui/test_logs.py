from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import qInstallMessageHandler, qWarning

from gdstudio.gui.logs import log_qt_messages, start_logging


@pytest.fixture(autouse=True)
def handlers_put_back() -> Iterator[None]:
    before = list(logging.getLogger().handlers)
    yield
    for handler in logging.getLogger().handlers[:]:
        if handler not in before:
            logging.getLogger().removeHandler(handler)
            handler.close()


def test_what_qt_says_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    before = qInstallMessageHandler(None)
    try:
        log_qt_messages()
        with caplog.at_level(logging.WARNING, "qt"):
            qWarning("a warning of Qt")
    finally:
        qInstallMessageHandler(before)
    assert "a warning of Qt" in caplog.text


def test_the_log_is_written_to_the_folder(tmp_path: Path) -> None:
    before = qInstallMessageHandler(None)
    try:
        path = start_logging(tmp_path / "state")
        logging.getLogger("gdstudio.test").warning("something happened")
    finally:
        qInstallMessageHandler(before)
    assert path is not None
    assert "something happened" in path.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert start_logging(tmp_path / "file" / "state") is None


def test_logs_rotate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdstudio.gui.logs._MOST_BYTES", 2_000)
    before = qInstallMessageHandler(None)
    try:
        path = start_logging(tmp_path)
        for number in range(300):
            logging.getLogger("gdstudio.test").info("line %d of many", number)
    finally:
        qInstallMessageHandler(before)
    assert path is not None
    files = sorted(tmp_path.iterdir())
    assert len(files) == 4
    assert max(file.stat().st_size for file in files) <= 2_000
    assert "line 299" in path.read_text(encoding="utf-8")
