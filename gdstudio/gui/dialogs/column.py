"""How one column is prepared, and the order of its categories."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.spec import ColumnSpec, PreparationSpec
from gdstudio.gui.forms import Form
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme

_PREPARED = tuple(name for name in ColumnSpec.model_fields if name in PreparationSpec.model_fields)
#: What can be said of a column of each type.
_FIELDS = {
    "numeric": ("impute", "constant", "indicator", "clip", "log", "scale"),
    "category": ("encode", "max_categories", "scale"),
    "ordered": ("scale",),
    "datetime": ("scale",),
}


class ColumnDialog(QDialog):
    """Edits one column's preparation; each edit is a step of undo, and what it does is said as soon as it is known.

    Args:
        session: Holds the experiment.
        name: The column.
        theme: Colours.
    """

    def __init__(self, session: Session, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.column")
        self.setWindowTitle(f"Prepare {name if len(name) < 60 else f'{name[:59]}…'}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._name = session, name
        kind = session.spec.data.columns[name].type
        self._type = kind
        wanted = _FIELDS.get(kind or "", ())
        self._form = Form(
            ColumnSpec, "column", theme=theme, omit=tuple(f for f in ColumnSpec.model_fields if f not in wanted)
        )
        self._form.set_reset_highlight(False)
        self._form.edited.connect(self._edit)
        self._said = named(QLabel(wordWrap=True), "column.said", "What is done to the column")
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._order = named(QListWidget(), "column.order", "Order of the categories", "Lowest first; drag to move")
        self._order.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self._order.model().rowsMoved.connect(self._reordered)
        self._up = named(QPushButton("Move up"), "column.up", "Move up", "Move the category towards the lowest")
        self._down = named(QPushButton("Move down"), "column.down", "Move down", "Move it towards the highest")
        self._up.clicked.connect(self._move_up)
        self._down.clicked.connect(self._move_down)
        buttons = QDialogButtonBox()
        again = buttons.addButton("As for &all columns", QDialogButtonBox.ButtonRole.ResetRole)
        named(again, "column.reset", "As for all columns", "Take back what was set for this column alone")
        again.clicked.connect(self._reset)
        named(buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole), "column.close", "Close", "Close")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        hint = QLabel(
            "Automatic is what is chosen for all columns under Preparation."
            if wanted
            else "Columns of this type have nothing to set.",
            wordWrap=True,
        )
        hint.setProperty("role", "muted")
        moves = QHBoxLayout()
        moves.addWidget(self._up)
        moves.addWidget(self._down)
        moves.addStretch(1)
        for widget in (hint, self._form, self._order):
            layout.addWidget(widget)
        layout.addLayout(moves)
        layout.addWidget(self._said)
        layout.addWidget(buttons)
        for part in (self._order, self._up, self._down):
            part.setVisible(kind == "ordered")
        self.resize(round(30 * theme.em), self.sizeHint().height())
        session.spec_changed.connect(self._refresh)
        session.table_changed.connect(self._refresh)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        from gdstudio.data.sentences import prepared_sentence

        spec = self._session.spec.data
        column = spec.columns.get(self._name)
        if column is None or column.type != self._type:
            self.reject()
            return
        how = spec.preparation.of(column)
        # A box is ticked or not: it shows what holds.
        self._form.show_values(column.model_copy(update={"log": how.log, "indicator": how.indicator}))
        order = list(column.categories)
        if [self._order.item(i).text() for i in range(self._order.count())] != order:
            row = self._order.currentRow()
            self._order.clear()
            self._order.addItems(order)
            self._order.setCurrentRow(row)
        dataset = self._session.dataset
        fitted = next((c for c in dataset.preparation.columns if c.name == self._name), None) if dataset else None
        if self._session.data_problem is not None:
            self._said.setText(str(self._session.data_problem))
        else:
            self._said.setText(prepared_sentence(fitted) if fitted else "The column is not used to predict.")

    def _take(self, changes: dict[str, object]) -> None:
        columns = dict(self._session.spec.data.columns)
        before = columns[self._name]
        columns[self._name] = ColumnSpec.model_validate({**before.model_dump(), **changes})
        if columns[self._name] != before:
            self._session.edit_columns(columns)

    @Slot(str, object)
    def _edit(self, path: str, value: object) -> None:
        self._take({path.split(".")[-1]: value})

    @Slot()
    def _reset(self) -> None:
        self._take(dict.fromkeys(_PREPARED))

    @Slot()
    def _reordered(self) -> None:
        self._take({"categories": tuple(self._order.item(i).text() for i in range(self._order.count()))})

    @Slot()
    def _move_up(self) -> None:
        self._move(-1)

    @Slot()
    def _move_down(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        row = self._order.currentRow()
        if row < 0 or not 0 <= row + by < self._order.count():
            return
        names = [self._order.item(i).text() for i in range(self._order.count())]
        names[row], names[row + by] = names[row + by], names[row]
        self._take({"categories": tuple(names)})
        self._order.setCurrentRow(row + by)
