"""The decision boundary of a model of two features, live while it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gdstudio.core.registry import registry
from gdstudio.gui.charts.boundary import BoundaryChart, between
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.core.history import Weights
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset
    from gdstudio.evaluation.boundary import Plane

#: More points than this only hide one another.
_MAX_POINTS = 2_000


class Boundary(QWidget):
    """Asks the run for copies of its weights and draws what they say over the plane of the two features."""

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._job: Job | None = None
        self._drawn: Weights | object | None = None
        self._plane: Plane | None = None
        self._dataset: Dataset | None = None
        self.chart = BoundaryChart(
            theme, "Decision boundary", empty="What the model predicts at each point of the plane."
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.chart)
        session.table_changed.connect(self._table_changed)
        session.run_started.connect(self._run_started)

    @property
    def fits(self) -> bool:
        """Whether the data have exactly two features, both numbers."""
        dataset = self._session.dataset
        if dataset is None or self._session.data_problem is not None:
            return False
        return numeric_pair(dataset)

    @Slot()
    def _table_changed(self) -> None:
        dataset = self._session.dataset
        if dataset is self._dataset:
            return
        self._dataset, self._plane, self._drawn = dataset, None, None
        self.chart.clear()
        if self.fits and dataset is not None:
            show_points(self.chart, dataset)

    @Slot()
    def _run_started(self) -> None:
        self._drawn = None

    def refresh(self) -> None:
        """Draw the newest copy of the weights and ask for a newer one."""
        session, dataset = self._session, self._dataset
        if dataset is None or self._job is not None or not self.fits:
            return
        if session.control is not None:
            weights = session.history.weights
            session.control.request_weights()
            if weights is None or weights is self._drawn:
                return
            self._drawn = weights
            self._draw(session.run_spec, dataset, weights)
            return
        result = session.result
        shown = result is not None and result.history is session.history and result.dataset.table is dataset.table
        if result is not None and shown and result is not self._drawn:
            self._drawn = result
            self._draw(result.spec, result.dataset, result.model)

    def _draw(self, spec: ExperimentSpec, dataset: Dataset, source: Any) -> None:
        plane = self._plane

        def work(job: Job) -> tuple[Plane, np.ndarray, np.ndarray]:
            from gdstudio.evaluation.boundary import decision_field, make_plane
            from gdstudio.training.modules import module_with

            made = plane or make_plane(dataset.preparation, dataset.table.frame)
            model = module_with(source, spec, dataset)
            probabilities = registry("losses")[spec.loss.kind].probabilities  # type: ignore[union-attr]
            field = decision_field(model, made, dataset.preparation, probabilities)
            return made, field, between(field)

        self._job = self._jobs.run(work, on_done=self._show, on_failed=self._failed)

    @Slot(object)
    def _show(self, drawn: tuple[Plane, np.ndarray, np.ndarray]) -> None:
        self._job = None
        self._plane, field, fine = drawn
        assert self._dataset is not None
        self.chart.set_field(self._plane.x, self._plane.y, field, classes=self._dataset.classes, fine=fine)

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        """A picture that could not be drawn is no reason to disturb the run; the next one may."""
        self._job = None


def numeric_pair(dataset: Dataset) -> bool:
    """Whether the data have exactly two features, both numbers."""
    raw = dataset.preparation.raw_columns
    return len(raw) == 2 and all(dataset.spec.columns[name].type == "numeric" for name in raw)


def show_points(chart: BoundaryChart, dataset: Dataset) -> None:
    """Draw the rows of the training and the validation part, of very many an even selection."""
    first, second = dataset.preparation.raw_columns
    frame = dataset.table.frame
    chart.set_axis_label("bottom", first)
    chart.set_axis_label("left", second)
    for name in ("train", "validation"):
        part = dataset.parts[name]
        if not len(part):
            continue
        some = slice(None, None, max(1, len(part) * 2 // _MAX_POINTS))
        rows = part.rows[some]
        x, y = (frame[column].to_numpy(dtype=np.float64)[rows] for column in (first, second))
        target = dataset.preparation.decode_target(part.target[some])
        chart.set_points(name, x, y, target, classes=dataset.classes)
