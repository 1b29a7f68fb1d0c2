"""One-shot work in the background: with progress, with cancel, and never a late word after it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError

log = logging.getLogger(__name__)

#: Gets the job, to report progress to it and to look whether it was cancelled.
Work = Callable[["Job"], Any]


class _Thread(QThread):
    """Runs one function; what it returns or raises leaves through signals."""

    returned = Signal(object)
    raised = Signal(object)

    def __init__(self, work: Work, job: Job) -> None:
        super().__init__()
        self.setObjectName("job")
        self._work = work
        self._job = job

    def run(self) -> None:
        """Work. An exception of any kind becomes a signal, since one that left here would end the process."""
        try:
            result = self._work(self._job)
        except Exception as error:
            if not isinstance(error, StudioError) and not self._job.cancelled:
                log.exception("A background job failed")
            self.raised.emit(error)
        else:
            self.returned.emit(result)


class Job(QObject):
    """A piece of work that is going or has ended.

    Lives in the window's thread; :meth:`report` and :attr:`cancelled` are for the work itself, from its own thread.

    Signals:
        progressed(share, text): How far the work is, 0 … 1 (below 0: unknown), and what it does.
        finished: It has ended, in whatever way; it never says anything after that.
    """

    progressed = Signal(float, str)
    finished = Signal()
    _reported = Signal(float, str)

    def __init__(
        self,
        work: Work,
        *,
        on_done: Callable[[Any], object] | None = None,
        on_failed: Callable[[Exception], object] | None = None,
        on_progress: Callable[[float, str], object] | None = None,
        control: RunControl | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._control = control
        self._on_done, self._on_failed, self._on_progress = on_done, on_failed, on_progress
        self._stop = threading.Event()
        self._thread = _Thread(work, self)
        # Bound methods of a QObject of this thread: Qt then delivers here, not in the worker.
        self._thread.returned.connect(self._returned)
        self._thread.raised.connect(self._raised)
        self._thread.finished.connect(self._ended)
        self._reported.connect(self._progressed)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask the work to end, and hear nothing more of it: neither result nor failure nor progress."""
        self._stop.set()
        if self._control is not None:
            self._control.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether the work should end. May be read from any thread."""
        return self._stop.is_set()

    @property
    def running(self) -> bool:
        """Whether the thread still works; a cancelled job may for a while."""
        return self._thread.isRunning()

    def report(self, share: float, text: str = "") -> None:
        """Say how far the work is, 0 … 1, from its own thread; below 0 where that is unknown."""
        self._reported.emit(share, text)

    def wait(self) -> None:
        """Block until the thread has ended."""
        self._thread.wait()

    @Slot(float, str)
    def _progressed(self, share: float, text: str) -> None:
        if self.cancelled:
            return
        self.progressed.emit(share, text)
        if self._on_progress is not None:
            self._on_progress(share, text)

    @Slot(object)
    def _returned(self, result: object) -> None:
        if not self.cancelled and self._on_done is not None:
            self._on_done(result)

    @Slot(object)
    def _raised(self, error: Exception) -> None:
        if not self.cancelled and self._on_failed is not None:
            self._on_failed(error)

    @Slot()
    def _ended(self) -> None:
        # finished() comes just before the thread is gone, and a QThread destroyed while running aborts the process.
        self._thread.wait()
        self.finished.emit()


class Jobs(QObject):
    """Keeps the jobs that are going alive, and ends them all when the program does."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._going: list[Job] = []
        self._closed = False

    def run(
        self,
        work: Work,
        *,
        on_done: Callable[[Any], object] | None = None,
        on_failed: Callable[[Exception], object] | None = None,
        on_progress: Callable[[float, str], object] | None = None,
        control: RunControl | None = None,
    ) -> Job:
        """Run ``work(job)`` in a thread of its own.

        Args:
            work: Calls ``job.report(share, text)`` now and then, and ends early when ``job.cancelled``.
            on_done: Gets what it returned, in the window's thread.
            on_failed: Gets what it raised, in the window's thread; a StudioError is meant for the person.
            on_progress: Gets share and text, in the window's thread.
            control: Of a run inside the work: it is cancelled along with the job, and so ends between two steps.

        Returns:
            The job, to cancel it with. After a cancel none of the three is called any more.
        """
        if self._closed:
            raise RuntimeError("jobs were shut down")
        job = Job(work, on_done=on_done, on_failed=on_failed, on_progress=on_progress, control=control, parent=self)
        self._going.append(job)
        job.finished.connect(self._forget)
        job.start()
        return job

    @property
    def closed(self) -> bool:
        """Whether the window is closing, so that nothing more is begun."""
        return self._closed

    @property
    def busy(self) -> bool:
        """Whether any thread still works."""
        return any(job.running for job in self._going)

    def shutdown(self) -> None:
        """Cancel everything and wait for it; may be called more than once. Nothing is ever killed."""
        self._closed = True
        for job in self._going:
            job.cancel()
        for job in self._going:
            job.wait()
        self._going.clear()

    @Slot()
    def _forget(self) -> None:
        job = self.sender()
        if isinstance(job, Job) and job in self._going:
            self._going.remove(job)
            job.deleteLater()
