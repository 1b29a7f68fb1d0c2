"""How the loss curves where a run ended, in words, and along the run, as curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from gdstudio.core.errors import StudioError
from gdstudio.gui.charts.line import LineChart
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.evaluation.curvature import Curvature
    from gdstudio.training.landscape import CurvatureAt
    from gdstudio.training.result import RunResult

#: What can be drawn: title, name of the axis.
_DRAWN: Final = {
    "rate": ("Learning rate and 2/λmax along the run", "Learning rate"),
    "largest": ("Largest eigenvalue of the Hessian along the run", "λmax"),
    "trace": ("Trace of the Hessian along the run", "Trace"),
    "sharpness": ("Sharpness along the run: rise of the loss by a step of 0.05 up the gradient", "Rise of the loss"),
}
_CHOICES: Final = {"rate": "Rate and limit", "largest": "λmax", "trace": "Trace", "sharpness": "Sharpness"}
_EMPTY: Final = "The curvature of each kept step is measured; that takes a moment."


class CurvatureWords(QWidget):
    """The verdict at the end of a run, and a button for the way there.

    Signals:
        along_asked: The curvature along the run is wanted.
    """

    along_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("Curvature at the end")
        title.setProperty("role", "title")
        self._words = named(QLabel(wordWrap=True), "landscape.curvature", "Curvature at the trained weights")
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        button = named(
            QPushButton("Along the run"), "landscape.curvature.along", "Curvature along the run",
            "Measures λmax, trace and sharpness at steps of the run, against the learning rate",
        )  # fmt: skip
        button.clicked.connect(self.along_asked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for item in (title, self._words, button):
            layout.addWidget(item)

    def say(self, text: str) -> None:
        """Show a sentence in place of the numbers."""
        self._words.setText(text)

    def show_curvature(self, result: RunResult, measured: Curvature) -> None:
        """Show the numbers in sentences."""
        # The limit is that of plain gradient descent: rates of methods that scale the gradient cannot be held to it.
        plain = result.spec.optimizer.kind == "sgd"
        said = measured.sentences(float(result.spec.get("optimizer.lr")) if plain else None)
        spread = f" ± {measured.trace_error:.2g}" if measured.trace_error else ""
        said.append(f"Trace of the Hessian: {measured.trace:.3g}{spread}, over {measured.parameters:,} weights.")
        self._words.setText("\n\n".join(said))


class CurvatureAlong(QWidget):
    """Curves over the steps of a run, which grow while they are measured."""

    _measured = Signal(object, object)

    def __init__(self, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._job: Job | None = None
        self._result: RunResult | None = None
        self._points: list[CurvatureAt] = []
        self.chart = LineChart(theme, _DRAWN["rate"][0], "Learning rate", empty=_EMPTY, name="chart.curvature")
        self._what = named(QComboBox(), "landscape.curvature.what", "What is drawn", "Which number along the run")
        for key, label in _CHOICES.items():
            self._what.addItem(label, key)
        self._what.activated.connect(self._draw)
        self._bar = named(QProgressBar(), "landscape.curvature.progress", "Progress of the curvature")
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._close = named(QPushButton("Close"), "landscape.curvature.close", "Close", "Hide these curves")
        self._close.clicked.connect(self._put_away)
        row = QHBoxLayout()
        row.addWidget(self._what)
        row.addWidget(self._bar, 1)
        row.addStretch(1)
        row.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.chart, 1)
        self._measured.connect(self._take)
        self.hide()

    @property
    def points(self) -> tuple[CurvatureAt, ...]:
        """What is known so far."""
        return tuple(self._points)

    def measure(self, result: RunResult) -> None:
        """Show the curvature along a run; what is known of it is not measured again."""
        self.show()
        if result is self._result and (self._job is not None or self._points):
            return
        self.cancel()
        self._result, self._points = result, []
        self.chart.clear()
        self.chart.set_empty(True, _EMPTY)
        self._bar.show()

        def work(job: Job) -> None:
            from gdstudio.training.landscape import curvature_along

            for point in curvature_along(result, cancelled=lambda: job.cancelled, progress=job.report):
                self._measured.emit(job, point)

        self._job = self._jobs.run(work, on_done=self._done, on_failed=self._failed, on_progress=self._progress)

    def cancel(self) -> None:
        """Measure no more."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._bar.hide()

    @Slot()
    def _put_away(self) -> None:
        if self._job is not None:
            self._result = None  # half of the curve is not taken for the whole one next time
        self.cancel()
        self.hide()

    @Slot(object, object)
    def _take(self, job: Job, point: CurvatureAt) -> None:
        if job is self._job and not job.cancelled:
            self._points.append(point)
            self._draw()

    @Slot()
    def _draw(self) -> None:
        what = self._what.currentData()
        title, axis = _DRAWN[what]
        self.chart.set_title(title)
        self.chart.set_axis_label("left", axis)
        self.chart.clear()
        points = self._points
        if not points:
            return
        steps = np.array([p.step for p in points], dtype=np.float64)
        drawn: list[tuple[str, str, list[float]]] = []
        match what:
            case "rate":
                limits = [p.curvature.largest_rate for p in points]
                drawn.append(("limit", "2/λmax, limit of plain gradient descent", [v or np.nan for v in limits]))
                drawn.append(("rate", "learning rate", [p.rate for p in points]))
            case "largest":
                drawn.append(("largest", "λmax", [p.curvature.largest for p in points]))
            case "trace":
                drawn.append(("trace", "trace", [p.curvature.trace for p in points]))
            case _:
                drawn.append(("sharpness", "sharpness", [p.sharpness for p in points]))
        for number, (key, label, values) in enumerate(drawn):
            part = "validation" if key == "rate" else "train"
            self.chart.set_series(key, label, steps, np.array(values), part=part, color_index=number)  # type: ignore[arg-type]
        self.chart.set_log_y(all(v > 0 for _, _, values in drawn for v in values if np.isfinite(v)))

    @Slot(float, str)
    def _progress(self, share: float, _: str) -> None:
        self._bar.setValue(int(1000 * share))

    @Slot(object)
    def _done(self, _: object) -> None:
        self._job = None
        self._bar.hide()

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._done(None)
        self._result = None
        said = str(error) if isinstance(error, StudioError) else f"The curvature could not be measured: {error}"
        self.chart.set_empty(True, said)
