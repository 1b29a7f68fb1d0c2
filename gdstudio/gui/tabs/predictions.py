"""What the last run predicts for the rows of its test part."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.messages import EmptyState


class PredictionsTab(QWidget):
    """The rows of predictions.csv."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.predictions")
        self._session = session
        self._theme = theme
        self._shown: object = None
        sentence = "After a run, every row of the test part is listed here with its prediction."
        self._empty = EmptyState(theme, "table-search", sentence, "Start", name="predictions.start")
        self._empty.triggered.connect(session.start)
        self._view = named(TableView(theme), "predictions.table", "Predictions of the test part")
        layout = QVBoxLayout(self)
        layout.addWidget(self._empty)
        layout.addWidget(self._view)
        self._view.hide()
        session.runs_changed.connect(self.refresh)

    @Slot()
    def refresh(self) -> None:
        """Show the newest result when the tab is visible."""
        result = self._session.result
        if result is None or result is self._shown or not self.isVisible():
            return
        from gdstudio.gui.tables.frame import FrameModel
        from gdstudio.training.run_folder import predictions_frame

        self._shown = result
        there = "test" in result.predictions
        self._empty.setVisible(not there)
        self._view.setVisible(there)
        if there:
            self._view.set_model(FrameModel(predictions_frame(result.predictions["test"]), self._theme))
