"""Where a window's run leaves its checkpoints while it goes, and what windows that were killed have left there."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile

if TYPE_CHECKING:
    from gdstudio.data.table import Table
    from gdstudio.training.checkpoint import Checkpoint

log = logging.getLogger(__name__)


class UnfinishedRuns:
    """A folder of run folders, each locked by the window that writes it.

    A folder whose lock nobody holds was left by a window that did not end: its run can be gone on with.

    Args:
        folder: Made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: QLockFile | None = None
        self._mine: Path | None = None

    def claim(self) -> Path | None:
        """A folder for the next run; None where nothing can be written: a run is worth more than its checkpoint."""
        if self._mine is not None:
            return self._mine
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.warning("Runs cannot be kept for a crash: %s", error)
            return None
        number = 1
        while (run := self._folder / f"run-{number}").exists() or not self._take(run):
            if number > 1_000 or not self._folder.is_dir():
                return None
            number += 1
        return run

    def adopt(self, run: Path) -> None:
        """Take over what another window left; nothing happens with any other folder."""
        if run.parent == self._folder and run != self._mine:
            self.done()
            self._take(run)

    def done(self) -> None:
        """The run has ended as it should: what it left is not needed."""
        if self._mine is not None and self._lock is not None:
            shutil.rmtree(self._mine, ignore_errors=True)
            self._lock.unlock()
        self._mine = self._lock = None

    def discard(self, run: Path) -> None:
        """Delete what a window that is gone has left; nothing happens with any other folder."""
        lock = _lock_of(run)
        if run.parent == self._folder and lock.tryLock(0):
            shutil.rmtree(run, ignore_errors=True)
            lock.unlock()

    def left(self) -> Path | None:
        """The newest run that a window which is gone has left; None where there is none."""
        found = [run for run in self._folder.glob("run-*") if (run / "checkpoint" / "checkpoint.json").is_file()]
        for run in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True):
            lock = _lock_of(run)
            if lock.tryLock(0):
                lock.unlock()
                return run
        return None

    def _take(self, run: Path) -> bool:
        lock = _lock_of(run)
        if not lock.tryLock(0):
            return False
        self._lock, self._mine = lock, run
        return True


def stopped_run(folder: Path) -> tuple[Checkpoint, Table]:
    """What a run folder's run goes on from, and its table, read again; for a background job.

    Raises:
        StudioError: There is no checkpoint, it is damaged, or the data cannot be read.
    """
    from gdstudio.data.load import load_table
    from gdstudio.training.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(folder)
    return checkpoint, load_table(checkpoint.spec.data.source)


def _lock_of(run: Path) -> QLockFile:
    """Beside the folder, which holds a run's files alone."""
    lock = QLockFile(str(run.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # held for as long as its process lives
    return lock
