"""How each layer fares while a run goes: gradients, weights, updates, idle units, and what they say."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gdstudio.evaluation.health import MEASURES, Health, verdicts
from gdstudio.gui.charts.layer_heat_map import LayerHeatMap
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme

_EMPTY = (
    "Press Start: a row for each layer and a column for each sampled step will be drawn here. It shows whether every "
    "layer of the network learns."
)


class GradientsTab(QWidget):
    """Polls the samples of the run on screen; draws only while it is seen."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.gradients")
        self._session = session
        self._drawn: tuple[object, ...] = ()
        self._measure = named(
            QComboBox(), "gradients.measure", "Measure",
            "What is drawn of each layer: how steep its loss is, how large its weights are, by which share of "
            "their size a step changes them, or how many of its units no longer learn",
        )  # fmt: skip
        for key, label in MEASURES.items():
            self._measure.addItem(label, key)
        self._measure.activated.connect(self.refresh)
        self.chart = LayerHeatMap(theme, "Gradient norm", empty=_EMPTY)
        self.verdict = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.cost = QLabel()
        for shown, key, said in (
            (self.verdict, "gradients.verdict", "What the layers show"),
            (self.cost, "gradients.cost", "What the samples have cost"),
        ):
            named(shown, key, said, said)
            shown.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        self.cost.setProperty("role", "muted")
        name = QLabel("Measure")
        name.setBuddy(self._measure)
        controls = QHBoxLayout()
        for widget in (name, self._measure):
            controls.addWidget(widget)
        controls.addStretch(1)
        controls.addWidget(self.cost)
        layout = QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(self.verdict)
        layout.addWidget(self.chart, 1)
        session.run_started.connect(self.refresh)
        session.runs_changed.connect(self.refresh)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what is about to be seen."""
        super().showEvent(event)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Draw what was sampled since the last time."""
        if not self.isVisible():
            return
        history, key = self._session.history, self._measure.currentData()
        state = (history, len(history.health), key, self._session.state)
        if state == self._drawn:
            return
        self._drawn = state
        health = Health(history.health_layers, history.health.snapshot())
        self.chart.set_layers(health.layers, health.steps, health.matrix(key), MEASURES[key], log=key != "idle_units")
        self.verdict.setText("\n".join(v.sentence for v in verdicts(health, self._activation())))
        self.verdict.setVisible(bool(self.verdict.text()))
        seconds = history.steps.snapshot()["seconds"]
        spent, samples = history.health_seconds, len(health.steps)
        if len(seconds) and seconds[-1] > 0 and samples:
            share = 100 * spent / seconds[-1]
            self.cost.setText(f"{samples} samples took {1000 * spent:.3g} ms, {share:.2g} % of the training time")
        else:
            self.cost.setText("")

    def _activation(self) -> str:
        """Of the run on screen."""
        history, result = self._session.history, self._session.result
        spec = result.spec if result is not None and result.history is history else self._session.run_spec
        return str(getattr(spec.model, "activation", ""))
