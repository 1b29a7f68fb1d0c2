"""The tabs in the middle of the window, in the order of the work."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QTabWidget, QWidget

from gdstudio.gui.jobs import Jobs
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.boundary import Boundary
from gdstudio.gui.tabs.training import TrainingTab
from gdstudio.gui.tabs.why import WhyPanel
from gdstudio.gui.theme import Theme


class Tabs(QTabWidget):
    """Every tab; one that has a ``refresh`` is asked to draw what is new while it is visible and a run goes.

    The first one that is seen is made at once, the others by :meth:`complete`, so that the window is there sooner.
    """

    def __init__(self, session: Session, theme: Theme, jobs: Jobs) -> None:
        super().__init__()
        self._session, self._theme, self._jobs = session, theme, jobs
        self.setObjectName("tabs")
        self.setDocumentMode(True)
        self._first = TrainingTab(session, theme, Boundary(session, theme, jobs), WhyPanel(session, theme, jobs))
        self.addTab(self._first, "Training")

    def complete(self) -> None:
        """Make the rest; nothing happens where that was done."""
        if self.count() > 1:
            return
        # Imported here: the window is seen a quarter sooner.
        from gdstudio.gui.tabs.code import CodeTab
        from gdstudio.gui.tabs.explain import ExplainTab
        from gdstudio.gui.tabs.functions import FunctionsTab
        from gdstudio.gui.tabs.gradients import GradientsTab
        from gdstudio.gui.tabs.labs import LabsTab
        from gdstudio.gui.tabs.landscape import LandscapeTab
        from gdstudio.gui.tabs.metrics import MetricsTab
        from gdstudio.gui.tabs.network import NetworkTab
        from gdstudio.gui.tabs.predictions import PredictionsTab
        from gdstudio.gui.tabs.step import StepTab
        from gdstudio.gui.tabs.table import TableTab

        session, theme, jobs = self._session, self._theme, self._jobs
        self.setUpdatesEnabled(False)
        data, predictions = TableTab(session, theme, jobs), PredictionsTab(session, theme, jobs)
        explain, metrics = ExplainTab(session, theme, jobs), MetricsTab(session, theme, jobs)
        self.insertTab(0, data, "Data")
        for label, tab in (
            ("Network", NetworkTab(session, theme, jobs)),
            ("Gradients", GradientsTab(session, theme)),
            ("Step", StepTab(session, theme, jobs)),
            ("Metrics", metrics),
            ("Landscape", LandscapeTab(session, theme, jobs)),
            ("Predictions", predictions),
            ("Explain", explain),
            ("Functions", FunctionsTab(session, theme, jobs)),
            ("Labs", LabsTab(session, theme, jobs)),
            ("Code", CodeTab(session, theme, jobs)),
        ):
            self.addTab(tab, label)
        predictions.row_chosen.connect(data.show_row)
        predictions.data_wanted.connect(lambda row: self.setCurrentWidget(data))
        predictions.explain_wanted.connect(lambda part, row: self.setCurrentWidget(explain))
        predictions.explain_wanted.connect(explain.explain_row)
        metrics.rows_wanted.connect(lambda rows, why, part: self.setCurrentWidget(predictions))
        metrics.rows_wanted.connect(predictions.show_rows)
        self._metrics = metrics
        self.setUpdatesEnabled(True)

    @Slot(int, int)
    def compare_runs(self, first: int, second: int) -> None:
        """Show two runs of the list beside each other."""
        self.complete()
        self.setCurrentWidget(self._metrics)
        self._metrics.compare_runs(first, second)

    def refresh(self) -> None:
        """Draw what is new in the visible tab; the only place that reads a history while it grows."""
        tab: QWidget | None = self.currentWidget()
        if tab is not None and hasattr(tab, "refresh"):
            tab.refresh()
