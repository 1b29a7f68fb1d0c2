"""How a step is made from a gradient: optimizer, schedule, penalties."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec, RegularizationSpec
from gdstudio.gui.chooser import EntryChooser
from gdstudio.gui.forms import Form
from gdstudio.gui.formulas import FormulaLabel
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme

_PENALTY_TEXT = (
    "A penalty is part of the loss, so its gradient passes through the optimizer; weight decay shrinks the weights "
    "beside it. With plain SGD an L2 penalty and weight decay do the same, with Adam they do not."
)


class OptimizerPanel(QWidget):
    """Draws the optimizer, schedule and regularization sections of the spec and edits them."""

    summary_changed = Signal(str)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.optimizer")
        self._session = session
        self._optimizer = EntryChooser("optimizers", "optimizer", "Optimizer", theme)
        self._formula = FormulaLabel(theme)
        self._schedule = EntryChooser("schedules", "schedule", "Schedule", theme)
        self._penalties = Form(RegularizationSpec, "regularization", theme=theme)
        explanation = QLabel(_PENALTY_TEXT, wordWrap=True)
        explanation.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        for widget in (self._optimizer, self._formula, self._schedule, self._penalties, explanation):
            layout.addWidget(widget)
        for chooser in (self._optimizer, self._schedule):
            chooser.edited.connect(session.edit)
        self._penalties.edited.connect(self._edit)
        session.spec_changed.connect(self._refresh)
        session.refused.connect(self._refused)
        self._refresh()

    def announce(self) -> None:
        """Emit the summary for a listener that was not there at first."""
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        spec = self._session.spec
        self._optimizer.show_settings(spec.optimizer)
        self._formula.set_formula(registry("optimizers")[spec.optimizer.kind].formula)
        self._schedule.show_settings(spec.schedule)
        self._penalties.show_values(spec.regularization)
        self.summary_changed.emit(_summary(spec))

    @Slot(str, object)
    def _edit(self, path: str, value: object) -> None:
        self._session.edit({path: value})

    @Slot(str, str)
    def _refused(self, path: str, sentence: str) -> None:
        self._optimizer.show_problem(path, sentence)
        self._schedule.show_problem(path, sentence)
        self._penalties.set_problem(path, sentence)


def _summary(spec: ExperimentSpec) -> str:
    """E.g. "Adam, learning rate 0.001, cosine, L2 0.01"."""
    parts = [registry("optimizers")[spec.optimizer.kind].label, f"learning rate {spec.get('optimizer.lr'):g}"]
    if spec.schedule.kind != "constant":
        parts.append(registry("schedules")[spec.schedule.kind].label.lower())
    for name in ("l1", "l2"):
        value = getattr(spec.regularization, name)
        if value:
            parts.append(f"{name.upper()} {value:g}")
    return ", ".join(parts)
