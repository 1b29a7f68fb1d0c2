"""Scores by part, and by class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from gdstudio.core.registry import registry
from gdstudio.evaluation.entry import ScoreEntry

_Index = QModelIndex | QPersistentModelIndex
_PARTS = {"train": "Train", "validation": "Validation", "test": "Test"}
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ScoresModel(QAbstractTableModel):
    """One row a score, one column a part; each says what it is and what it is for when hovered."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._metrics: Mapping[str, Any] = {}
        self._scores: list[ScoreEntry] = []
        self._parts: list[str] = []

    def show_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Draw what metrics.json holds."""
        self.beginResetModel()
        self._metrics = metrics
        self._parts = [part for part in _PARTS if metrics.get(part)]
        present = {name for part in self._parts for name in metrics[part]}
        self._scores = [cast(ScoreEntry, entry) for key, entry in registry("scores").items() if key in present]
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """The scores, and the number of rows."""
        return 0 if (parent and parent.isValid()) or not self._parts else len(self._scores) + 1

    def columnCount(self, parent: _Index | None = None) -> int:
        """The parts that have rows."""
        return len(self._parts)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Parts above, scores at the side with their definition."""
        if orientation == Qt.Orientation.Horizontal:
            return _PARTS[self._parts[section]] if role == Qt.ItemDataRole.DisplayRole else None
        last = section == len(self._scores)
        if role == Qt.ItemDataRole.DisplayRole:
            return "Rows" if last else self._scores[section].label
        if role == Qt.ItemDataRole.ToolTipRole and not last:
            return _explain(self._scores[section])
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Four digits; every digit when hovered; why there is no value where there is none."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT
        scores = self._metrics[self._parts[index.column()]]
        if index.row() == len(self._scores):
            return f"{scores['n']:,}" if role == Qt.ItemDataRole.DisplayRole else None
        entry = self._scores[index.row()]
        value = scores.get(entry.key)
        if role == Qt.ItemDataRole.DisplayRole:
            return "not defined" if value is None else f"{value:.4g}"
        if role == Qt.ItemDataRole.ToolTipRole:
            exact = f"Not defined: {scores['undefined'].get(entry.key, '')}" if value is None else repr(value)
            return f"<p>{exact}</p>{_explain(entry)}"
        return None


class ClassScoresModel(QAbstractTableModel):
    """One row a class, then the averages: precision, recall, F1 and the number of rows."""

    _COLUMNS = ("precision", "recall", "f1", "support")
    _LABELS = ("Precision", "Recall", "F1", "Rows")

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[str, Mapping[str, Any]]] = []

    def show_scores(self, scores: Mapping[str, Any]) -> None:
        """Draw one part's scores."""
        self.beginResetModel()
        self._rows = list(scores.get("per_class", {}).items())
        if self._rows:
            self._rows += [("Macro mean", scores["macro"]), ("Weighted mean", scores["weighted"])]
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Classes and two averages."""
        return 0 if parent and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Precision, recall, F1, rows."""
        return len(self._COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Statistics above, classes at the side."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.ToolTipRole and section < 3:
                return _explain(cast(ScoreEntry, registry("scores")[self._COLUMNS[section]]))
            return self._LABELS[section] if role == Qt.ItemDataRole.DisplayRole else None
        return self._rows[section][0] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Four digits; every digit when hovered."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT
        value = self._rows[index.row()][1].get(self._COLUMNS[index.column()])
        if role == Qt.ItemDataRole.DisplayRole:
            return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
        if role == Qt.ItemDataRole.ToolTipRole and value is not None:
            return repr(value)
        return None


def _explain(entry: ScoreEntry) -> str:
    return f"<p><b>{entry.label}</b>: {entry.definition}</p><p>{entry.help}</p>"
