"""What every test of the window is held to: no word from Qt, no error in the log, nothing left running."""

from __future__ import annotations

import gc
import logging
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gdstudio.gui.theme import Theme

HERE = Path(__file__).parent
PATIENCE = 5.0

#: What Qt may say, each with its reason.
QT_MAY_SAY = (
    "This plugin does not support",  # the offscreen platform has no window manager
    "Populating font family aliases",  # the machine lacks a font that Qt asks for
    "QFont::setPointSize",  # pyqtgraph copies a font that is sized in pixels
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "logs_errors: the test provokes an error in the log")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore(*QT_MAY_SAY, extend=True))


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test finds what another, or the program itself, has left in the person's own folder."""
    monkeypatch.setattr("gdstudio.paths.user_state", lambda: tmp_path / "state")
    monkeypatch.setattr("gdstudio.paths.user_config", lambda: tmp_path / "config")
    monkeypatch.setattr("gdstudio.paths.lab_defaults", list)


class Started:
    """Where each object was started, so that one that is still going can be reported."""

    def __init__(self) -> None:
        self._items: list[tuple[weakref.ref[Any], str]] = []

    def watch(self, monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
        """Note every start of an object of that class."""
        original: Callable[..., Any] = kind.start  # type: ignore[attr-defined]

        def start(item: Any, *args: Any, **kwargs: Any) -> Any:
            place = "".join(traceback.format_stack(limit=8)[:-1])
            self._items.append((weakref.ref(item), place))
            return original(item, *args, **kwargs)

        monkeypatch.setattr(kind, "start", start)

    def going(self, is_going: Callable[[Any], bool]) -> list[str]:
        """A report on each that still goes."""
        found = []
        for reference, place in self._items:
            item = reference()
            if item is None or (isinstance(item, QThread | QTimer) and not shiboken6.isValid(item)):
                continue
            if is_going(item):
                found.append(f"{item!r}, started at\n{place}")
        return found


def settle() -> None:
    """Delete what waits to be deleted."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
    gc.collect()


def wait_until_none(report: Callable[[], list[str]]) -> list[str]:
    deadline = time.monotonic() + PATIENCE
    while (left := report()) and time.monotonic() < deadline:
        settle()
        time.sleep(0.01)
    return left


@pytest.fixture(autouse=True)
def nothing_left_running(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail when a thread or a timer that the test started outlives it, and say where it was started."""
    threads, pythons, timers = Started(), Started(), Started()
    threads.watch(monkeypatch, QThread)
    pythons.watch(monkeypatch, threading.Thread)
    timers.watch(monkeypatch, QTimer)
    yield
    settle()
    left = {
        "QThread": wait_until_none(lambda: threads.going(lambda thread: thread.isRunning())),
        "thread": wait_until_none(lambda: pythons.going(lambda thread: thread.is_alive())),
        # A timer that fires once ends by itself; it must not be left waiting for longer than a moment.
        "timer": wait_until_none(lambda: timers.going(lambda timer: timer.isActive())),
    }
    reports = [f"A {kind} is still going: {report}" for kind, found in left.items() for report in found]
    assert not reports, "\n\n".join(reports)


@pytest.fixture(autouse=True)
def no_errors_in_the_log(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail when something wrote an error into the log."""
    yield
    if request.node.get_closest_marker("logs_errors"):
        return
    errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors, "\n".join(f"{record.name}: {record.getMessage()}" for record in errors)


@pytest.fixture(params=["light", "dark"])
def any_theme(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Theme]:
    """A theme in each scheme."""
    made = Theme(qapp, request.param)
    yield made
    made.deleteLater()


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """A light theme."""
    made = Theme(qapp, "light")
    yield made
    made.deleteLater()


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[[Any], Any]:
    """Shows a widget, and closes it after the test."""

    def show(widget: Any) -> Any:
        qtbot.addWidget(widget)
        if widget.sizeHint().isValid():
            widget.resize(widget.sizeHint().expandedTo(widget.minimumSizeHint()))
        with qtbot.waitExposed(widget):
            widget.show()
        return widget

    return show
