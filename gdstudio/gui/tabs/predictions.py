"""What a run predicts, row by row: filtered, sorted, searched, saved, and for the rows of another file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.gui.dialogs.save_rows import SaveRowsDialog
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.tables.predictions import PredictionsView, Sorting, order_of, write_rows
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.messages import Banner, EmptyState
from gdstudio.gui.widgets.row_bar import RowBar, row_button

if TYPE_CHECKING:
    import pandas as pd

    from gdstudio.evaluation.prediction_rows import Filter
    from gdstudio.evaluation.predictions import Predictions
    from gdstudio.training.result import RunResult

_FILE = "file"


class PredictionsTab(QWidget):
    """Rows of a part, or of a file, with what the last run says about them.

    Signals:
        row_chosen(row): A row of the source was selected.
        data_wanted(row): It is to be seen in the table.
        explain_wanted(part, row): A row of a part is to be explained.
    """

    row_chosen = Signal(int)
    data_wanted = Signal(int)
    explain_wanted = Signal(str, int)

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.predictions")
        self._session, self._theme, self._jobs = session, theme, jobs
        self._result: RunResult | None = None
        self._predictions: Predictions | None = None
        self._frame: pd.DataFrame | None = None
        self._file: tuple[Path, Any] | None = None
        self._only: np.ndarray | None = None
        self._sorting: Sorting = None
        self._job: Job | None = None
        self._ordering: Job | None = None
        self._writing: Job | None = None
        sentence = "After a run, every row is listed here with its target, its prediction and what it misses by."
        self._empty = EmptyState(theme, "table-search", sentence, "Start", name="predictions.start")
        self._empty.triggered.connect(session.start)
        self.view = named(PredictionsView(theme), "predictions.table", "Predictions")
        self._page = self._make_page()
        layout = QVBoxLayout(self)
        layout.addWidget(self._empty)
        layout.addWidget(self._page)
        self._page.hide()
        session.runs_changed.connect(self.refresh)

    # -- layout ----------------------------------------------------------------------------------------

    def _make_page(self) -> QWidget:
        self._bar = RowBar(self._theme)
        self._bar.part_chosen.connect(self._part_chosen)
        self._bar.wish_changed.connect(self._reorder)
        self._bar.file_wanted.connect(self._ask_file)
        self._bar.save_wanted.connect(self._ask_save)
        self._data = row_button(self._theme, "data", self._open_data)
        self._explain = row_button(self._theme, "explain", self._open_explain)
        self._count = named(QLabel(), "predictions.count", "Number of rows")
        self._count.setProperty("role", "muted")
        self._count.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        below = QHBoxLayout()
        below.addWidget(self._count, 1)
        for shown in (self._data, self._explain):
            shown.setEnabled(False)
            below.addWidget(shown)
        # Rows from elsewhere, e.g. from a cell of a confusion matrix, and what was noted of a file.
        self._given = Banner(self._theme)
        self._given.setObjectName("predictions.given")
        self._given.closed.connect(self._forget_given)
        self._given.triggered.connect(self._show_all)
        self._notes = Banner(self._theme)
        self._notes.setObjectName("predictions.notes")
        self.view.sort_wanted.connect(self._sort)
        self.view.row_opened.connect(lambda row: self._open_explain())
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._bar)
        layout.addWidget(self._given)
        layout.addWidget(self._notes)
        layout.addWidget(self.view, 1)
        layout.addLayout(below)
        return page

    # -- what is shown ---------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether rows are being made ready, ordered or written."""
        return self._bar.typing or any(j is not None for j in (self._job, self._ordering, self._writing))

    def showEvent(self, event: QShowEvent) -> None:
        """Make ready what is about to be seen."""
        super().showEvent(event)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """List the newest result when the tab is visible."""
        result = self._session.result
        if result is None or result is self._result or not self.isVisible():
            return
        self._take(result)
        self._load_part()

    def _take(self, result: RunResult) -> None:
        """Another run: other parts, other filters, and no rows that were given for an older one."""
        self._result, self._file, self._only = result, None, None
        self._given.hide()
        self._notes.hide()
        self._empty.hide()
        self._page.show()
        self._bar.set_parts({key: len(found) for key, found in result.predictions.items()})

    def show_rows(self, rows: Iterable[int], why: str = "", part: str = "") -> None:
        """List only these rows, e.g. those behind a cell of a confusion matrix.

        Args:
            rows: 0-based rows of the source.
            why: What they have in common, e.g. ``"Target 8, predicted 9"``.
            part: Whose; the one that is listed where empty.
        """
        result = self._session.result
        if result is None:
            return
        if result is not self._result:
            self._take(result)
        if not self._bar.choose_part(part) and self._bar.part == _FILE:
            self._bar.choose_part("test")
        self._only = np.unique(np.fromiter(rows, dtype=np.int64))
        count = len(self._only)
        said = f"{why or 'Chosen rows'}: {count:,} {'row' if count == 1 else 'rows'}."
        self._given.show_message("info", said, action="Show all")
        self._bar.reset()
        self._load_part()

    @Slot()
    def _forget_given(self) -> None:
        self._only = None
        self._reorder()

    @Slot()
    def _show_all(self) -> None:
        self._given.hide()
        self._forget_given()

    @Slot()
    def _part_chosen(self) -> None:
        self._only = None
        self._given.hide()
        self._notes.setVisible(self._bar.part == _FILE and bool(self._notes.text))
        self._load_part()

    def _load_part(self) -> None:
        """Put the chosen part beside its rows, in the background."""
        result, part = self._result, self._bar.part
        if result is None or part is None:
            return
        if part == _FILE and self._file is not None:
            predictions, table = self._file[1].predictions, self._file[1].table.frame
        else:
            predictions, table = result.predictions[part], result.dataset.table.frame
        target = result.dataset.preparation.target
        self._bar.set_filters(classes=predictions.probabilities is not None, known=predictions.target is not None)

        def work(job: Job) -> tuple[Predictions, pd.DataFrame]:
            from gdstudio.evaluation.prediction_rows import rows_frame

            return predictions, rows_frame(predictions, table, target)

        if self._job is not None:
            self._job.cancel()
        self._count.setText("Putting the rows together…")
        self._job = self._jobs.run(work, on_done=self._loaded, on_failed=self._failed)

    @Slot(object)
    def _loaded(self, made: tuple[Predictions, pd.DataFrame]) -> None:
        from gdstudio.gui.tables.frame import FrameModel

        self._job = None
        self._predictions, self._frame = made
        self._sorting = None
        regression = self._predictions.probabilities is None
        headers = {
            "target": ("", "What the source says"),
            "prediction": ("", "What the model says"),
            "probability": ("", "How likely the model thinks its prediction is"),
            "error": (
                "",
                "Prediction − target" if regression else "What the probability of the right class lacks to 1",
            ),
        }
        self.view.set_model(FrameModel(self._frame, self._theme, headers))
        self.view.selectionModel().currentRowChanged.connect(self._row_changed)
        self._row_changed(QModelIndex(), QModelIndex())
        self._reorder()

    # -- filter, search, sort --------------------------------------------------------------------------

    @Slot(object)
    def _sort(self, how: Sorting) -> None:
        self._sorting = how
        self._reorder()

    @Slot()
    def _reorder(self) -> None:
        """Find which rows are shown, in the background; a newer wish takes the place of an older one."""
        frame, predictions = self._frame, self._predictions
        if frame is None or predictions is None or self._job is not None:
            return
        which, text, how = cast("Filter", self._bar.which), self._bar.text, self._sorting
        only = None if self._only is None else np.flatnonzero(np.isin(predictions.rows, self._only))
        if self._ordering is not None:
            self._ordering.cancel()
        if which == "all" and only is None and how is None and not text.strip():
            self._ordering = None
            self._ordered(None)
            return
        self._ordering = self._jobs.run(
            lambda job: order_of(
                frame, predictions, which=which, only=only, text=text, how=how, cancelled=lambda: job.cancelled
            ),
            on_done=self._ordered,
            on_failed=self._failed,
        )

    @Slot(object)
    def _ordered(self, places: np.ndarray | None) -> None:
        self._ordering = None
        model: Any = self.view.model()
        model.set_order(places)
        self.view.scrollToTop()
        self._row_changed(QModelIndex(), QModelIndex())
        shown, count = model.rowCount(), len(model.frame)
        said = f"{count:,} rows" if shown == count else f"{shown:,} of {count:,} rows"
        if not shown:
            said = "No row fits. Choose other rows, or search for something else."
        self._count.setText(said)
        self._bar.save.setEnabled(bool(shown))

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._job = self._ordering = self._writing = None
        self._bar.open.setEnabled(True)
        text = error.message if isinstance(error, StudioError) else f"The rows cannot be listed: {error}"
        self._notes.show_message("error", text, error.hint if isinstance(error, StudioError) else "")
        self._count.setText("")

    # -- one row ---------------------------------------------------------------------------------------

    @Slot(QModelIndex, QModelIndex)
    def _row_changed(self, current: QModelIndex, before: QModelIndex) -> None:
        of_run = current.isValid() and self._bar.part != _FILE
        # Another table may have been loaded since the run.
        there = of_run and self._result is not None and self._result.dataset.table is self._session.table
        self._explain.setEnabled(of_run)
        self._data.setEnabled(there)
        if there:
            self.row_chosen.emit(self._source_row(current.row()))

    def _source_row(self, row: int) -> int:
        model: Any = self.view.model()
        return int(model.frame.index[model.source_row(row)])

    @Slot()
    def _open_data(self) -> None:
        index = self.view.currentIndex()
        if index.isValid():
            self.data_wanted.emit(self._source_row(index.row()))

    @Slot()
    def _open_explain(self) -> None:
        index = self.view.currentIndex()
        if index.isValid() and self._bar.part != _FILE:
            self.explain_wanted.emit(self._bar.part, self._source_row(index.row()))

    # -- files -----------------------------------------------------------------------------------------

    @Slot()
    def _ask_file(self) -> None:
        endings = " ".join(f"*{e}" for entry in registry("readers").values() for e in entry.extensions)
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Predict the rows of a file", "", f"Tables ({endings} *.gz *.bz2 *.xz *.zip);;All files (*)"
        )
        if chosen:
            self.predict_file(Path(chosen))

    def predict_file(self, path: Path) -> None:
        """Predict the rows of another file in the background, and list them."""
        result = self._result
        if result is None or self._job is not None:
            return

        def work(job: Job) -> tuple[Path, Any]:
            from gdstudio.training.modules import loss_entry
            from gdstudio.training.prediction import predict_new

            data = result.dataset
            return path, predict_new(
                result.model, loss_entry(result.spec), data.preparation, data.spec.source, path,
                progress=job.report, cancelled=lambda: job.cancelled,
            )  # fmt: skip

        self._bar.open.setEnabled(False)
        self._count.setText(f"Reading {path.name}…")
        self._job = self._jobs.run(
            work,
            on_done=self._predicted,
            on_failed=self._failed,
            on_progress=lambda share, text: self._count.setText(f"Predicting {path.name}: {share:.0%}"),
        )

    @Slot(object)
    def _predicted(self, made: tuple[Path, Any]) -> None:
        self._job, self._file, self._only = None, made, None
        self._bar.open.setEnabled(True)
        self._given.hide()
        path, found = made
        self._bar.add_file(_FILE, path.name, len(found.predictions))
        said = f"{len(found.predictions):,} rows of {path.name} predicted."
        self._notes.show_message("warning" if found.notes else "success", " ".join([said, *found.notes]))
        self._load_part()

    @Slot()
    def _ask_save(self) -> None:
        model: Any = self.view.model()
        if model is None:
            return
        dialog = SaveRowsDialog(model.rowCount(), len(model.frame), self)
        dialog.chosen.connect(self.save_rows)
        dialog.open()

    @Slot(object, bool)
    def save_rows(self, path: Path, safe: bool = True) -> None:
        """Write the listed rows in their order, in the background."""
        model: Any = self.view.model()
        if model is None or self._writing is not None:
            return
        frame = model.frame
        places = np.arange(len(frame)) if model.order is None else model.order
        self._bar.save.setEnabled(False)
        self._writing = self._jobs.run(
            lambda job: write_rows(
                frame, places, path, safe=safe, progress=job.report, cancelled=lambda: job.cancelled
            ),
            on_done=lambda changed: self._saved(path, len(places), changed),
            on_failed=self._failed,
            on_progress=lambda share, text: self._count.setText(f"Writing {path.name}: {share:.0%}"),
        )

    def _saved(self, path: Path, count: int, changed: int) -> None:
        self._writing = None
        self._bar.save.setEnabled(True)
        said = f"{count:,} rows written to {path.name}"
        cells = f"{changed:,} {'text' if changed == 1 else 'texts'} got an apostrophe in front"
        self._count.setText(f"{said}; {cells}." if changed else f"{said}.")
