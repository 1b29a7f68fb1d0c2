"""Why the last run's model says what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from gdstudio.gui.jobs import Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.explain_coefficients import ExplainCoefficients
from gdstudio.gui.tabs.explain_columns import ExplainColumns
from gdstudio.gui.tabs.explain_row import ExplainRow
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.messages import EmptyState
from gdstudio.gui.widgets.scroll import scrolled

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult


class ExplainTab(QWidget):
    """Columns, one row, coefficients: each computed in the background when it is looked at."""

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.explain")
        self._session = session
        self._seen: dict[QWidget, RunResult] = {}
        sentence = "After a run, this shows which columns its model goes by, and what made it predict a single row so."
        self._empty = EmptyState(theme, "lightbulb-on-outline", sentence, "Start", name="explain.start")
        self._empty.triggered.connect(session.start)
        self._columns = ExplainColumns(theme, jobs)
        self._row = ExplainRow(theme, jobs)
        self._coefficients = ExplainCoefficients(theme, jobs)
        self._views = named(QTabWidget(), "explain.views", "What is explained")
        self._views.setDocumentMode(True)
        for label, view in (
            ("Columns", self._columns),
            ("One row", self._row),
            ("Coefficients", self._coefficients),
        ):
            self._views.addTab(view, label)
        self._views.currentChanged.connect(self.refresh)
        layout = QVBoxLayout(self)
        layout.addWidget(self._empty)
        self._room = scrolled(self._views)
        self._room.hide()
        layout.addWidget(self._room)
        session.runs_changed.connect(self.refresh)

    @property
    def busy(self) -> bool:
        """Whether something is being computed."""
        return self._columns.busy or self._row.busy or self._coefficients.busy

    def showEvent(self, event: QShowEvent) -> None:
        """Compute what is about to be seen."""
        super().showEvent(event)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Explain the newest result in the view that is seen."""
        result = self._session.result
        if result is None or not self.isVisible():
            return
        self._empty.hide()
        self._room.show()
        view = self._views.currentWidget()
        if self._seen.get(view) is not result:
            self._seen[view] = result
            view.show_result(result)

    @Slot(str, int)
    def explain_row(self, part: str, row: int) -> None:
        """Explain one row of the source, whichever part it belongs to."""
        result = self._session.result
        if result is None:
            return
        self._seen[self._row] = result
        self._row.show_result(result, row)
        self._views.setCurrentWidget(self._row)
