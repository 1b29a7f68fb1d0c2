from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QThread
from pytestqt.qtbot import QtBot

from gdstudio.core.errors import StudioError
from gdstudio.gui.jobs import Job, Jobs


def in_gui_thread() -> bool:
    """Whether the caller runs in the window's thread; Qt itself does not complain where it does not."""
    application = QCoreApplication.instance()
    assert application is not None
    return QThread.currentThread() == application.thread()


class Ear:
    """Hears of a job, and notes whether it hears in the window's thread."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, object]] = []
        self.threads: set[bool] = set()

    def hear(self, what: str, value: object) -> None:
        self.heard.append((what, value))
        self.threads.add(in_gui_thread())

    def done(self, value: object) -> None:
        self.hear("done", value)

    def failed(self, error: Exception) -> None:
        self.hear("failed", error)

    def progress(self, share: float, text: str) -> None:
        self.hear("progress", (share, text))


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.shutdown()


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_results_and_progress_arrive_in_order_and_in_the_window_thread(jobs: Jobs, ear: Ear, qtbot: QtBot) -> None:
    def work(job: Job) -> str:
        assert not in_gui_thread()
        job.report(0.5, "half")
        return "result"

    job = jobs.run(work, on_done=ear.done, on_failed=ear.failed, on_progress=ear.progress)
    qtbot.waitUntil(lambda: len(ear.heard) == 2)
    assert ear.heard == [("progress", (0.5, "half")), ("done", "result")]
    assert ear.threads == {True}
    qtbot.waitUntil(lambda: not jobs.busy)
    assert not job.cancelled


def test_a_studio_error_arrives_as_it_is(jobs: Jobs, ear: Ear, qtbot: QtBot) -> None:
    error = StudioError("The file is empty.", "Choose another.")

    def work(job: Job) -> None:
        raise error

    jobs.run(work, on_done=ear.done, on_failed=ear.failed)
    qtbot.waitUntil(lambda: bool(ear.heard))
    assert ear.heard == [("failed", error)]
    assert ear.threads == {True}


@pytest.mark.logs_errors
@pytest.mark.parametrize("kind", [RuntimeError, ValueError, MemoryError, KeyError])
def test_any_other_error_arrives_too_and_is_logged(
    jobs: Jobs, ear: Ear, qtbot: QtBot, caplog: pytest.LogCaptureFixture, kind: type[Exception]
) -> None:
    def work(job: Job) -> None:
        raise kind("unforeseen")

    jobs.run(work, on_failed=ear.failed)
    qtbot.waitUntil(lambda: bool(ear.heard))
    assert isinstance(ear.heard[0][1], kind)
    assert "A background job failed" in caplog.text
    again = Ear()
    jobs.run(lambda job: 1, on_done=again.done)
    qtbot.waitUntil(lambda: again.heard == [("done", 1)])


def test_a_cancelled_job_says_nothing_more(jobs: Jobs, ear: Ear, qtbot: QtBot) -> None:
    begun, seen = threading.Event(), threading.Event()

    def work(job: Job) -> str:
        job.report(0.1)
        begun.set()
        while not job.cancelled:
            time.sleep(0.001)
        seen.set()
        job.report(0.9)
        return "too late"

    job = jobs.run(work, on_done=ear.done, on_failed=ear.failed, on_progress=ear.progress)
    assert begun.wait(5)
    job.cancel()
    assert seen.wait(5)
    qtbot.waitUntil(lambda: not jobs.busy)
    qtbot.wait(50)
    assert ear.heard == []


def test_a_result_that_waits_to_be_delivered_is_not_delivered_after_a_cancel(
    jobs: Jobs, ear: Ear, qtbot: QtBot
) -> None:
    job = jobs.run(lambda job: "result", on_done=ear.done)
    job.wait()  # it has ended, and its signal waits in the queue
    job.cancel()
    qtbot.wait(50)
    assert ear.heard == []


def test_shutdown_cancels_and_joins_everything_and_can_be_repeated(ear: Ear, qtbot: QtBot) -> None:
    jobs = Jobs()

    def work(job: Job) -> None:
        while not job.cancelled:
            time.sleep(0.001)

    going = [jobs.run(work, on_done=ear.done) for _ in range(3)]
    assert jobs.busy
    jobs.shutdown()
    assert not any(job.running for job in going)
    jobs.shutdown()
    qtbot.wait(50)
    assert ear.heard == []
    with pytest.raises(RuntimeError, match="shut down"):
        jobs.run(work)


def test_ended_jobs_are_let_go(jobs: Jobs, qtbot: QtBot) -> None:
    for number in range(20):
        jobs.run(lambda job, n=number: n)
    qtbot.waitUntil(lambda: not jobs._going)
    qtbot.waitUntil(lambda: not jobs.findChildren(Job))
