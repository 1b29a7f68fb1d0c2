"""A map and the same map as a surface, one of them or both beside each other."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSplitter, QToolButton, QVBoxLayout, QWidget

from gdstudio.gui.charts.landscape import LandscapeChart
from gdstudio.gui.charts.surface import SurfaceChart
from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme

_VIEWS: Final = {
    "map": ("Map", "Seen from above, with contours"),
    "surface": ("Surface", "In three dimensions: drag to turn, wheel to zoom, arrow keys, + and − likewise, 0 resets"),
    "both": ("Both", "Map and surface beside each other"),
}


class MapAndSurface(QWidget):
    """Shows a map, its surface, or both; the surface has the map's numbers, colours and paths.

    Args:
        chart: The map.
        theme: Colours.
        name: What the object names of the three buttons in :attr:`switch` begin with.
    """

    def __init__(self, chart: LandscapeChart, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart = chart
        self.surface = SurfaceChart(theme, empty="The surface appears with the map.")
        self.switch = QWidget()
        row = QHBoxLayout(self.switch)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        for view, (label, tip) in _VIEWS.items():
            button = named(QToolButton(), f"{name}.view.{view}", label, tip)
            button.setText(label)
            button.setCheckable(True)
            self._group.addButton(button)
            self._buttons[view] = button
            row.addWidget(button)
        self._buttons["map"].setChecked(True)
        self._group.buttonClicked.connect(self._show_chosen)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(chart)
        split.addWidget(self.surface)
        split.setChildrenCollapsible(False)
        split.setSizes([1000, 1000])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        chart.redrawn.connect(self._follow)
        chart.retraced.connect(self._follow_tracks)
        self._show_chosen()

    @property
    def view(self) -> str:
        """``map``, ``surface`` or ``both``."""
        return next(view for view, button in self._buttons.items() if button.isChecked())

    def choose(self, view: str) -> None:
        """Show ``map``, ``surface`` or ``both``."""
        self._buttons[view].setChecked(True)
        self._show_chosen()

    @Slot()
    def _show_chosen(self) -> None:
        flat = self.chart.is_line
        for view in ("surface", "both"):
            self._buttons[view].setEnabled(not flat)
            self._buttons[view].setToolTip("A curve has no surface." if flat else _VIEWS[view][1])
        self.chart.setVisible(flat or self.view != "surface")
        self.surface.setVisible(not flat and self.view != "map")
        self._follow()

    @Slot()
    def _follow(self) -> None:
        """Give the surface what the map shows; nothing is done while nobody sees it."""
        if self.chart.is_line == self._buttons["both"].isEnabled():
            self._show_chosen()
            return
        if not self.surface.isVisible():
            return
        relief = self.chart.relief()
        if relief is None:
            self.surface.clear()
            return
        self.surface.set_title(self.chart.title)
        self.surface.set_surface(**relief)
        self._follow_tracks()

    @Slot()
    def _follow_tracks(self) -> None:
        if self.surface.isVisible():
            self.surface.set_tracks(self.chart.tracks(), named=not self.chart.isVisible())

    def showEvent(self, event: QShowEvent) -> None:
        """What changed while it was out of sight is drawn now."""
        super().showEvent(event)
        self._follow()
