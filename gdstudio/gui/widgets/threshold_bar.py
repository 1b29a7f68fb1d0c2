"""The threshold of two classes: moved by hand or found for a goal, with what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QGridLayout, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.evaluation.threshold import Costs, Goal, Outcome

#: Positions of the slider.
_STEPS = 1000
#: Goal → how it stands in the list, how in a sentence, and what it means.
GOALS = {
    "": ("the usual 0.5", "", "The likelier class is predicted"),
    "f1": ("the highest F1", "F1", "Finds much of the class without many false alarms"),
    "youden": ("the highest Youden's J", "Youden's J", "Recall plus specificity minus 1: both classes count alike"),
    "accuracy": ("the highest accuracy", "accuracy", "As many rows right as possible"),
    "cost": ("the least cost", "cost", "The two costs decide, each times its number of rows"),
    "recall": ("a recall of at least…", "precision", "Precise, among the thresholds that find so much of the class"),
}
_BY_HAND = "hand"
_TILES = {
    "precision": ("Precision", "Of the rows that are called the class, the share that is of it"),
    "recall": ("Recall", "Of the rows of the class, the share that is called so"),
    "f1": ("F1", "Harmonic mean of precision and recall"),
    "specificity": ("Specificity", "Of the other rows, the share that is left alone"),
    "accuracy": ("Accuracy", "Share of the rows that are right"),
    "cost": ("Cost", "False alarms and misses, each times what one costs"),
}


class ThresholdBar(QWidget):
    """Slider, number, goal and costs above; the scores that follow from them below.

    Signals:
        moved(threshold): A person has set another threshold.
        wanted: Another goal, or another cost or recall for it.
    """

    moved = Signal(float)
    wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("metrics.threshold_bar")
        tip = "A row is called the class from this probability on"
        self._slider = named(QSlider(Qt.Orientation.Horizontal), "metrics.threshold.slider", "Threshold", tip)
        self._slider.setRange(0, _STEPS)
        self._slider.setSingleStep(_STEPS // 100)
        self._slider.setPageStep(_STEPS // 20)
        self._number = named(QDoubleSpinBox(), "metrics.threshold", "Threshold", tip)
        self._number.setRange(0, 1)
        self._number.setDecimals(3)
        self._number.setSingleStep(0.01)
        self._goal = named(
            QComboBox(), "metrics.goal", "Best threshold for",
            "The threshold that serves a goal best on the validation rows, so that the test rows can judge it",
        )  # fmt: skip
        for key, (label, _, help_text) in GOALS.items():
            self._goal.addItem(label, key)
            self._goal.setItemData(self._goal.count() - 1, help_text, Qt.ItemDataRole.ToolTipRole)
        self._goal.addItem("set by hand", _BY_HAND)
        self._recall = named(QDoubleSpinBox(), "metrics.goal.recall", "Recall", "What share of the class must be found")
        self._recall.setRange(0.01, 1)
        self._recall.setDecimals(2)
        self._recall.setSingleStep(0.05)
        self._recall.setValue(0.9)
        self._recall.hide()
        self._costs = tuple(
            self._cost(f"metrics.cost.{key}", label, tip)
            for key, label, tip in (
                ("false_positive", "Cost of a false alarm", "What it costs to call another row the class"),
                ("false_negative", "Cost of a miss", "What it costs not to find a row of the class"),
            )
        )
        self._values: dict[str, QLabel] = {}
        self._said = named(QLabel(wordWrap=True), "metrics.threshold.said", "What the threshold brings")
        self._said.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(0.5 * theme.em))
        layout.addLayout(self._upper_row())
        layout.addLayout(self._lower_row(theme))
        layout.addWidget(self._said)
        self._slider.valueChanged.connect(lambda value: self._by_hand(value / _STEPS))
        self._number.valueChanged.connect(self._by_hand)
        self._goal.activated.connect(self._goal_chosen)
        self._recall.valueChanged.connect(self.wanted)
        for cost in self._costs:
            cost.valueChanged.connect(self.wanted)

    def _cost(self, name: str, label: str, tip: str) -> QDoubleSpinBox:
        made = named(QDoubleSpinBox(), name, label, tip)
        made.setRange(0, 1e9)
        made.setDecimals(2)
        made.setValue(1)
        made.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        made.setMaximumWidth(made.fontMetrics().horizontalAdvance("000000.00") + 40)
        return made

    def _upper_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(_label("&Threshold", self._number))
        row.addWidget(self._slider, 1)
        row.addWidget(self._number)
        row.addSpacing(12)
        row.addWidget(_label("&Best for", self._goal))
        row.addWidget(self._goal)
        row.addWidget(self._recall)
        return row

    def _lower_row(self, theme: Theme) -> QHBoxLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(round(1.4 * theme.em))
        grid.setVerticalSpacing(0)
        for place, (key, (label, tip)) in enumerate(_TILES.items()):
            head = QLabel(label)
            head.setProperty("role", "muted")
            value = named(QLabel("–"), f"metrics.threshold.{key}", label, tip)
            value.setProperty("role", "title")
            self._values[key] = value
            grid.addWidget(head, 0, place)
            grid.addWidget(value, 1, place)
        row = QHBoxLayout()
        row.addLayout(grid)
        row.addStretch(1)
        for cost, text in zip(self._costs, ("A false alarm costs", "a miss"), strict=True):
            row.addWidget(_label(text, cost))
            row.addWidget(cost)
        return row

    # -- what is asked ---------------------------------------------------------------------------------

    @property
    def goal(self) -> Goal | None:
        """What the threshold is to be best for; None for 0.5 and for one that was set by hand."""
        key = self._goal.currentData()
        return None if key in ("", _BY_HAND) else cast("Goal", key)

    @property
    def usual(self) -> bool:
        """Whether the likelier class is wanted."""
        return bool(self._goal.currentData() == "")

    @property
    def recall(self) -> float:
        """What share of the class must be found."""
        return self._recall.value()

    @property
    def costs(self) -> Costs:
        """What a wrong row costs."""
        from gdstudio.evaluation.threshold import Costs

        return Costs(self._costs[0].value(), self._costs[1].value())

    def offer_goals(self, reason: str) -> None:
        """Offer the goals, or say why none can be served."""
        model = self._goal.model()
        for place in range(1, len(GOALS)):
            item = model.item(place)
            item.setEnabled(not reason)
            item.setToolTip(reason or GOALS[self._goal.itemData(place)][2])
        if reason and self.goal is not None:
            self._goal.setCurrentIndex(0)
            self._recall.hide()

    # -- what is shown ---------------------------------------------------------------------------------

    def show_threshold(self, threshold: float) -> None:
        """Draw a threshold that was not set here; the exact value is in the tooltip."""
        for control, value in ((self._slider, round(threshold * _STEPS)), (self._number, threshold)):
            with QSignalBlocker(control):
                control.setValue(value)  # type: ignore[arg-type]
        self._number.setToolTip(f"<p>A row is called the class from this probability on: {threshold!r}</p>")

    def show_outcome(self, outcome: Outcome | None, said: str = "") -> None:
        """Draw what follows; None where that is not defined, with the reason as the sentence."""
        from gdstudio.evaluation.entry import UndefinedScoreError

        for key, label in self._values.items():
            text, exact = "–", said
            if outcome is not None:
                try:
                    value = outcome.cost(self.costs) if key == "cost" else float(getattr(outcome, key))
                    text, exact = (f"{value:,.10g}" if key == "cost" else f"{value:.3f}"), repr(value)
                except UndefinedScoreError as error:
                    text, exact = "not defined", error.reason
            label.setText(text)
            label.setToolTip(f"<p>{_TILES[key][1]}</p><p>{exact}</p>")
        self._said.setText(said)
        self._said.setVisible(bool(said))

    # -- by hand ---------------------------------------------------------------------------------------

    @Slot(float)
    def _by_hand(self, threshold: float) -> None:
        self._goal.setCurrentIndex(self._goal.findData(_BY_HAND))
        self._recall.hide()
        self.show_threshold(threshold)
        self.moved.emit(threshold)

    @Slot()
    def _goal_chosen(self) -> None:
        self._recall.setVisible(self.goal == "recall")
        if self._goal.currentData() != _BY_HAND:
            self.wanted.emit()


def _label(text: str, buddy: QWidget) -> QLabel:
    made = QLabel(text)
    made.setBuddy(buddy)
    return made
