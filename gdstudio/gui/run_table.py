"""The list of finished runs as a model: what they were, in which settings they differ, how they scored."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QColor

from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec, differences
from gdstudio.gui.runs import Run
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme, blend

_Index = QModelIndex | QPersistentModelIndex
_STATUS = {"finished": "Finished", "cancelled": "Stopped", "diverged": "Diverged"}
#: Scores shown as columns, in this order, where a run has them.
_SCORES = ("accuracy", "f1", "roc_auc", "r2", "mae", "rmse")
_SHORT = {"accuracy": "Accuracy", "f1": "F1", "roc_auc": "ROC AUC", "r2": "R²", "mae": "MAE", "rmse": "RMSE"}


#: Settings that have columns of their own, by the start of their paths, or that say nothing of how a run was set up.
_SHOWN = ("data.source", "data.columns", "model.kind", "model.hidden", "optimizer.kind", "optimizer.lr")
_MOST_DIFFERING = 8
_OVER_SEEDS = "Over seeds"
#: Gives the value itself, for sorting.
VALUE_ROLE = Qt.ItemDataRole.UserRole


class RunsModel(QAbstractTableModel):
    """One row a run, newest last; every setting in which the runs differ has a column, and stands out."""

    def __init__(self, session: Session, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._runs: tuple[Run, ...] = ()
        self._columns: tuple[str, ...] = ()
        self._differing: tuple[str, ...] = ()
        self._standing_out: set[str] = set()
        self._spreads: dict[int, tuple[str, str]] = {}
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
        self._spreads = self._seed_spreads(scores[0]) if scores else {}
        over = (_OVER_SEEDS,) if self._spreads else ()
        self._differing = _differing([run.result.spec for run in self._runs])
        usual = ("Run", "Data", "Model", "Optimizer", "Learning rate")
        self._columns = (*usual, *self._differing, "Steps", "Ended", *scores, *over)
        # A column in which all runs are the same tells nothing about why their scores are not.
        self._standing_out = {
            name
            for name in self._columns[1 : len(usual) + len(self._differing)]
            if len({str(self._value(run, name)) for run in self._runs}) > 1
        }
        self.endResetModel()

    def _seed_spreads(self, score: str) -> dict[int, tuple[str, str]]:
        """Run → mean and spread of a score over the runs that differ from it only in their seed, and who they are."""
        from gdstudio.training.comparison import seed_groups, spread

        found = {}
        for places in seed_groups([run.result for run in self._runs]):
            over = spread([self._runs[place].result for place in places], score)
            if over is not None:
                text = f"{_SHORT[score]} {over.mean:.4g} ± {over.deviation:.2g} ({over.n} seeds)"
                names = ", ".join(self._runs[place].name for place in places)
                who = f"{names}: mean and standard deviation of the test {_SHORT[score]}; only the seed differs"
                found.update({self._runs[place].id: (text, who) for place in places})
        return found

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
            if name in self._differing:
                group, leaf = name.split(".")[-2:]
                return (group if leaf == "kind" else leaf).replace("_", " ").capitalize()
            return f"Test {_SHORT[name]}" if name in _SHORT else name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{name}: the runs differ in it" if name in self._standing_out else name
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
            if isinstance(value, bool):
                return "yes" if value else "no"
            return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if number else str(value)
        if role == VALUE_ROLE:
            return value
        if role == Qt.ItemDataRole.BackgroundRole and column in self._standing_out:
            return blend(self._theme.color("accent"), self._theme.color("raised"), 0.86)
        if role == Qt.ItemDataRole.ToolTipRole:
            if column == _OVER_SEEDS:
                return self._spreads.get(run.id, ("", "No other run differs only in its seed"))[1]
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
        if column == _OVER_SEEDS:
            return self._spreads.get(run.id, (None, ""))[0]
        if column in self._differing:
            return _leaf(spec, column)
        return (run.result.metrics.get("test") or {}).get(column)


def _differing(specs: list[ExperimentSpec]) -> tuple[str, ...]:
    """The paths in which any run differs from the first, without those that the list shows anyway.

    A setting that only one of two optimizers has is no difference of its own.
    """
    found = {
        path
        for spec in specs[1:]
        for path, values in differences(specs[0], spec).items()
        if None not in values and not path.startswith(_SHOWN)
    }
    return tuple(sorted(found - {"training.lr_changes"})[:_MOST_DIFFERING])


def _leaf(spec: ExperimentSpec, path: str) -> Any:
    """The value at a path; None where a run of another kind has no such setting."""
    value: Any = spec.model_dump(mode="json")
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
