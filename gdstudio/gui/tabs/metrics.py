"""The scores of a run, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QTabWidget, QVBoxLayout, QWidget

from gdstudio.gui.jobs import Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.metrics_compare import ComparePage
from gdstudio.gui.tabs.metrics_curves import CurvesPage
from gdstudio.gui.tabs.metrics_residuals import ResidualsPage
from gdstudio.gui.tabs.metrics_scores import ScoresPage
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.messages import EmptyState
from gdstudio.gui.widgets.scroll import scrolled

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult

_PARTS = {"test": "Test", "validation": "Validation", "train": "Train"}


class MetricsTab(QWidget):
    """Run and part above; below one page for the scores and one for what they hide.

    Signals:
        rows_wanted(rows, why, part): Rows of the source are to be listed with their predictions.
    """

    rows_wanted = Signal(object, str, str)

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.metrics")
        self._session = session
        self._shown: RunResult | None = None
        self._part = named(QComboBox(), "metrics.part", "Part", "The rows that the pictures and class scores are about")
        self._part.activated.connect(self._draw_part)
        self._title = named(QLabel(), "metrics.run", "Run")
        self.scores = ScoresPage(theme, jobs)
        self.curves = CurvesPage(theme, jobs)
        self.residuals = ResidualsPage(theme, jobs)
        self.scores.set_below(self.residuals)
        self.compare = ComparePage(session, theme, jobs)
        for page in (self.scores, self.curves):
            page.rows_wanted.connect(lambda rows, why: self.rows_wanted.emit(rows, why, self._part.currentData()))
        self._pages = named(QTabWidget(documentMode=True), "metrics.pages", "Views of the scores")
        self._pages.addTab(self.scores, "Scores")
        self._pages.addTab(self.curves, "Curves")
        self._pages.addTab(self.compare, "Compare runs")
        self._pages.currentChanged.connect(self._draw_part)
        sentence = "After a run, its scores on the train, validation and test rows are shown here."
        self._empty = EmptyState(theme, "chart-box-outline", sentence, "Start", name="metrics.start")
        self._empty.triggered.connect(session.start)
        self._page = QWidget()
        above = QHBoxLayout()
        above.addWidget(self._title, 1)
        name = QLabel("Rows of the part")
        name.setBuddy(self._part)
        above.addWidget(name)
        above.addWidget(self._part)
        inner = QVBoxLayout(self._page)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(above)
        inner.addWidget(scrolled(self._pages), 1)
        layout = QVBoxLayout(self)
        layout.addWidget(self._empty)
        layout.addWidget(self._page)
        self._page.hide()
        session.runs_changed.connect(self.refresh)

    @property
    def busy(self) -> bool:
        """Whether something is being computed."""
        return any(page.busy for page in (self.scores, self.curves, self.residuals, self.compare))

    def compare_runs(self, first: int, second: int) -> None:
        """Show two runs of the list beside each other."""
        self.refresh()
        self._pages.setCurrentWidget(self.compare)
        self.compare.choose(first, second)

    @Slot()
    def refresh(self) -> None:
        """Draw the newest result when the tab is visible."""
        result = self._session.result
        if result is None or result is self._shown or not self.isVisible():
            return
        self._shown = result
        self._empty.hide()
        self._page.show()
        names = [run.name for run in self._session.runs if run.result is result]
        target = result.dataset.spec.target
        self._title.setText(f"<b>{names[0] if names else 'Last run'}</b> · predicts {target}")
        self._title.setToolTip(result.message)
        regression = result.dataset.task == "regression"
        self._pages.setTabVisible(self._pages.indexOf(self.curves), not regression)
        self._pages.setTabText(self._pages.indexOf(self.scores), "Scores and residuals" if regression else "Scores")
        binary = result.dataset.task == "binary"
        self._pages.setTabText(self._pages.indexOf(self.curves), "Threshold and curves" if binary else "Curves")
        chosen = self._part.currentData()
        self._part.clear()
        for key, label in _PARTS.items():
            if key in result.predictions:
                self._part.addItem(f"{label} ({result.metrics[key]['n']:,})", key)
        self._part.setCurrentIndex(max(0, self._part.findData(chosen)))
        self._draw_part()

    @Slot()
    def _draw_part(self) -> None:
        """Draw the chosen part on the page that is seen."""
        result, part = self._shown, self._part.currentData()
        page = self._pages.currentWidget()
        if result is not None and part is not None and isinstance(page, ScoresPage | CurvesPage | ComparePage):
            page.show_part(result, part)
            if page is self.scores and result.dataset.task == "regression":
                self.residuals.show_part(result, part)
