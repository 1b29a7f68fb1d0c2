"""One step of one optimizer with its real numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gdstudio.core.registry import Settings
from gdstudio.gui.naming import named
from gdstudio.gui.race import label_of
from gdstudio.gui.tables.lines import LinesTable
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.training.minimize import MinimizeResult


class StepAnatomy(QWidget):
    """A table: each quantity of the step that led here, its formula, the numbers in it, what comes out."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("function.anatomy")
        self._optimizers: tuple[Settings, ...] = ()
        self._results: Sequence[MinimizeResult] = ()
        self._step = 0
        self._who = named(QComboBox(), "anatomy.optimizer", "Optimizer", "Whose step is taken apart")
        self._which = named(QComboBox(), "anatomy.variable", "Variable", "Which variable's numbers are shown")
        self._title = QLabel()
        self._title.setProperty("role", "title")
        self._table = named(LinesTable(), "anatomy.table", "The step in numbers")
        for box in (self._who, self._which):
            box.activated.connect(self._draw)
        row = QHBoxLayout()
        self._who.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._title.setMinimumWidth(1)
        row.addWidget(self._title, 1)
        row.addWidget(self._who)
        row.addWidget(self._which)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._table, 1)
        self.setMinimumWidth(round(24 * theme.em))

    def set_results(self, optimizers: tuple[Settings, ...], results: Sequence[MinimizeResult]) -> None:
        """Take other descents."""
        self._optimizers, self._results = optimizers, results
        for box, texts in (
            (self._who, [label_of(o) for o in optimizers]),
            (self._which, list(results[0].variables[:200]) if results else []),
        ):
            at = max(box.currentIndex(), 0)
            box.clear()
            box.addItems(texts)
            box.setCurrentIndex(min(at, len(texts) - 1))
        self._step = 0
        self._table.setRowCount(0)
        self._draw()

    def show_step(self, step: int) -> None:
        """Take the step apart that led to the point after ``step`` steps; the first one before any was taken."""
        self._step = step
        self._draw()

    @Slot()
    def _draw(self) -> None:
        who, which = self._who.currentIndex(), self._which.currentIndex()
        if not self._results or who < 0 or which < 0:
            return
        result, settings = self._results[who], self._optimizers[who]
        number = min(max(self._step, 1), result.steps)
        lines = None
        if result.steps and (number == 1 or len(result.states) >= number - 1):
            from gdstudio.optim.anatomy import anatomy

            lines = anatomy(
                settings,
                rate=float(result.learning_rates[number - 1]),
                step=number,
                point=result.points[number - 1],
                gradient=result.used_gradients[number - 1],
                memory=result.states[number - 2] if number > 1 else {},
            )
        self._title.setText(f"Step {number:,}" if lines else "")
        if lines is None:
            self._table.show_sentence(
                "This optimizer's steps are not taken apart." if result.steps else "No step was taken."
            )
            return
        self._table.show_lines(lines, which)
