"""One curve of the Metrics tab: which one, the chart, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gdstudio.gui.charts.class_curves import ClassCurvesChart
from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.evaluation.curve_kinds import ClassCurve
    from gdstudio.evaluation.threshold import Outcome
    from gdstudio.training.result import RunResult

#: Key → name of the curves that can be chosen; the evaluation says the rest of them.
_KINDS = {
    "roc": "ROC curve",
    "precision_recall": "Precision and recall",
    "calibration": "Calibration",
    "gain": "Gain",
    "lift": "Lift",
}
_NAMES = {"train": "training", "validation": "validation", "test": "test"}
#: What the curves of a part are: name → curve, and the sentence below them.
Found = tuple[Mapping[str, "ClassCurve"], str]


class CurvePane(QWidget):
    """A chooser above a chart.

    Args:
        theme: Colours.
        name: Object name of the chooser.
        label: Its label; the letter behind ``&`` reaches it.
        kind: Which curve is drawn at first.

    Signals:
        chosen: Another curve is to be drawn.
    """

    chosen = Signal()

    def __init__(self, theme: Theme, name: str, label: str, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart = ClassCurvesChart(theme, name=f"chart.{name}")
        self._combo = named(QComboBox(), name, label.replace("&", ""), "Which curve is drawn")
        for key, text in _KINDS.items():
            self._combo.addItem(text, key)
        self._combo.setCurrentIndex(self._combo.findData(kind))
        self._combo.activated.connect(lambda place: self.chosen.emit())
        self._said = named(QLabel(wordWrap=True), f"{name}.said", "What the curve says")
        self._said.setProperty("role", "muted")
        self._said.hide()
        buddy = QLabel(label)
        buddy.setBuddy(self._combo)
        self.chooser = QHBoxLayout()
        self.chooser.addWidget(buddy)
        self.chooser.addWidget(self._combo)
        self.chooser.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self.chooser)
        layout.addWidget(self.chart, 1)
        layout.addWidget(self._said)

    @property
    def kind(self) -> str:
        """Key of the curve that is chosen."""
        return str(self._combo.currentData())

    def show_curves(self, found: Found) -> None:
        """Draw curves of the chosen kind, or say why there are none."""
        from gdstudio.evaluation.curve_kinds import KINDS

        curves, said = found
        kind = KINDS[self.kind]
        scaled = frozenset(name for name in curves if name.startswith(_SCALED))
        self.chart.set_curves(kind, curves, dashed=scaled)
        if not curves:
            self.chart.set_empty(True, f"Not defined, because: {said}")
        self._said.setText(said if curves else "")
        self._said.setVisible(bool(curves and said))
        self._combo.setToolTip(f"<p>{kind.help}</p>")

    def show_outcome(self, outcome: Outcome | None, threshold: float) -> None:
        """Mark what follows from a threshold; None where that is not defined."""
        from gdstudio.evaluation.curve_kinds import KINDS

        kind = KINDS[self.kind]
        self.chart.set_mark(None if outcome is None else kind.point(outcome))
        self.chart.set_line(threshold if outcome is not None and kind.key == "calibration" else None)

    def fail(self, error: Exception) -> None:
        """Say that the curves could not be made."""
        self.chart.set_empty(True, f"The curve cannot be drawn: {error}")


#: Begins the name of a curve after temperature scaling.
_SCALED = "at temperature"


def make_curves(result: RunResult, kind: str, part: str, cls: str) -> Found:
    """The curves of one class of a part, or of all where it is empty, and the sentence below them."""
    from gdstudio.evaluation.curve_kinds import KINDS, curves_of

    predictions = result.predictions[part]
    found, reasons = curves_of(KINDS[kind], predictions, (cls,) if cls else result.dataset.classes)
    said = " ".join(dict.fromkeys(reasons.values()))
    if kind != "calibration" or not found:
        return found, said
    from gdstudio.evaluation.calibration import calibration, fit_temperature, with_temperature
    from gdstudio.evaluation.entry import UndefinedScoreError

    before = calibration(predictions)
    alone = (
        f"Log loss {before.log_loss:.3g}, Brier score {before.brier:.3g}, expected calibration error "
        f"{before.error:.3g}. {said}"
    )
    try:
        temperature = fit_temperature(result.predictions["validation"])
    except KeyError:
        return found, f"{alone}There are no validation rows to fit a temperature on."
    except UndefinedScoreError as error:
        return found, f"{alone}No temperature: {error.reason}"
    scaled = with_temperature(predictions, temperature)
    after = calibration(scaled)
    if cls:
        found = {**found, f"{_SCALED} {temperature:.3g}": KINDS[kind].make(scaled, cls)}
    sure = "too sure of itself" if temperature > 1 else "not sure enough of itself"
    changes = ", ".join(
        f"{name} {getattr(before, key):.3g} → {getattr(after, key):.3g}"
        for name, key in (("log loss", "log_loss"), ("Brier score", "brier"), ("expected calibration error", "error"))
    )
    return found, (
        f"{said}The model is {sure}. At temperature {temperature:.3g}, fitted on the validation rows: {changes} on the "
        f"{_NAMES[part]} rows; no prediction changes."
    )
