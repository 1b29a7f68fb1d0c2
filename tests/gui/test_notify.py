from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThread, qInstallMessageHandler, qWarning
from pytestqt.qtbot import QtBot

from gdstudio.core.errors import StudioError
from gdstudio.gui.notify import LogBridge, Notices, log_qt_messages

Heard = list[tuple[str, str, str]]


@pytest.fixture
def notices(qtbot: QtBot) -> Iterator[Notices]:
    made = Notices()
    yield made
    made.deleteLater()


@pytest.fixture
def heard(notices: Notices) -> Heard:
    found: Heard = []

    def hear(*message: str) -> None:
        assert QThread.currentThread() == notices.thread()
        found.append(message)  # type: ignore[arg-type]

    notices.message.connect(hear)
    return found


def test_messages_pass_through(notices: Notices, heard: Heard) -> None:
    notices.tell("info", "Loaded.", "Press Start.")
    notices.tell_error(StudioError("The file is empty.", "Choose another."))
    notices.tell_error(KeyError("x"))
    assert heard == [
        ("info", "Loaded.", "Press Start."),
        ("error", "The file is empty.", "Choose another."),
        ("error", "Something unexpected went wrong: KeyError: 'x'", ""),
    ]


def test_messages_from_another_thread_arrive_in_the_window_thread(notices: Notices, heard: Heard, qtbot: QtBot) -> None:
    thread = threading.Thread(target=notices.tell, args=("warning", "From elsewhere."))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: heard == [("warning", "From elsewhere.", "")])


@pytest.mark.logs_errors
def test_warnings_and_errors_of_the_log_are_passed_on_without_their_traceback(
    notices: Notices, heard: Heard, qtbot: QtBot
) -> None:
    log = logging.getLogger("gdstudio.test")
    with LogBridge(notices):
        log.info("not this")
        log.warning("careful with %s", "x")
        try:
            raise ValueError("bad")
        except ValueError:
            log.exception("It failed")
    log.error("not any more")
    assert heard == [("warning", "careful with x", ""), ("error", "It failed: bad", "")]


def test_what_qt_says_goes_to_the_log(caplog: pytest.LogCaptureFixture, qtbot: QtBot) -> None:
    log_qt_messages()
    try:
        qWarning("something about fonts")
    finally:
        qInstallMessageHandler(None)
    assert ("qt", logging.WARNING, "something about fonts") in caplog.record_tuples
