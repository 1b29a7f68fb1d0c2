"""The finished runs: shown on the charts or not, named, taken back into the panels, deleted."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QPushButton, QTableView, QVBoxLayout, QWidget

from gdstudio.core.registry import registry
from gdstudio.gui.naming import named
from gdstudio.gui.runs import Run
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
_STATUS = {"finished": "Finished", "cancelled": "Stopped", "diverged": "Diverged"}
#: Scores shown as columns, in this order, where a run has them.
_SCORES = ("accuracy", "f1", "roc_auc", "r2", "mae", "rmse")
_SHORT = {"accuracy": "Accuracy", "f1": "F1", "roc_auc": "ROC AUC", "r2": "R²", "mae": "MAE", "rmse": "RMSE"}


class RunsModel(QAbstractTableModel):
    """One row a run, newest last."""

    def __init__(self, session: Session, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._runs: tuple[Run, ...] = ()
        self._columns: tuple[str, ...] = ()
        session.runs_changed.connect(self._refresh)
        self._refresh()

    def run_at(self, row: int) -> Run:
        """The run of a row."""
        return self._runs[row]

    @Slot()
    def _refresh(self) -> None:
        self.beginResetModel()
        self._runs = self._session.runs
        present = {name for run in self._runs for name in run.result.metrics.get("test") or {}}
        scores = tuple(name for name in _SCORES if name in present)
        self._columns = ("Run", "Data", "Model", "Optimizer", "Learning rate", "Steps", "Ended", *scores)
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Number of runs."""
        return 0 if parent and parent.isValid() else len(self._runs)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Settings, then scores of the test part."""
        return len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings; scores are those of the test part."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        name = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"Test {_SHORT[name]}" if name in _SHORT else name
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """The first column can be ticked and renamed."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == 0:
            flags |= Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Values with their exact form as tooltip."""
        run, column = self._runs[index.row()], self._columns[index.column()]
        value = self._value(run, column)
        number = isinstance(value, float | int)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            if value is None:
                return "–"
            return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if number else value
        if role == Qt.ItemDataRole.ToolTipRole:
            return run.result.message if column == "Ended" else repr(value) if number else value
        if role == Qt.ItemDataRole.TextAlignmentRole and (number or column in _SHORT):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if index.column() == 0 and role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if run.shown else Qt.CheckState.Unchecked
        if index.column() == 0 and role == Qt.ItemDataRole.DecorationRole:
            return QColor(self._theme.series_color(run.color))
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick or rename."""
        run = self._runs[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole:
            self._session.show_run(run.id, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and value != run.name:
            self._session.rename_run(run.id, str(value))
            return True
        return False

    def _value(self, run: Run, column: str) -> Any:
        spec = run.result.spec
        match column:
            case "Run":
                return run.name
            case "Data":
                return run.result.dataset.table.name
            case "Model":
                hidden = getattr(spec.model, "hidden", None)
                name = registry("models")[spec.model.kind].label
                return f"{name} {'–'.join(map(str, hidden))}" if hidden else name
            case "Optimizer":
                return registry("optimizers")[spec.optimizer.kind].label
            case "Learning rate":
                return float(spec.get("optimizer.lr"))
            case "Steps":
                return run.result.steps
            case "Ended":
                return _STATUS[run.result.status]
        return (run.result.metrics.get("test") or {}).get(column)


class RunsPanel(QWidget):
    """The list with what can be done to a run."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.runs")
        self._session = session
        self._model = RunsModel(session, theme, self)
        self._view = named(QTableView(), "runs", "Finished runs")
        self._view.setModel(self._model)
        self._view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self._view.verticalHeader().hide()
        self._view.setShowGrid(False)
        self._view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._use = named(
            QPushButton("Use these settings"), "runs.use", "Use these settings",
            "Take the run's settings back into the panels",
        )  # fmt: skip
        self._go_on = named(
            QPushButton("Go on"), "runs.go_on", "Go on with the run",
            "Train a stopped run to its end, or a finished one to the epochs of the Training panel; the numbers are "
            "those of a run that never stopped",
        )  # fmt: skip
        self._delete = named(
            QPushButton("Delete"), "runs.delete", "Delete the run", "Take the run off the list; Undo brings it back"
        )
        self._use.clicked.connect(self._use_settings)
        self._go_on.clicked.connect(self._go_on_with)
        self._delete.clicked.connect(self._delete_runs)
        buttons = QHBoxLayout()
        buttons.addWidget(self._use)
        buttons.addWidget(self._go_on)
        buttons.addWidget(self._delete)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        layout.addLayout(buttons)
        self._view.selectionModel().selectionChanged.connect(self._selected)
        self._model.modelReset.connect(self._selected)
        session.state_changed.connect(self._selected)
        self._selected()

    def _chosen(self) -> list[Run]:
        return [self._model.run_at(index.row()) for index in self._view.selectionModel().selectedRows()]

    @Slot()
    def _selected(self) -> None:
        chosen = self._chosen()
        self._use.setEnabled(len(chosen) == 1 and not self._session.busy)
        can_go_on = len(chosen) == 1 and not self._session.busy and chosen[0].result.checkpoint is not None
        self._go_on.setEnabled(can_go_on)
        self._delete.setEnabled(bool(chosen))

    @Slot()
    def _use_settings(self) -> None:
        self._session.use_settings_of(self._chosen()[0])

    @Slot()
    def _go_on_with(self) -> None:
        result = self._chosen()[0].result
        if result.checkpoint is not None:
            self._session.go_on_with(result.checkpoint, result.dataset.table)

    @Slot()
    def _delete_runs(self) -> None:
        for run in self._chosen():
            self._session.delete_run(run.id)
