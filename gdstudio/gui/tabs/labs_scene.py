"""A race looked at step by step: paths on one plane, and each racer's decision boundary beside its curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from gdstudio.gui.charts.boundary import BoundaryChart
from gdstudio.gui.charts.colors import finer
from gdstudio.gui.charts.lab import LabChart
from gdstudio.gui.charts.landscape import LandscapeChart
from gdstudio.gui.charts.legend import Legend
from gdstudio.gui.charts.map_and_surface import MapAndSurface
from gdstudio.gui.charts.routes import Route
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.player import Player

if TYPE_CHECKING:
    from gdstudio.labs.picture import Picture
    from gdstudio.labs.scene import FeaturePlane, Racer, Scene

#: Between the points at which a model was asked so many are interpolated; more cost time with every frame.
_FINER = 2


class RacerPanel(QWidget):
    """What one racer says over the two features, under its name and its loss."""

    def __init__(self, theme: Theme, number: int, racer: Racer, features: FeaturePlane) -> None:
        super().__init__()
        self._theme = theme
        self._number = number
        self._racer = racer
        self._features = features
        self._head = QLabel(textFormat=Qt.TextFormat.RichText)
        # Its words are cut where there is no room: a page that nobody looks at must not widen the window.
        self._head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.chart = BoundaryChart(theme, "", name=f"chart.race.boundary.{number}", legend=False, point_size=5)
        # All panels share one legend and one pair of axes, which are named above them.
        for side in ("left", "bottom"):
            self.chart.plot.hideAxis(side)
        self.chart.setMinimumSize(round(5 * theme.em), round(5 * theme.em))
        x, y = features.points.T
        self.chart.set_points("train", x, y, features.target, classes=features.classes)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(0.1 * theme.em))
        column.addWidget(self._head)
        column.addWidget(self.chart, 1)

    def show_step(self, step: int) -> None:
        """What it said after so many steps."""
        racer, features = self._racer, self._features
        at = racer.at(step)
        assert racer.fields is not None
        values = racer.fields[at].astype(np.float64)
        self.chart.set_field(features.x, features.y, values, classes=features.classes, fine=finer(values, _FINER))
        color = self._theme.series_color(self._number).name()
        stopped = step > int(racer.steps[-1])
        said = f"loss {racer.losses[at]:.3g}" + (f", ended at step {racer.steps[-1]:,}" if stopped else "")
        self._head.setText(f"<span style='color:{color}'>■</span> <b>{escape(racer.name)}</b><br>{said}")
        self.chart.setAccessibleName(f"Decision boundary of {racer.name}, {said}")


class _Panels(QWidget):
    """All racers' panels, in as many columns as make them squarest."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.panels: list[RacerPanel] = []

    def set_panels(self, panels: Sequence[RacerPanel]) -> None:
        """These in place of those before."""
        for panel in self.panels:
            self._grid.removeWidget(panel)
            panel.setParent(None)
            panel.deleteLater()
        self.panels = list(panels)
        self._place()

    def _place(self) -> None:
        count = len(self.panels)
        if not count:
            return
        wide, high = max(self.width(), 1), max(self.height(), 1)
        columns = max(range(1, count + 1), key=lambda n: min(wide / n, high / math.ceil(count / n)))
        for number, panel in enumerate(self.panels):
            self._grid.addWidget(panel, *divmod(number, columns))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()


class RaceStage:
    """The two pages of a race and the player that moves both.

    Attributes:
        boundaries: Curves at the left, a panel a racer at the right.
        plane: All paths on one map, which can be turned as a surface.
        player: Goes through the steps.
    """

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._scene: Scene | None = None
        self.curves = LabChart(theme)
        self.curves.setObjectName("chart.race.curves")
        self.panels = _Panels()
        self._legend = Legend(theme)
        self._axes = QLabel(wordWrap=True)
        self._axes.setProperty("role", "muted")
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self._axes, self._legend):
            column.addWidget(widget)
        column.addWidget(self.panels, 1)
        self.boundaries = QSplitter(Qt.Orientation.Horizontal)
        self.boundaries.addWidget(self.curves)
        self.boundaries.addWidget(right)
        self.boundaries.setChildrenCollapsible(False)
        self.boundaries.setSizes([1000, 1600])
        self.chart = LandscapeChart(theme)
        self.chart.setObjectName("chart.race.plane")
        self.views = MapAndSurface(self.chart, theme, "lab.race")
        self._note = QLabel(wordWrap=True)
        self._note.setProperty("role", "muted")
        self.plane = QWidget()
        page = QVBoxLayout(self.plane)
        page.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.addWidget(self._note, 1)
        row.addWidget(self.views.switch)
        page.addLayout(row)
        page.addWidget(self.views, 1)
        self.player = Player(theme, "lab.race")
        self.player.moved.connect(self._show_step)
        theme.changed.connect(self._again)

    def set_scene(self, scene: Scene | None, picture: Picture | None) -> None:
        """Show another race; its curves are the picture's.

        Args:
            scene: What is looked at; None takes the last one away.
            picture: The loss of each racer by steps.
        """
        self._scene = scene
        features = scene.features if scene is not None else None
        self.panels.set_panels(
            [RacerPanel(self._theme, k, racer, features) for k, racer in enumerate(scene.racers)]
            if scene is not None and features is not None else []
        )  # fmt: skip
        if scene is None:
            return
        if picture is not None:
            self.curves.set_picture(picture)
        if features is not None:
            self._axes.setText(f"Across: {features.names[0]}. Up: {features.names[1]}. Dots are the training rows.")
            self._legend.set_entries(self.panels.panels[0].chart.legend_entries)
        self._note.setText(scene.note)
        if scene.has_plane:
            from gdstudio.evaluation.landscape.picture import wants_log

            for side, label in zip(("bottom", "left"), scene.labels, strict=True):
                self.chart.set_axis_label(side, label)
            self.chart.set_picture(
                scene.x, scene.y, scene.values, measure=scene.measure, log=wants_log(scene.values)
            )  # fmt: skip
        self.player.set_steps(scene.steps)

    def refresh(self) -> None:
        """Draw what changed while it was out of sight."""
        if self._scene is not None:
            self._show_step(self.player.step)

    def _again(self) -> None:
        """Names and legend in the colours of another theme."""
        if self.panels.panels:
            self._legend.set_entries(self.panels.panels[0].chart.legend_entries)
        self.refresh()

    def _show_step(self, step: int) -> None:
        scene = self._scene
        if scene is None:
            return
        if self.boundaries.isVisible():
            self.curves.set_now(float(step))
            for panel in self.panels.panels:
                panel.show_step(step)
        if not self.plane.isVisible():
            return
        routes = []
        for number, racer in enumerate(scene.racers):
            end = racer.at(step) + 1
            routes.append(Route(racer.points[:end], racer.distances[:end], racer.name, number))
        self.chart.set_routes(routes)
