"""A linear model's coefficients in the units of the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gdstudio.core.errors import StudioError
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.messages import EmptyState

if TYPE_CHECKING:
    import pandas as pd

    from gdstudio.evaluation.explain.coefficients import Coefficients
    from gdstudio.training.result import RunResult

_NONE = (
    "Only a linear model has coefficients: choose the linear model, or take every hidden layer away, and train again."
)


class ExplainCoefficients(QWidget):
    """A table of coefficients, with the least squares they should reach where there is a closed form."""

    def __init__(self, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("explain.coefficients")
        self._theme, self._jobs = theme, jobs
        self._job: Job | None = None
        self._empty = EmptyState(theme, "function-variant", _NONE)
        self._said = named(QLabel(wordWrap=True), "explain.coefficients.words", "How to read the coefficients")
        self._check = named(QLabel(wordWrap=True), "explain.closed_form", "Beside the closed form")
        self._said.setProperty("role", "muted")
        self._table = named(TableView(theme), "explain.coefficients.table", "Coefficients")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._empty, self._said, self._check):
            layout.addWidget(widget)
        layout.addWidget(self._table, 1)
        self._there(False)

    @property
    def busy(self) -> bool:
        """Whether the closed form is being computed."""
        return self._job is not None

    def _there(self, there: bool) -> None:
        self._empty.setVisible(not there)
        for widget in (self._said, self._check, self._table):
            widget.setVisible(there)

    def show_result(self, result: RunResult) -> None:
        """Show another run's."""
        if self._job is not None:
            self._job.cancel()
        self._job = self._jobs.run(lambda job: _made(result), on_done=self._show, on_failed=self._failed)

    def _show(self, made: tuple[pd.DataFrame, str, str] | None) -> None:
        from gdstudio.gui.tables.frame import FrameModel

        self._job = None
        self._there(made is not None)
        if made is None:
            self._empty.set_sentence(_NONE)
            return
        frame, said, check = made
        self._said.setText(said)
        self._check.setText(check)
        self._check.setVisible(bool(check))
        self._table.set_model(FrameModel(frame, self._theme))
        self._table.verticalHeader().hide()

    def _failed(self, error: Exception) -> None:
        self._job = None
        self._there(False)
        said = str(error) if isinstance(error, StudioError) else f"The coefficients cannot be shown: {error}"
        self._empty.set_sentence(said)


def _made(result: RunResult) -> tuple[pd.DataFrame, str, str] | None:
    """The table, how to read it, and what the closed form says; None for a model that is not linear."""
    import pandas as pd

    from gdstudio.evaluation.explain.coefficients import closed_form, linear_weights, raw_coefficients

    weights = linear_weights(result.model)
    if weights is None or result.spec.loss is None:
        return None
    if not all(np.isfinite(array).all() for array in weights):
        raise StudioError("The weights are no numbers: the run has diverged.", "Train with a lower learning rate.")
    data, loss = result.dataset, result.spec.loss.kind
    found = raw_coefficients(*weights, data.preparation, loss=loss)
    columns: dict[str, list[object] | np.ndarray] = {
        "input": ["intercept", *(t.name for t in found.terms)],
        "unit": ["all inputs 0", *(t.unit for t in found.terms)],
    }
    for place, name in enumerate(found.outputs):
        heading = "coefficient" if len(found.outputs) == 1 else str(name)
        columns[heading] = np.concatenate([[found.intercept[place]], found.values[:, place]])
    ratios = found.odds_ratios
    if ratios is not None:
        columns["odds ratio"] = np.concatenate([[np.nan], ratios[:, 0]])
    check = ""
    if loss == "mse":
        penalties = result.spec.regularization
        if penalties.l1:
            check = "With an L1 penalty there is no closed form to compare with."
        else:
            form = closed_form(*weights, data.preparation, data.train.features, data.train.target, l2=penalties.l2)  # type: ignore[arg-type]
            best = form.coefficients
            columns["closed form"] = np.concatenate([best.intercept, best.values[:, 0]])
            check = _compared(form.difference, form.coefficient_difference, penalties.l2)
    return pd.DataFrame(columns), _reading(found, data.preparation.target), check


def _compared(difference: float, coefficients: float | None, l2: float) -> str:
    name = "Ridge regression in closed form" if l2 else "Least squares in closed form"
    if coefficients is None:
        return (
            f"{name} has no single answer here: some columns are sums of others. Predictions on the training rows "
            f"differ from the best ones by at most {difference:.2%} of the target's deviation."
        )
    close = "training has converged" if coefficients < 1e-3 else "training further would bring them closer"
    return (
        f"{name}: coefficients differ by at most {coefficients:.2%} of the largest one (each per standard deviation of "
        f"its input); {close}."
    )


def _reading(found: Coefficients, target: str) -> str:
    if found.kind == "value":
        return (
            f"In the units of the source: one unit more of an input changes '{target}' by the coefficient, all else "
            "staying. A category counts against the average of its column's categories."
        )
    if found.kind == "log_odds":
        return (
            f"One unit more of an input adds its coefficient to the log odds of '{found.outputs[0]}' and multiplies "
            "the odds by the odds ratio, all else staying. A category counts against the average of its column."
        )
    return (
        "One unit more of an input adds this to the score of each class, all else staying; the classes' scores are "
        "given from their mean, since only differences between them count."
    )
