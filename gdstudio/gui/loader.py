"""Reading and preparing tables in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from gdstudio.core.registry import Settings, registry
from gdstudio.core.spec import ColumnSpec, DataSpec
from gdstudio.gui.jobs import Job, Jobs

if TYPE_CHECKING:
    from gdstudio.data.dataset import Dataset
    from gdstudio.data.table import Table


class TableLoader(QObject):
    """One read and one preparation at a time; a newer one takes the place of one that is going.

    Signals:
        loaded(table, columns), load_failed(error): A read has ended; ``columns`` is what was said of columns before.
        prepared(dataset, losses), prepare_failed(error): A preparation has ended; ``losses`` are the settings of
            the losses that fit the target by their key, the usual one first.
        loading_changed(bool): A read has begun or ended.
        progressed(share): So much of it is read, 0 … 1.
    """

    loaded = Signal(object, object)
    load_failed = Signal(object)
    prepared = Signal(object, object)
    prepare_failed = Signal(object)
    loading_changed = Signal(bool)
    progressed = Signal(float)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._load: Job | None = None
        self._columns: Mapping[str, ColumnSpec] = {}
        self._preparation: Job | None = None

    @property
    def loading(self) -> bool:
        """Whether a table is being read."""
        return self._load is not None

    @property
    def busy(self) -> bool:
        """Whether a table is being read or prepared."""
        return self._load is not None or self._preparation is not None

    def load(self, source: Settings, columns: Mapping[str, ColumnSpec] | None = None) -> None:
        """Read a file or a sample; ``columns`` is what is known of its columns, the rest is guessed."""
        self.cancel()
        self._columns = columns or {}
        self._load = self._jobs.run(
            lambda job: _load(source, job),
            on_done=self._loaded,
            on_failed=self._not_loaded,
            on_progress=lambda share, text: self.progressed.emit(share),
        )
        self.loading_changed.emit(True)

    def cancel(self) -> None:
        """Give up the read that is going."""
        if self._load is not None:
            self._load.cancel()
            self._end_load()

    def prepare(self, spec: DataSpec, table: Table) -> None:
        """Split a table and turn it into numbers."""
        if self._preparation is not None:
            self._preparation.cancel()
        self._preparation = self._jobs.run(
            lambda job: _prepare(spec, table), on_done=self._prepared, on_failed=self._not_prepared
        )

    def forget(self) -> None:
        """Give up the preparation that is going: there is no table any more."""
        if self._preparation is not None:
            self._preparation.cancel()
            self._preparation = None

    @Slot(object)
    def _loaded(self, table: Table) -> None:
        self._end_load()
        # Only the whole file says for certain which columns it has.
        known = {c.name: self._columns[c.name] for c in table.columns if c.name in self._columns}
        self.loaded.emit(table, known)

    @Slot(object)
    def _not_loaded(self, error: Exception) -> None:
        self._end_load()
        self.load_failed.emit(error)

    def _end_load(self) -> None:
        self._load = None
        self.loading_changed.emit(False)

    @Slot(object)
    def _prepared(self, made: tuple[Dataset, dict[str, Settings]]) -> None:
        self._preparation = None
        self.prepared.emit(*made)

    @Slot(object)
    def _not_prepared(self, error: Exception) -> None:
        self._preparation = None
        self.prepare_failed.emit(error)


def _load(source: Settings, job: Job) -> Table:
    from gdstudio.data.load import load_table

    return load_table(source, progress=job.report, cancelled=lambda: job.cancelled)


def _prepare(spec: DataSpec, table: Table) -> tuple[Dataset, dict[str, Settings]]:
    from gdstudio.data.dataset import prepare

    dataset = prepare(spec, table)
    fitting = [e for e in registry("losses").values() if dataset.task in e.tasks]
    fitting.sort(key=lambda e: dataset.task not in e.default_for)
    return dataset, {e.key: e.settings(kind=e.key) for e in fitting}
