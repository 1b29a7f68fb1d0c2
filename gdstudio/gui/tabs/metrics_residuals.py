"""What a regression misses: against the prediction or a column, against a normal distribution, and how wide it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QSplitter, QVBoxLayout, QWidget

from gdstudio.gui.charts.quantile import QuantileChart
from gdstudio.gui.charts.residual import ResidualChart
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.evaluation.curves import Residuals
    from gdstudio.evaluation.residuals import AxisValues, PredictionInterval, QuantilePlot
    from gdstudio.training.result import RunResult

_NAMES = {"train": "training", "validation": "validation", "test": "test"}


@dataclass(frozen=True)
class _Found:
    """What is drawn, or why it is not."""

    residuals: Residuals | None = None
    reason: str = ""
    axis: AxisValues | None = None
    quantiles: QuantilePlot | None = None
    no_quantiles: str = ""
    interval: PredictionInterval | None = None
    said: str = ""


class ResidualsPage(QWidget):
    """Residuals at the left, their distribution at the right, the prediction interval above."""

    def __init__(self, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("metrics.residuals_page")
        self._jobs = jobs
        self._job: Job | None = None
        self._result: RunResult | None = None
        self._part = ""
        self.residuals = ResidualChart(theme)
        self.quantiles = QuantileChart(theme)
        self._against = named(
            QComboBox(), "metrics.residual_view", "Residuals against",
            "What lies along the axis: a pattern there is something that the model has not learned",
        )  # fmt: skip
        self._level = named(
            QSpinBox(suffix=" %"), "metrics.interval_level", "Share that the interval holds",
            "What share of new rows is to lie within the prediction interval",
        )  # fmt: skip
        self._level.setRange(50, 99)
        self._level.setValue(90)
        self._said = named(QLabel(wordWrap=True), "metrics.interval", "Prediction interval")
        row = QHBoxLayout()
        for text, control in (("&Residuals against", self._against), ("&Interval for", self._level)):
            label = QLabel(text)
            label.setBuddy(control)
            row.addWidget(label)
            row.addWidget(control)
        row.addWidget(self._said, 1)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.addWidget(self.residuals)
        both.addWidget(self.quantiles)
        both.setChildrenCollapsible(False)
        both.setStretchFactor(0, 3)
        both.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(both, 1)
        self._against.activated.connect(self._load)
        self._level.valueChanged.connect(self._load)

    @property
    def busy(self) -> bool:
        """Whether something is being computed."""
        return self._job is not None

    def show_part(self, result: RunResult, part: str) -> None:
        """Draw a part of a run."""
        if result is not self._result:
            chosen = self._against.currentData()
            self._against.clear()
            self._against.addItem("the prediction", "")
            for name in result.dataset.preparation.raw_columns:
                self._against.addItem(name, name)
            self._against.setCurrentIndex(max(0, self._against.findData(chosen)))
        self._result, self._part = result, part
        self._load()

    @Slot()
    def _load(self) -> None:
        result, part = self._result, self._part
        if result is None:
            return
        if self._job is not None:
            self._job.cancel()
        column, level = str(self._against.currentData() or ""), self._level.value() / 100
        self._job = self._jobs.run(
            lambda job: _find(result, part, column, level),
            on_done=lambda found: self._loaded(column, found),
            on_failed=self._failed,
        )

    def _loaded(self, column: str, found: _Found) -> None:
        self._job = None
        self._said.setText(found.said)
        if found.residuals is None or self._result is None:
            self.residuals.set_empty(True, f"Not defined, because: {found.reason}")
            self.quantiles.set_plot(None, f"Not defined, because: {found.reason}")
            return
        self.residuals.set_residuals(
            found.residuals.predicted,
            found.residuals.residual,
            unit=str(self._result.dataset.spec.target),
            against=None if found.axis is None else (column, found.axis.values),
            names=() if found.axis is None else found.axis.names,
            half_width=None if found.interval is None else found.interval.half_width,
        )
        self.quantiles.set_plot(found.quantiles, f"Not defined, because: {found.no_quantiles}")

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._job = None
        self.residuals.set_empty(True, f"The residuals cannot be drawn: {error}")


def _find(result: RunResult, part: str, column: str, level: float) -> _Found:
    """Everything that the page draws of a part."""
    from gdstudio.evaluation.curves import residuals
    from gdstudio.evaluation.entry import UndefinedScoreError
    from gdstudio.evaluation.residuals import axis_values, prediction_interval, quantile_plot

    predictions = result.predictions[part]
    try:
        missed = residuals(predictions)
    except UndefinedScoreError as error:
        return _Found(reason=error.reason)
    axis = None
    if column:
        kinds = {prepared.name: prepared.kind for prepared in result.dataset.preparation.columns}
        series = result.dataset.table.frame[column].iloc[missed.rows]
        axis = axis_values(series, category=kinds.get(column, "numeric") != "numeric")
    quantiles, no_quantiles = None, ""
    try:
        quantiles = quantile_plot(predictions)
    except UndefinedScoreError as error:
        no_quantiles = error.reason
    interval, said = None, "There are no validation rows to make a prediction interval from."
    if "validation" in result.predictions:
        try:
            interval = prediction_interval(result.predictions["validation"], level)
            said = _interval_sentence(interval, result, part)
        except UndefinedScoreError as error:
            said = f"No prediction interval: {error.reason}"
    return _Found(missed, "", axis, quantiles, no_quantiles, interval, said)


def _interval_sentence(interval: PredictionInterval, result: RunResult, part: str) -> str:
    """What the interval promises, and what it held."""
    from gdstudio.evaluation.residuals import coverage

    shown = "test" if "test" in result.predictions else part
    held, count = coverage(interval, result.predictions[shown])
    return (
        f"<b>Prediction ± {interval.half_width:.4g}</b> is to hold {interval.level:.0%} of new rows, by the residuals "
        f"of the {interval.n:,} validation rows. Of the {count:,} {_NAMES[shown]} rows it holds {held / count:.1%}."
    )
