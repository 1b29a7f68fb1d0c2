"""Scores of two runs beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from gdstudio.core.registry import registry
from gdstudio.evaluation.entry import ScoreEntry

if TYPE_CHECKING:
    from gdstudio.evaluation.comparison import Difference

_Index = QModelIndex | QPersistentModelIndex
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_HELP = (
    "The second run's score minus the first's; in 95 of 100 samples of these rows, drawn for both runs alike, it lies "
    "in between (paired percentile bootstrap)."
)


class DifferencesModel(QAbstractTableModel):
    """One row a score: both runs, their difference with its interval, and who is better."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names = ("", "")
        self._rows: list[tuple[ScoreEntry, Difference]] = []

    def show_differences(self, names: tuple[str, str], differences: Mapping[str, Difference]) -> None:
        """Draw the scores of two runs of these names."""
        self.beginResetModel()
        self._names = names
        entries = registry("scores")
        self._rows = [(cast(ScoreEntry, entries[key]), found) for key, found in differences.items()]
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """The scores."""
        return 0 if parent and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Two runs, difference, interval, verdict."""
        return 5

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Runs above, scores at the side with their definition."""
        if orientation == Qt.Orientation.Horizontal:
            heads = (*self._names, "Difference", "95 % interval", "Better beyond\nchance")
            if role == Qt.ItemDataRole.ToolTipRole and section > 1:
                return f"<p>{_HELP}</p>"
            return heads[section] if role == Qt.ItemDataRole.DisplayRole else None
        entry = self._rows[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"<p><b>{entry.label}</b>: {entry.definition}</p><p>{entry.help}</p>"
        return entry.label if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Four digits; every digit when hovered."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        _, found = self._rows[index.row()]
        exact = role == Qt.ItemDataRole.ToolTipRole
        match index.column():
            case 0 | 1 as side:
                value = (found.first, found.second)[side]
                return "not defined" if value is None else repr(value) if exact else f"{value:.4g}"
            case 2:
                return "not defined" if found.value is None else repr(found.value) if exact else _signed(found.value)
            case 3:
                if found.low is None or found.high is None:
                    return "not defined"
                return f"{found.low!r} to {found.high!r}" if exact else f"{_signed(found.low)} to {_signed(found.high)}"
            case _:
                return self._names[found.better == "second"] if found.better else "neither"


def _signed(value: float) -> str:
    return f"{value:+.3g}" if value else "0"
