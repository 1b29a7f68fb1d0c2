"""The finished runs: shown on the charts or not, named, taken back into the panels, deleted."""

from __future__ import annotations

from PySide6.QtCore import QSortFilterProxyModel, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QPushButton, QTableView, QVBoxLayout, QWidget

from gdstudio.gui.naming import named
from gdstudio.gui.run_table import VALUE_ROLE, RunsModel
from gdstudio.gui.runs import Run
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme


class RunsPanel(QWidget):
    """The list with what can be done to a run.

    Signals:
        compare_wanted(first, second): Two runs, by their numbers, are to be seen beside each other.
        reproduce_wanted(run): It is to be trained again and compared; with None, that is to be given up.
    """

    compare_wanted = Signal(int, int)
    reproduce_wanted = Signal(object)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.runs")
        self._session = session
        self._reproducing = False
        self._model = RunsModel(session, theme, self)
        self._view = named(QTableView(), "runs", "Finished runs")
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(VALUE_ROLE)
        self._view.setModel(self._sorted)
        self._view.setSortingEnabled(True)
        self._view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)  # in the order in which they ended, until a click
        self._view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self._view.verticalHeader().hide()
        self._view.setShowGrid(False)
        self._view.horizontalHeader().setResizeContentsPrecision(0)  # what can be seen decides
        self._use = named(
            QPushButton("Use these settings"), "runs.use", "Use these settings",
            "Take the run's settings back into the panels",
        )  # fmt: skip
        self._go_on = named(
            QPushButton("Go on"), "runs.go_on", "Go on with the run",
            "Train a stopped run to its end, or a finished one to the epochs of the Training panel; the numbers are "
            "those of a run that never stopped",
        )  # fmt: skip
        self._reproduce = named(
            QPushButton("Reproduce"), "runs.reproduce", "Reproduce the run",
            "Train the run again and say whether every number comes out the same, or what differs first and why",
        )  # fmt: skip
        self._delete = named(
            QPushButton("Delete"),
            "runs.delete",
            "Delete the run",
            "Take the chosen runs off the list; Undo brings them back",
        )
        self._compare = named(
            QPushButton("Compare"), "runs.compare", "Compare two runs",
            "Show the scores of two selected runs beside each other, and whether they differ by more than chance",
        )  # fmt: skip
        self._compare.clicked.connect(self._compare_runs)
        self._use.clicked.connect(self._use_settings)
        self._go_on.clicked.connect(self._go_on_with)
        self._reproduce.clicked.connect(
            lambda: self.reproduce_wanted.emit(None if self._reproducing else self._chosen()[0])
        )
        self._delete.clicked.connect(self._delete_runs)
        buttons = QHBoxLayout()
        buttons.addWidget(self._use)
        buttons.addWidget(self._go_on)
        buttons.addWidget(self._compare)
        buttons.addWidget(self._reproduce)
        buttons.addWidget(self._delete)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        layout.addLayout(buttons)
        self._view.selectionModel().selectionChanged.connect(self._selected)
        self._sorted.modelReset.connect(self._selected)
        session.state_changed.connect(self._selected)
        self._selected()

    def showEvent(self, event: QShowEvent) -> None:
        """Give the columns the width of what is in them; while nobody sees them, every row would be asked for its."""
        super().showEvent(event)
        self._view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the columns as they are."""
        super().hideEvent(event)
        self._view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    def _chosen(self) -> list[Run]:
        rows = self._view.selectionModel().selectedRows()
        return [self._model.run_at(self._sorted.mapToSource(index).row()) for index in rows]

    @Slot()
    def _selected(self) -> None:
        chosen = self._chosen()
        self._use.setEnabled(len(chosen) == 1 and not self._session.busy)
        can_go_on = len(chosen) == 1 and not self._session.busy and chosen[0].result.checkpoint is not None
        self._go_on.setEnabled(can_go_on)
        self._compare.setEnabled(len(chosen) == 2)
        self._reproduce.setEnabled(self._reproducing or (len(chosen) == 1 and not self._session.busy))
        self._delete.setEnabled(bool(chosen))

    @Slot(bool)
    def show_reproducing(self, going: bool) -> None:
        """Offer to give up while a run is trained again."""
        self._reproducing = going
        self._reproduce.setText("Give up" if going else "Reproduce")
        self._selected()

    @Slot()
    def _use_settings(self) -> None:
        self._session.use_settings_of(self._chosen()[0])

    @Slot()
    def _go_on_with(self) -> None:
        result = self._chosen()[0].result
        if result.checkpoint is not None:
            self._session.go_on_with(result.checkpoint, result.dataset.table)

    @Slot()
    def _compare_runs(self) -> None:
        first, second = sorted(run.id for run in self._chosen())
        self.compare_wanted.emit(first, second)

    @Slot()
    def _delete_runs(self) -> None:
        self._session.delete_run(*(run.id for run in self._chosen()))
