"""The table as it was read, and a look at its columns."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QTabWidget, QVBoxLayout, QWidget

from gdstudio.gui.jobs import Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.tabs.explore import Explore
from gdstudio.gui.theme import Theme


class TableTab(QWidget):
    """Rows and columns of the table on screen, a million as easily as ten."""

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.data")
        self._session = session
        self._theme = theme
        self._text = named(QLabel(wordWrap=True), "data.description", "About the data")
        self._text.setProperty("role", "muted")
        self._view = named(TableView(theme), "data.table", "The table")
        layout = QVBoxLayout(self)
        layout.addWidget(self._text)
        self._views = views = named(QTabWidget(), "data.views", "Rows, or a look at the columns")
        views.setDocumentMode(True)
        views.addTab(self._view, "Rows")
        views.addTab(Explore(session, theme, jobs), "Explore")
        layout.addWidget(views, 1)
        self._table: object = None
        session.table_changed.connect(self._refresh)

    @Slot(int)
    def show_row(self, row: int) -> None:
        """Select a row of the source, and bring it into view; nothing happens where it is not in this table."""
        model: Any = self._view.model()
        if model is None or not 0 <= row < len(model.frame):
            return
        shown = model.shown_row(row)
        if shown is not None:
            self._views.setCurrentWidget(self._view)
            self._view.selectRow(shown)
            self._view.scrollTo(model.index(shown, 0), self._view.ScrollHint.PositionAtCenter)

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
