"""Scores by part, and by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from gdstudio.core.registry import registry
from gdstudio.evaluation.entry import ScoreEntry

if TYPE_CHECKING:
    from gdstudio.evaluation.baseline import Baseline
    from gdstudio.evaluation.bootstrap import Interval

_Index = QModelIndex | QPersistentModelIndex
_PARTS = {"train": "Train", "validation": "Validation", "test": "Test"}
_TIP = Qt.ItemDataRole.ToolTipRole
_INTERVAL_HELP = (
    "How far the score would move with other rows of the same kind: 95 of 100 samples drawn from these rows lie in "
    "between (percentile bootstrap). What another training would change is not in it."
)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ScoresModel(QAbstractTableModel):
    """One row a score, one column a part; then what other rows or simpler models would have given on one part.

    Each score says what it is and what it is for when hovered.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._metrics: Mapping[str, Any] = {}
        self._scores: list[ScoreEntry] = []
        self._parts: list[str] = []
        self._part = ""
        self._intervals: Mapping[str, Interval] | None = None
        self._baselines: Sequence[Baseline] | None = None

    def show_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Draw what metrics.json holds; what it is compared with is not known yet."""
        self.beginResetModel()
        self._metrics = metrics
        self._parts = [part for part in _PARTS if metrics.get(part)]
        present = {name for part in self._parts for name in metrics[part]}
        self._scores = [cast(ScoreEntry, entry) for key, entry in registry("scores").items() if key in present]
        self._intervals, self._baselines = None, None
        self.endResetModel()

    def show_comparison(
        self, part: str, intervals: Mapping[str, Interval] | None, baselines: Sequence[Baseline] | None
    ) -> None:
        """Draw intervals and simple models for the rows of a part; None while they are being computed."""
        self.beginResetModel()
        self._part, self._intervals, self._baselines = part, intervals, baselines
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """The scores, and the number of rows."""
        return 0 if (parent and parent.isValid()) or not self._parts else len(self._scores) + 1

    def columnCount(self, parent: _Index | None = None) -> int:
        """The parts that have rows, the interval, the simple models."""
        return len(self._parts) + 3 if self._part else len(self._parts)

    @property
    def wide_column(self) -> int:
        """The place of the interval."""
        return len(self._parts)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Parts above, scores at the side with their definition."""
        if orientation == Qt.Orientation.Horizontal:
            name, help_text = self._heading(section)
            return name if role == Qt.ItemDataRole.DisplayRole else help_text if role == _TIP else None
        last = section == len(self._scores)
        if role == Qt.ItemDataRole.DisplayRole:
            return "Rows" if last else self._scores[section].label
        if role == _TIP and not last:
            return _explain(self._scores[section])
        return None

    def _heading(self, section: int) -> tuple[str, str | None]:
        """What stands above a column, and what it means."""
        if section < len(self._parts):
            return _PARTS[self._parts[section]], None
        part = _PARTS[self._part].lower()
        if section == len(self._parts):
            return f"{part.capitalize()},\n95 %", _INTERVAL_HELP
        if not self._baselines:
            return "…", "Simple models are being fitted, to compare with"
        shown = self._baselines[section - len(self._parts) - 1]
        return shown.label.replace(" ", "\n"), f"<p>{shown.help} Its scores on the {part} rows. {shown.note}</p>"

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Four digits; every digit when hovered; why there is no value where there is none."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT
        if role not in (Qt.ItemDataRole.DisplayRole, _TIP):
            return None
        last = index.row() == len(self._scores)
        column = index.column() - len(self._parts)
        if column < 0:
            return self._of(self._metrics[self._parts[index.column()]], index.row(), role)
        if column == 0:
            return None if last else self._interval(self._scores[index.row()], role)
        if self._baselines is None:
            return "…" if role == Qt.ItemDataRole.DisplayRole and not last else None
        scores = self._baselines[column - 1].metrics.get(self._part)
        return None if scores is None else self._of(scores, index.row(), role)

    def _of(self, scores: Mapping[str, Any], row: int, role: int) -> Any:
        """One cell of a part's scores."""
        if row == len(self._scores):
            return f"{scores['n']:,}" if role == Qt.ItemDataRole.DisplayRole else None
        entry = self._scores[row]
        value = scores.get(entry.key)
        if role == Qt.ItemDataRole.DisplayRole:
            return "not defined" if value is None else f"{value:.4g}"
        reason = scores["undefined"].get(entry.key, "")
        exact = f"Not defined, because: {reason}" if value is None else repr(value)
        return f"<p>{exact}</p>{_explain(entry)}"

    def _interval(self, entry: ScoreEntry, role: int) -> str:
        """The cell of an interval."""
        if self._intervals is None:
            return "…" if role == Qt.ItemDataRole.DisplayRole else "<p>Being computed</p>"
        found = self._intervals.get(entry.key)
        if found is None:
            few = "Fewer than half of the samples give this score a value."
            reason = (self._metrics[self._part].get("undefined") or {}).get(entry.key, few)
            return "not defined" if role == Qt.ItemDataRole.DisplayRole else f"<p>Not defined, because: {reason}</p>"
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{found.low:.3g} – {found.high:.3g}"
        return f"<p>{found.low!r} to {found.high!r}</p><p>{_INTERVAL_HELP} {found.resamples} samples.</p>"


class ClassScoresModel(QAbstractTableModel):
    """One row a class, then the averages: precision, recall, F1 and the number of rows."""

    #: All columns are as wide as one another.
    wide_column = -1
    _COLUMNS = ("precision", "recall", "f1", "support")
    _LABELS = ("Precision", "Recall", "F1", "Rows")

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[str, Mapping[str, Any]]] = []

    def show_scores(self, scores: Mapping[str, Any]) -> None:
        """Draw one part's scores."""
        self.beginResetModel()
        self._rows = list((scores.get("per_class") or {}).items())
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
