"""The table as it was read."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.theme import Theme


class TableTab(QWidget):
    """Rows and columns of the table on screen, a million as easily as ten."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.data")
        self._session = session
        self._theme = theme
        self._text = named(QLabel(wordWrap=True), "data.description", "About the data")
        self._text.setProperty("role", "muted")
        self._view = named(TableView(theme), "data.table", "The table")
        layout = QVBoxLayout(self)
        layout.addWidget(self._text)
        layout.addWidget(self._view, 1)
        self._table: object = None
        session.table_changed.connect(self._refresh)

    @Slot()
    def _refresh(self) -> None:
        table = self._session.table
        if table is self._table or table is None:
            return
        from gdstudio.gui.tables.frame import FrameModel

        self._table = table
        self._text.setText(" ".join([table.description, *table.notes]).strip())
        self._text.setVisible(bool(self._text.text()))
        self._view.set_model(FrameModel(table.frame, self._theme))
