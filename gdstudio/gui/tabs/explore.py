"""A look at the columns before anything is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QModelIndex, Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QSplitter, QTableView, QVBoxLayout, QWidget

from gdstudio.core.errors import StudioError
from gdstudio.gui.charts.correlation import CorrelationChart
from gdstudio.gui.charts.distribution import DistributionChart
from gdstudio.gui.columns import ROLE_LABELS, TYPE_LABELS
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

    from gdstudio.core.spec import DataSpec
    from gdstudio.data.explore import Exploration

_STATISTICS = ("mean", "deviation", "minimum", "lower quartile", "median", "upper quartile", "maximum")


class Explore(QWidget):
    """Columns with their statistics; the chosen one drawn by the target; correlations; what is suspicious.

    Computed in the background, when it is looked at and the data or their columns are others.
    """

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("explore")
        self._session, self._theme, self._jobs = session, theme, jobs
        self._job: Job | None = None
        self._seen: tuple[object, object] | None = None
        self._found: Exploration | None = None
        self._notes = named(QLabel(wordWrap=True), "explore.notes", "What was found")
        self._notes.setTextFormat(Qt.TextFormat.PlainText)
        notes = QScrollArea(widgetResizable=True)
        notes.setFrameShape(QScrollArea.Shape.NoFrame)
        notes.setWidget(self._notes)
        notes.setMaximumHeight(round(6.5 * theme.em))
        self._table = named(TableView(theme), "explore.columns", "Columns with their statistics")
        self._table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self._chart = DistributionChart(theme, name="explore.distribution")
        self._correlation = CorrelationChart(theme, name="explore.correlation")
        charts = QSplitter(Qt.Orientation.Horizontal)
        charts.addWidget(self._chart)
        charts.addWidget(self._correlation)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(charts)
        halves.addWidget(self._table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(notes)
        layout.addWidget(halves, 1)
        session.table_changed.connect(self._follow)
        session.spec_changed.connect(self._follow)

    @property
    def busy(self) -> bool:
        """Whether something is being computed."""
        return self._job is not None

    def showEvent(self, event: QShowEvent) -> None:
        """Compute what is about to be seen."""
        super().showEvent(event)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        session = self._session
        dataset = session.dataset
        if not self.isVisible() or dataset is None or session.data_problem is not None:
            return
        spec, table = dataset.spec, dataset.table
        # Shares of the split and the like change nothing here.
        what = (table, (spec.target, spec.positive_class, str(spec.columns)))
        if self._seen is not None and self._seen[0] is table and self._seen[1] == what[1]:
            return
        self._seen = what
        if self._job is not None:
            self._job.cancel()
        self._notes.setText("Looking at the columns…")
        self._job = self._jobs.run(lambda job: _explore(spec, table, job), on_done=self._show, on_failed=self._fail)

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        self._job = None
        self._notes.setText(str(error) if isinstance(error, StudioError) else f"This table cannot be explored: {error}")

    @Slot(object)
    def _show(self, made: tuple[Exploration, pd.DataFrame]) -> None:
        from gdstudio.gui.tables.frame import FrameModel

        self._job = None
        found, frame = made
        self._found = found
        balance = ""
        if len(found.groups) > 1 and found.balance.sum():
            shares = found.balance / found.balance.sum()
            pairs = zip(found.groups, found.balance, shares, strict=True)
            balance = "; ".join(f"{name} {count:,} ({share:.0%})" for name, count, share in pairs)
        lines = [f"Rows by '{found.target}': {balance}."] if balance else []
        self._notes.setText("\n".join([*lines, *found.notes]))
        self._correlation.set_matrix(found.correlated, found.correlation)
        self._table.set_model(FrameModel(frame, self._theme))
        self._table.verticalHeader().hide()
        self._table.selectionModel().currentRowChanged.connect(self._choose)
        first = next((i for i, column in enumerate(found.columns) if column.role == "feature"), 0)
        self._table.selectRow(first)

    @Slot(QModelIndex, QModelIndex)
    def _choose(self, current: QModelIndex, before: QModelIndex) -> None:
        model = self._table.model()
        if self._found is None or not current.isValid():
            return
        column = self._found.columns[model.source_row(current.row())]
        # The mark keeps a name in Arabic letters at its chart, not at the one to the right.
        self._chart.set_title(f"\u200e{column.name if len(column.name) < 60 else f'{column.name[:59]}…'}")
        if len(column.edges):
            self._chart.set_histogram(column.edges, column.counts, self._found.groups)
        elif column.bars:
            self._chart.set_bars(column.bars, column.counts, self._found.groups)
        else:
            self._chart.clear("Columns of this type are not drawn.")


def _explore(spec: DataSpec, table: object, job: Job) -> tuple[Exploration, pd.DataFrame]:
    """The exploration, and its columns as a frame for the table."""
    import pandas as pd

    from gdstudio.data.explore import explore

    found = explore(spec, table, progress=job.report, cancelled=lambda: job.cancelled)  # type: ignore[arg-type]
    columns = found.columns
    frame = pd.DataFrame(
        {
            "column": [c.name for c in columns],
            "use": [ROLE_LABELS[c.role] for c in columns],
            "type": [TYPE_LABELS[c.type] for c in columns],
            "missing %": [100 * c.missing for c in columns],
            "different": [c.distinct for c in columns],
            "predicts alone": [np.nan if c.alone is None else c.alone for c in columns],
            **{name: [c.statistics.get(name, np.nan) for c in columns] for name in _STATISTICS},
        }
    )
    return found, frame
