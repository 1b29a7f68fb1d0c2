"""What each column adds to the prediction of one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QSplitter, QVBoxLayout, QWidget

from gdstudio.core.errors import StudioError
from gdstudio.gui.charts.bars import BarsChart
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.tables.numbers import MISSING, exact_text
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.tabs.explain_columns import predictor_of
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

    from gdstudio.evaluation.explain.attribution import Attribution
    from gdstudio.training.result import RunResult

_QUANTITIES = {"probability": "Probability", "log_odds": "Log odds"}


class ExplainRow(QWidget):
    """Integrated gradients as bars, and beside them the values of the row and gradient × input."""

    def __init__(self, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("explain.one_row")
        self._theme, self._jobs = theme, jobs
        self._result: RunResult | None = None
        self._job: Job | None = None
        self._row = named(QSpinBox(), "explain.row", "Row", "The row of the table, the first being 0")
        self._row.setKeyboardTracking(False)
        self._row.valueChanged.connect(self._start)
        self._class = named(QComboBox(), "explain.row.class", "Class", "The class whose prediction is explained")
        self._class.activated.connect(self._start)
        self._quantity = named(
            QComboBox(),
            "explain.quantity",
            "Measured in",
            "Probabilities are easier to read; log odds add up without a ceiling, and are what a linear model adds up",
        )
        for key, shown in _QUANTITIES.items():
            self._quantity.addItem(shown, key)
        self._quantity.activated.connect(self._start)
        self._said = named(QLabel(wordWrap=True), "explain.row.words", "What is predicted for the row")
        self._check = named(QLabel(wordWrap=True), "explain.completeness", "Whether the contributions add up")
        self._check.setProperty("role", "muted")
        self.chart = BarsChart(theme, "Contributions", empty="Choose a row.", name="explain.contributions")
        self._table = named(TableView(theme), "explain.row.table", "Contributions of the columns")
        top = QHBoxLayout()
        for text, control in (("Row", self._row), ("Class", self._class), ("Measured in", self._quantity)):
            label = QLabel(text)
            label.setBuddy(control)
            control.setProperty("label", label)
            top.addWidget(label)
            top.addWidget(control)
        top.addStretch(1)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.addWidget(self.chart)
        both.addWidget(self._table)
        both.setSizes([round(30 * theme.em), round(27 * theme.em)])
        both.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self._said)
        layout.addWidget(both, 1)
        layout.addWidget(self._check)

    @property
    def busy(self) -> bool:
        """Whether a row is being explained."""
        return self._job is not None

    def show_result(self, result: RunResult, row: int | None = None) -> None:
        """Explain rows of another run; the first of its test part where none is named."""
        self._result = result
        data = result.dataset
        part = data.test if len(data.test) else data.train
        self._row.blockSignals(True)
        self._row.setRange(0, len(data.table.frame) - 1)
        self._row.setValue(int(part.rows[0]) if row is None else row)
        self._row.blockSignals(False)
        self._class.clear()
        # Nothing chosen by a person yet: that of the prediction.
        if data.classes:
            self._class.addItem("Predicted one", -1)
        for index, name in enumerate(data.classes):
            self._class.addItem(name, index)
        for control in (self._class, self._quantity):
            control.setVisible(bool(data.classes))
            control.property("label").setVisible(bool(data.classes))
        self._start()

    @Slot()
    def _start(self) -> None:
        result = self._result
        if result is None:
            return
        row, chosen, quantity = self._row.value(), self._class.currentData(), self._quantity.currentData()
        if self._job is not None:
            self._job.cancel()

        def work(job: Job) -> tuple[Attribution, pd.DataFrame, str]:
            return _explained(result, row, chosen, quantity)

        self._job = self._jobs.run(work, on_done=self._show, on_failed=self._failed)

    @Slot(object)
    def _show(self, made: tuple[Attribution, pd.DataFrame, str]) -> None:
        from gdstudio.gui.tables.frame import FrameModel

        self._job = None
        found, frame, said = made
        unit = {
            "probability": f"Adds to the probability of {found.class_name}",
            "log_odds": f"Adds to the log odds of {found.class_name}",
            "value": "Adds to the prediction",
        }[found.quantity]
        names = [f"{n} = {v}" for n, v in zip(frame["column"], frame["value"], strict=True)]
        self.chart.set_bars(names, frame["contribution"].to_numpy(), label=unit)
        self._said.setText(said)
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        headers = {
            "contribution": ("", "Integrated gradients: the gradient's mean on the way from the baseline to the row"),
            "gradient × input": ("", "The gradient at the row itself, times the distance from the baseline"),
        }
        self._table.set_model(FrameModel(frame, self._theme, headers))
        self._table.verticalHeader().hide()
        difference = found.prediction - found.baseline
        self._check.setText(
            f"The contributions add up to {found.integrated.sum():.5g}; the prediction is {difference:.5g} from the "
            f"baseline's, the mean of the training rows. Left unexplained: {abs(found.gap):.1e} "
            f"({found.points:,} gradients along the way). Gradient × input leaves {abs(found.gradient_gap):.3g}."
        )

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._job = None
        self._said.setText(str(error) if isinstance(error, StudioError) else f"The row cannot be explained: {error}")
        self._check.clear()
        self.chart.clear("There is nothing to draw for this row.")


def _explained(result: RunResult, row: int, chosen: int | None, quantity: str) -> tuple[Attribution, pd.DataFrame, str]:
    """The attribution; its columns, the largest contribution first; what is predicted, in words."""
    import pandas as pd

    from gdstudio.evaluation.explain.attribution import attribute

    predictor, data = predictor_of(result), result.dataset
    frame = data.table.frame.iloc[[row]]
    features = data.preparation.transform(frame)
    values = predictor.values(features)[0]
    index = int(values.argmax()) if chosen is None or chosen < 0 else chosen
    mean = data.train.features.mean(axis=0, dtype=np.float64)
    found = attribute(predictor, features[0], mean, class_index=index, quantity=quantity)  # type: ignore[arg-type]
    target = frame[data.preparation.target].iloc[0]
    if data.classes:
        best = int(values.argmax())
        said = f"Row {row}: predicted {data.classes[best]} with probability {values[best]:.4g}"
        if index != best:
            said += f"; {data.classes[index]} has {values[index]:.4g}"
    else:
        said = f"Row {row}: predicted {values[0]:.5g}"
    known = exact_text(target)
    said += f"; the target is {known}." if known else "; the target is missing."
    texts = [exact_text(frame[name].iloc[0]) or MISSING for name in found.columns]
    order = np.argsort(-np.abs(found.integrated), kind="stable")
    shown = pd.DataFrame(
        {
            "column": [found.columns[i] for i in order],
            "value": [texts[i] for i in order],
            "contribution": found.integrated[order],
            "gradient × input": found.gradient_input[order],
        }
    )
    return found, shown, said
