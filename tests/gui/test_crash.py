"""Errors that nobody foresaw: one dialog, whatever thread they come from, and the program goes on."""

from __future__ import annotations

import faulthandler
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gdstudio.gui.crash import CrashReports, show_fatal
from gdstudio.gui.dialogs.crash import CrashDialog
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.logs import HardCrashes
from gdstudio.gui.training_thread import TrainingThread

pytestmark = pytest.mark.logs_errors


class Speaker(QObject):
    """Has a slot that fails."""

    spoken = Signal()

    def fail(self) -> None:
        raise KeyError("in a slot")


class Careless:
    """Fails while it is thrown away."""

    def __del__(self) -> None:
        raise OSError("in a finalizer")


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[QWidget]:
    """A window whose unexpected errors are reported."""
    log_file = tmp_path / "gdstudio.log"
    log_file.write_text("the line before\n")
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    reports = CrashReports(made, lambda: "Two runs are still there.", log_file)
    reports.install()
    yield made
    reports.uninstall()


def dialog(window: QWidget, qtbot: QtBot) -> CrashDialog:
    qtbot.waitUntil(lambda: window.findChild(CrashDialog) is not None)
    found = window.findChildren(CrashDialog)
    assert len(found) == 1
    return found[0]


def button(parent: QWidget, name: str) -> QPushButton:
    found = parent.findChild(QPushButton, name)
    assert found is not None
    return found


def said(opened: CrashDialog) -> str:
    label = opened.findChild(QLabel, "crash.said")
    assert label is not None
    return label.text()


def test_one_dialog_counts_what_comes_from_slots_threads_jobs_and_finalizers(
    window: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports, speaker, jobs = window.findChild(CrashReports), Speaker(), Jobs(window)
    assert isinstance(reports, CrashReports)
    monkeypatch.setattr(sys, "excepthook", reports._raised)  # pytest-qt has put its own in place
    speaker.spoken.connect(speaker.fail)
    speaker.spoken.emit()
    opened = dialog(window, qtbot)
    assert "KeyError: 'in a slot'" in said(opened)
    QTimer.singleShot(0, speaker.fail)
    thread = threading.Thread(target=lambda: [][1], name="reader")
    thread.start()
    thread.join()
    jobs.run(lambda job: 1 / 0)
    Careless()
    qtbot.waitUntil(lambda: "4 more errors" in said(opened))
    assert window.findChildren(CrashDialog) == [opened]
    kept = opened.findChild(QLabel, "crash.kept")
    assert kept is not None
    assert kept.text() == "Two runs are still there."
    button(opened, "crash.copy").click()
    details = QApplication.clipboard().text()
    for words in ("in a slot", "IndexError", "in thread reader", "ZeroDivisionError", "in a finalizer", "PyTorch"):
        assert words in details
    assert details.count("KeyError: 'in a slot'") == 1
    assert "the line before" in details
    assert str(Path.home()) not in details


def test_an_error_that_comes_back_is_shown_once_and_another_one_again(window: QWidget, qtbot: QtBot) -> None:
    log = logging.getLogger("gdstudio.test")

    def fail(key: str) -> None:
        try:
            {}[key]
        except KeyError:
            log.exception("again")

    fail("a")
    first = dialog(window, qtbot)
    with qtbot.waitSignal(first.destroyed):
        button(first, "crash.continue").click()
    assert window.isVisible()
    fail("b")
    qtbot.wait(50)
    assert window.findChild(CrashDialog) is None
    logging.getLogger("another.library").error("of its own", exc_info=ValueError("x"))
    log.error("elsewhere", exc_info=ValueError("in another place"))
    second = dialog(window, qtbot)
    assert "in another place" in said(second)
    button(second, "crash.quit").click()
    assert not window.isVisible()


def test_an_unexpected_error_of_a_run_opens_it_too(
    window: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.load import load_table

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr("gdstudio.training.run.run_experiment", fail)
    spec = ExperimentSpec()
    thread = TrainingThread(spec, load_table(spec.data.source), window)
    with qtbot.waitSignal(thread.finished):
        thread.start()
    assert "shapes cannot be multiplied" in said(dialog(window, qtbot))
    thread.wait()


def test_ctrl_c_closes_the_window_and_reports_nothing(window: QWidget, qtbot: QtBot) -> None:
    reports = window.findChild(CrashReports)
    assert isinstance(reports, CrashReports)
    reports._raised(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert not window.isVisible()
    assert window.findChild(CrashDialog) is None


def test_what_fails_before_there_is_a_window_is_shown_too(qtbot: QtBot) -> None:
    seen: list[str] = []

    def leave() -> None:
        opened = QApplication.activeModalWidget()
        assert isinstance(opened, CrashDialog)
        seen.append(said(opened))
        assert opened.findChild(QPushButton, "crash.continue") is None
        assert not button(opened, "crash.log").isEnabled()
        button(opened, "crash.quit").click()

    QTimer.singleShot(0, leave)
    show_fatal(ValueError("no such font"), None)
    assert "no such font" in seen[0]


def test_a_hard_crash_is_told_of_at_the_next_start_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    code = (
        "import sys, faulthandler; from pathlib import Path; from gdstudio.gui.logs import HardCrashes; "
        "HardCrashes(Path(sys.argv[1])).watch(); faulthandler._sigabrt()"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True)
    assert done.returncode != 0
    crashes = HardCrashes(tmp_path)
    before = faulthandler.is_enabled()
    try:
        crashes.watch()
        assert crashes.earlier()
        assert "Abort" in caplog.text
        assert not crashes.earlier()
        assert len(list(tmp_path.iterdir())) == 1
        crashes.end()
        assert list(tmp_path.iterdir()) == []
    finally:
        faulthandler.enable(sys.__stderr__ or 2) if before else faulthandler.disable()


@pytest.mark.skipif(os.name == "nt", reason="a folder's rights are another matter there")
def test_a_folder_that_cannot_be_written_notes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    crashes = HardCrashes(tmp_path / "file")
    crashes.watch()
    assert not crashes.earlier()
    crashes.end()
