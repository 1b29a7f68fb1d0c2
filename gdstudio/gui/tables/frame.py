"""A pandas frame as a Qt model, sorted by a permutation of its rows rather than by a proxy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QColor, QIcon

from gdstudio.gui.tables.numbers import MISSING, exact_text, formatter, is_missing
from gdstudio.gui.tables.ordering import permutation
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

_Index = QModelIndex | QPersistentModelIndex
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_SAMPLE = 1_000


class FrameModel(QAbstractTableModel):
    """Shows a frame that does not change; a value is looked up when it is drawn, so a million rows cost nothing.

    Args:
        frame: What is shown; its index numbers the rows.
        theme: Colour of what is missing; followed while it changes.
        headers: Column → ``(icon, tooltip)`` for its heading.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        theme: Theme | None = None,
        headers: Mapping[str, tuple[str, str]] | None = None,
        parent: QObject | None = None,
    ) -> None:
        import pandas as pd

        super().__init__(parent)
        self.frame = frame
        self._theme = theme
        self._headers = dict(headers or {})
        self._order: NDArray[np.intp] | None = None
        self._columns = [frame.iloc[:, i] for i in range(frame.shape[1])]
        # Drawn at random: an even step could fall in with a period of the rows.
        drawn = np.random.default_rng(0).integers(0, max(len(frame), 1), _SAMPLE)
        sample = np.unique(drawn) if len(frame) > _SAMPLE else np.arange(len(frame))
        self._formats: list[Callable[[Any], str]] = [formatter(column.iloc[sample]) for column in self._columns]
        self._numeric = [
            pd.api.types.is_numeric_dtype(c.dtype) and not pd.api.types.is_bool_dtype(c.dtype) for c in self._columns
        ]
        if theme is not None:
            theme.changed.connect(self._theme_changed)

    @Slot()
    def _theme_changed(self) -> None:
        if self.rowCount() and self.columnCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def set_header(self, column: str, icon: str, tip: str) -> None:
        """Decorate a heading, e.g. with the role of the column."""
        self._headers[column] = (icon, tip)
        section = list(self.frame.columns).index(column)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, section, section)

    def rowCount(self, parent: _Index | None = None) -> int:
        """Rows of the frame."""
        if parent is not None and parent.isValid():
            return 0
        return len(self.frame) if self._order is None else len(self._order)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Columns of the frame."""
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    def source_row(self, row: int) -> int:
        """The row of the frame that is shown at ``row``."""
        return row if self._order is None else int(self._order[row])

    def value(self, row: int, column: int) -> Any:
        """The value that is shown there."""
        return self._columns[column].iat[self.source_row(row)]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Few digits to look at, all of them on hover and for copying."""
        if not index.isValid():
            return None
        column = index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if self._numeric[column] else _LEFT
        if role not in _ROLES:
            return None
        value = self.value(index.row(), column)
        missing = is_missing(value)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return MISSING if missing else self._formats[column](value)
            case Qt.ItemDataRole.EditRole:
                return exact_text(value)
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return "missing" if missing else exact_text(value)
            case Qt.ItemDataRole.ForegroundRole if missing and self._theme is not None:
                return QColor(self._theme.tokens.muted)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names of the columns with their decoration, and the numbers of the rows."""
        if orientation == Qt.Orientation.Vertical:
            # Qt asks for a first row even where there is none.
            if role == Qt.ItemDataRole.DisplayRole and section < self.rowCount():
                return str(self.frame.index[self.source_row(section)])
            return None
        if section >= len(self._columns):
            return None
        name = str(self.frame.columns[section])
        icon, tip = self._headers.get(name, ("", ""))
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return name
            case Qt.ItemDataRole.ToolTipRole:
                return tip or name
            case Qt.ItemDataRole.DecorationRole if icon and self._theme is not None:
                return self._theme.icon(icon, "muted")
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if self._numeric[section] else _LEFT
        return QIcon() if role == Qt.ItemDataRole.DecorationRole and icon else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, missing values last; a negative column is the frame's own order.

        One argsort, stable: a million numbers take about a tenth of a second.
        """
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        rows = [self.source_row(index.row()) for index in before]
        self._order = None if column < 0 else permutation(self._columns[column], order)
        if before:
            place = np.empty(len(self.frame), dtype=np.intp)
            place[self._order if self._order is not None else slice(None)] = np.arange(len(self.frame))
            self.changePersistentIndexList(
                before, [self.index(int(place[r]), i.column()) for r, i in zip(rows, before, strict=True)]
            )
        self.layoutChanged.emit()

    @property
    def order(self) -> NDArray[np.intp] | None:
        """The rows of the frame in the order on screen; None where all are shown as they stand."""
        return self._order

    def set_order(self, order: NDArray[np.intp] | None) -> None:
        """Show these rows of the frame in this order, which may leave some out; None shows all as they stand.

        For orders that were found in the background; what was selected is selected no more.
        """
        self.beginResetModel()
        self._order = order
        self.endResetModel()

    def shown_row(self, row: int) -> int | None:
        """Where a row of the frame is shown; None where it is left out."""
        if self._order is None:
            return row
        places = np.flatnonzero(self._order == row)
        return int(places[0]) if len(places) else None

    def shown_frame(self, rows: Sequence[int] | None = None) -> pd.DataFrame:
        """The frame in the order on screen; of ``rows`` on screen only, where given."""
        chosen = np.arange(self.rowCount()) if rows is None else np.asarray(rows, dtype=np.intp)
        return self.frame.iloc[chosen if self._order is None else self._order[chosen]]


_ROLES = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.EditRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
    Qt.ItemDataRole.ForegroundRole,
)
