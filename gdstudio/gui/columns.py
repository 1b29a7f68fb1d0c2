"""The columns of a table as an editable list: what each is, and what it is used for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from gdstudio.core.spec import ColumnSpec, ColumnType

if TYPE_CHECKING:
    from gdstudio.data.table import Table

_Index = QModelIndex | QPersistentModelIndex
_HEADINGS = ("Column", "Use", "Type")
ROLE_LABELS = {"feature": "Feature", "target": "Target", "ignore": "Ignore"}
TYPE_LABELS = {
    "numeric": "Number",
    "category": "Category",
    "ordered": "Ordered",
    "boolean": "Yes / no",
    "datetime": "Date and time",
    "text": "Text",
    "identifier": "Identifier",
}
_CHOICES = {1: ROLE_LABELS, 2: {key: TYPE_LABELS[key] for key in get_args(ColumnType)}}


class ColumnsModel(QAbstractTableModel):
    """One row a column of the table.

    Signals:
        edited(column, field, value): A person chose another role or type.
    """

    edited = Signal(str, str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table: Table | None = None
        self._specs: dict[str, ColumnSpec] = {}

    def show_columns(self, table: Table, specs: dict[str, ColumnSpec]) -> None:
        """Draw these columns; those that ``specs`` lacks are shown as guessed."""
        same = self._table is table
        if not same:
            self.beginResetModel()
        self._table, self._specs = table, dict(specs)
        if not same:
            self.endResetModel()
        elif table.columns:
            self.dataChanged.emit(self.index(0, 0), self.index(len(table.columns) - 1, 2))

    def rowCount(self, parent: _Index | None = None) -> int:
        """Number of columns of the table."""
        return len(self._table.columns) if self._table is not None and not (parent and parent.isValid()) else 0

    def columnCount(self, parent: _Index | None = None) -> int:
        """Name, use, type."""
        return len(_HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _HEADINGS[section]
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Use and type can be edited."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Labels to show, keys to edit, reasons as tooltips."""
        if self._table is None or not index.isValid():
            return None
        column = self._table.columns[index.row()]
        spec = self._specs.get(column.name) or ColumnSpec(role=column.role, type=column.type)
        value = (column.name, spec.role, spec.type)[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _CHOICES[index.column()][value] if index.column() else value
        if role == Qt.ItemDataRole.EditRole:
            return value
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            facts = f"{column.name}: {column.distinct:,} different values, {column.missing:,} missing."
            return f"{facts} {column.reason}".strip()
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Announce a choice; the row changes when the spec does."""
        if self._table is None or role != Qt.ItemDataRole.EditRole or value == self.data(index, role):
            return False
        self.edited.emit(self._table.columns[index.row()].name, ("", "role", "type")[index.column()], value)
        return True


class _ChoiceDelegate(QStyledItemDelegate):
    """A combo box for a cell with a fixed set of values."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        """A list that commits as soon as something is chosen."""
        combo = QComboBox(parent)
        for key, label in _CHOICES[index.column()].items():
            combo.addItem(label, key)
        combo.activated.connect(lambda: self.commitData.emit(combo))
        combo.activated.connect(lambda: self.closeEditor.emit(combo))
        return combo

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """Show what is set, opened."""
        assert isinstance(editor, QComboBox)
        editor.setCurrentIndex(editor.findData(index.data(Qt.ItemDataRole.EditRole)))

    def setModelData(self, editor: QWidget, model: Any, index: _Index) -> None:
        """Hand the key over."""
        assert isinstance(editor, QComboBox)
        model.setData(index, editor.currentData(), Qt.ItemDataRole.EditRole)


class ColumnsView(QTableView):
    """The list; one click opens a choice."""

    def __init__(self, model: ColumnsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data.columns")
        self.setAccessibleName("Columns of the table")
        self.setModel(model)
        self.setItemDelegateForColumn(1, _ChoiceDelegate(self))
        self.setItemDelegateForColumn(2, _ChoiceDelegate(self))
        self.setEditTriggers(QTableView.EditTrigger.AllEditTriggers)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        header = self.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for section in (1, 2):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Interactive)
        metrics = self.fontMetrics()
        self.setColumnWidth(1, metrics.horizontalAdvance("Feature") + 3 * metrics.averageCharWidth())
        self.setColumnWidth(2, metrics.horizontalAdvance("Date and time") + 3 * metrics.averageCharWidth())
        self.verticalHeader().setDefaultSectionSize(int(1.7 * metrics.height()))
