"""The network at work: live weights as lines, and over two features what every unit sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from gdstudio.gui.charts.boundary import between
from gdstudio.gui.charts.colors import signed_image
from gdstudio.gui.charts.unit_map import UnitMap
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.tabs.boundary import numeric_pair
from gdstudio.gui.tabs.boundary import show_points as show_points_in
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.live_network import MOST_UNITS, DrawnLayer, LiveNetwork
from gdstudio.gui.widgets.messages import EmptyState
from gdstudio.models.activations import ACTIVATIONS

if TYPE_CHECKING:
    from gdstudio.core.history import Weights
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset
    from gdstudio.evaluation.boundary import Plane
    from gdstudio.evaluation.units import UnitLayer

_EMPTY = (
    "Press Start: the network will be drawn here while it learns. Every line is as wide as its weight; with data of "
    "two features, every unit shows what it sees."
)
_KEY = "Blue, solid: positive. Orange, dashed: negative. Click a unit, or move with the arrow keys, to look closer."
#: Grid points a side: 24 small pictures a layer are made in a few milliseconds.
_GRID = 40
#: Terms of a unit's sum that are written out.
_TERMS = 6


@dataclass(frozen=True, eq=False)
class _Work:
    """What a background job has made of one copy of the weights.

    Attributes:
        plane: Of the two features; None for other data.
        layers: Of the network, without the inputs.
        drawn: The picture's columns, the inputs first.
    """

    plane: Plane | None
    layers: tuple[UnitLayer, ...]
    drawn: tuple[DrawnLayer, ...]


class NetworkTab(QWidget):
    """Asks the run for copies of its weights, as the decision boundary does, and draws them off its way."""

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.network")
        self._session, self._theme, self._jobs = session, theme, jobs
        self._job: Job | None = None
        self._seen: Weights | object | None = None
        self._dataset: Dataset | None = None
        self._work: _Work | None = None
        self._spec: ExperimentSpec | None = None
        self.picture = named(LiveNetwork(theme), "network.picture", "The network at work", _KEY)
        self.unit = UnitMap(theme)
        self.title = named(QLabel(), "network.unit", "The chosen unit")
        self.title.setProperty("role", "title")
        self.formula = named(QLabel(wordWrap=True), "network.formula", "What the chosen unit computes")
        self.formula.setTextFormat(Qt.TextFormat.PlainText)
        self.formula.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._empty = EmptyState(theme, "graph-outline", _EMPTY, "Start", name="network.start")
        self._empty.triggered.connect(session.start)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._make_page())
        layout = QVBoxLayout(self)
        layout.addWidget(self._pages)
        self.picture.chosen.connect(self._show_unit)
        session.table_changed.connect(self._table_changed)
        session.run_started.connect(self._forget)
        session.runs_changed.connect(self.refresh)
        theme.changed.connect(self._again)

    def _make_page(self) -> QWidget:
        key = QLabel(_KEY, wordWrap=True)
        key.setProperty("role", "muted")
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.title)
        column.addWidget(self.formula)
        column.addWidget(self.unit, 1)
        column.addStretch()
        both = self._both = QSplitter(Qt.Orientation.Horizontal)
        both.addWidget(self.picture)
        both.addWidget(side)
        both.setChildrenCollapsible(False)
        page = QWidget()
        whole = QVBoxLayout(page)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(both, 1)
        whole.addWidget(key)
        return page

    # -- following the run -----------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what is about to be seen."""
        super().showEvent(event)
        self.refresh()

    @Slot()
    def _table_changed(self) -> None:
        if self._session.dataset is not self._dataset:
            self._forget()

    @Slot()
    def _forget(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job, self._seen, self._work = None, None, None
        self._dataset = self._session.dataset
        self._pages.setCurrentIndex(0)
        self.unit.clear()
        pair = self._dataset is not None and numeric_pair(self._dataset)
        self.unit.setVisible(pair)
        self._both.setSizes([560, 400] if pair else [720, 240])
        if pair and self._dataset is not None:
            show_points_in(self.unit, self._dataset)

    @Slot()
    def _again(self) -> None:
        """Other colours."""
        self._seen = None
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Draw the newest copy of the weights and ask for a newer one."""
        session, dataset = self._session, self._dataset
        if dataset is None or self._job is not None or not self.isVisible():
            return
        if session.control is not None:
            weights = session.history.weights
            session.control.request_weights()
            if weights is not None and weights is not self._seen:
                self._seen = weights
                self._draw(session.run_spec, dataset, weights)
            return
        result = session.result
        shown = result is not None and result.history is session.history and result.dataset.table is dataset.table
        if result is not None and shown and result is not self._seen:
            self._seen = result
            self._draw(result.spec, result.dataset, result.model)

    def _draw(self, spec: ExperimentSpec, dataset: Dataset, source: Any) -> None:
        theme, plane = self._theme, self._work.plane if self._work is not None else None

        def work(job: Job) -> _Work:
            from gdstudio.evaluation.boundary import make_plane
            from gdstudio.evaluation.units import unit_layers
            from gdstudio.training.modules import module_with

            made = plane
            if made is None and numeric_pair(dataset):
                made = make_plane(dataset.preparation, dataset.table.frame, _GRID)
            inputs = dataset.train.features[:0] if made is None else made.inputs
            layers = unit_layers(module_with(source, spec, dataset), inputs)
            return _Work(made, layers, _drawn(layers, inputs, dataset, theme))

        self._spec = spec
        self._job = self._jobs.run(work, on_done=self._show, on_failed=self._failed)

    @Slot(object)
    def _show(self, work: _Work) -> None:
        self._job = None
        self._work = work
        if work.layers:
            self.picture.set_layers(work.drawn)
            self._pages.setCurrentIndex(1)
            self._show_unit()

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        """A picture that could not be drawn is no reason to disturb the run; the next one may."""
        self._job = None

    # -- the chosen unit -------------------------------------------------------------------------------

    @Slot()
    def _show_unit(self) -> None:
        work, dataset, spec = self._work, self._dataset, self._spec
        if work is None or dataset is None or spec is None or not work.layers:
            return
        layer, unit = self.picture.selection
        self.title.setText(work.drawn[layer].names[unit])
        self.formula.setText(_formula(work.drawn, layer, unit, spec))
        if work.plane is not None:
            values = work.plane.inputs if layer == 0 else work.layers[layer - 1].values
            field = _over_plane(values[:, unit])
            self.unit.set_field(work.plane.x, work.plane.y, field, classes=dataset.classes, fine=between(field))


def _over_plane(values: NDArray[np.float32]) -> NDArray[np.float64]:
    return values.reshape(_GRID, _GRID).astype(np.float64)


def _drawn(
    layers: tuple[UnitLayer, ...], inputs: NDArray[np.float32], dataset: Dataset, theme: Theme
) -> tuple[DrawnLayer, ...]:
    """The picture's columns; runs in the background."""

    def images(values: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
        if not len(values):
            return []
        shown = values.T[:MOST_UNITS]
        return [np.ascontiguousarray(signed_image(_over_plane(unit)[::-1], theme)) for unit in shown]

    features = tuple(dataset.feature_names)
    columns = [
        DrawnLayer("Inputs", features, features, np.empty((len(features), 0), np.float32), images=images(inputs))
    ]
    for number, layer in enumerate(layers, start=1):
        units = len(layer.weights)
        title, marks = f"Layer {number}", tuple(str(i + 1) for i in range(units))
        names = tuple(f"Unit {mark} of layer {number}" for mark in marks)
        if number == len(layers):
            title = "Output"
            marks = tuple(dataset.classes) if len(dataset.classes) == units else marks
            names = tuple(f"Output {mark}" for mark in marks) if units > 1 else ("Output",)
        columns.append(DrawnLayer(title, names, marks, layer.weights, layer.bias, images(layer.values)))
    return tuple(columns)


def _formula(drawn: tuple[DrawnLayer, ...], layer: int, unit: int, spec: ExperimentSpec) -> str:
    """The unit's weighted sum with its numbers, the largest terms first."""
    if layer == 0:
        return "An input, as the network gets it: scaled and encoded."
    weights, bias = drawn[layer].weights[unit], drawn[layer].bias
    before = ["unit " + str(i + 1) for i in range(len(weights))] if layer > 1 else list(drawn[0].names)
    order = np.argsort(-np.abs(weights), kind="stable")[:_TERMS]
    terms = [f"{'−' if weights[i] < 0 else '+'} {abs(weights[i]):.3g} · {before[i]}" for i in order]
    if len(weights) > _TERMS:
        terms.append(f"+ … {len(weights) - _TERMS} smaller terms")
    if bias is not None:
        terms.append(f"{'−' if bias[unit] < 0 else '+'} {abs(bias[unit]):.3g}")
    total = " ".join(terms).removeprefix("+ ")
    if layer == len(drawn) - 1:
        return f"= {total}"
    if getattr(spec.model, "normalization", "none") != "none":
        total = f"normalized({total})"
    activation = ACTIVATIONS[getattr(spec.model, "activation", "identity")]
    return f"= {total}" if activation.key == "identity" else f"= {activation.label}({total})"
