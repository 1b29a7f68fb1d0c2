"""What a regression misses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gdstudio.gui.charts.residual import ResidualChart
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult


class ResidualsPage(QWidget):
    """Residuals over the predictions."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("metrics.residuals_page")
        self.residuals = ResidualChart(theme)
        layout = QVBoxLayout(self)
        layout.addWidget(self.residuals)

    def show_part(self, result: RunResult, part: str) -> None:
        """Draw a part of a run."""
        from gdstudio.evaluation.curves import residuals
        from gdstudio.evaluation.entry import UndefinedScoreError

        try:
            found = residuals(result.predictions[part])
        except UndefinedScoreError as error:
            self.residuals.set_empty(True, f"Not defined, because: {error.reason}")
            return
        self.residuals.set_residuals(found.predicted, found.residual, unit=str(result.dataset.spec.target))
