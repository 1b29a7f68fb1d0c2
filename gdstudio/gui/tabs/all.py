"""The tabs in the middle of the window, in the order of the work."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget

from gdstudio.gui.jobs import Jobs
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.boundary import Boundary
from gdstudio.gui.tabs.labs import LabsTab
from gdstudio.gui.tabs.landscape import LandscapeTab
from gdstudio.gui.tabs.metrics import MetricsTab
from gdstudio.gui.tabs.predictions import PredictionsTab
from gdstudio.gui.tabs.table import TableTab
from gdstudio.gui.tabs.training import TrainingTab
from gdstudio.gui.theme import Theme

#: The one that is seen first.
_FIRST = "Training"


def make_tabs(session: Session, theme: Theme, jobs: Jobs) -> QTabWidget:
    """Every tab; one that has a ``refresh`` is asked to draw what is new while it is visible and a run goes."""
    tabs = QTabWidget()
    tabs.setObjectName("tabs")
    tabs.setDocumentMode(True)
    for label, tab in (
        ("Data", TableTab(session, theme, jobs)),
        ("Training", TrainingTab(session, theme, Boundary(session, theme, jobs))),
        ("Metrics", MetricsTab(session, theme)),
        ("Landscape", LandscapeTab(session, theme, jobs)),
        ("Predictions", PredictionsTab(session, theme)),
        ("Labs", LabsTab(session, theme, jobs)),
    ):
        tabs.addTab(tab, label)
        if label == _FIRST:
            tabs.setCurrentWidget(tab)
    return tabs
