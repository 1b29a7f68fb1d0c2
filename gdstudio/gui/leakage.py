"""Looks in the background whether a feature of the table gives the target away."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from gdstudio.core.spec import DataSpec, FileSource
from gdstudio.gui.jobs import Job, Jobs

#: What a person does in one go, e.g. choosing a target, is looked at once; and the first picture comes before.
_QUIET_MILLISECONDS = 800


class LeakageWatch(QObject):
    """Keeps the sentences about suspicious features of the table on screen.

    Signals:
        changed: :attr:`sentences` are others.
    """

    changed = Signal()

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.sentences: list[str] = []
        self._what: tuple[object, ...] = ()
        self._job: Job | None = None
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_QUIET_MILLISECONDS)
        self._wait.timeout.connect(self._begin)

    def look_at(self, spec: DataSpec, table: object) -> None:
        """Look at a table soon, unless it was the last one and is read in the same way.

        Args:
            spec: Resolved: every column has a type and a role.
            table: A :class:`gdstudio.data.table.Table`.
        """
        what = (table, spec.target, spec.positive_class, spec.columns)
        if self._what and self._what[0] is table and self._what[1:] == what[1:]:
            return
        self._what, self._spec, self._table = what, spec, table
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self.sentences:
            self.sentences = []
            self.changed.emit()
        # What comes with the program is known to be sound.
        self._wait.start() if isinstance(spec.source, FileSource) else self._wait.stop()

    @Slot()
    def _begin(self) -> None:
        spec, table = self._spec, self._table
        self._job = self._jobs.run(lambda job: _leakage(spec, table, job), on_done=self._found, on_failed=self._failed)

    @Slot(object)
    def _found(self, sentences: list[str]) -> None:
        self._job = None
        self.sentences = sentences
        self.changed.emit()

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        # A table that cannot be looked at says why where it is prepared.
        self._job = None


def _leakage(spec: DataSpec, table: object, job: Job) -> list[str]:
    from gdstudio.data.leakage import leakage

    return leakage(spec, table, cancelled=lambda: job.cancelled)  # type: ignore[arg-type]
