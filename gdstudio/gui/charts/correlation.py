"""Which numeric columns go together."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Slot
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.names import shortened
from gdstudio.gui.theme import Theme, blend

if TYPE_CHECKING:
    import pandas as pd

_LONGEST_NAME = 14
#: More names than these would overlap; the read-out gives them all.
_MOST_NAMES = 14


class CorrelationChart(Chart):
    """Pearson correlations: one hue for what rises together, another for what falls, the ground for neither."""

    def __init__(
        self, theme: Theme, title: str = "Correlation", *, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, title, empty="Fewer than two numeric columns are used.", name=name, parent=parent)
        self._matrix: NDArray[np.float64] = np.zeros((0, 0))
        self._names: tuple[str, ...] = ()
        self._image = pg.ImageItem(axisOrder="row-major")
        self.plot.addItem(self._image)
        self.view.invertY(True)
        for axis in self.axes.values():
            axis.setGrid(False)
        self.set_empty(True)

    def set_matrix(self, names: Sequence[str], matrix: NDArray[np.float64]) -> None:
        """Draw an ``(m, m)`` matrix; NaN is drawn as the ground."""
        self._names, self._matrix = tuple(names), matrix
        self.set_empty(not matrix.size)
        step = max(1, -(-len(names) // _MOST_NAMES))
        ticks = [(step * i + 0.5, name) for i, name in enumerate(shortened(names[::step], _LONGEST_NAME))]
        self.axes["left"].setTicks([ticks])
        self.axes["bottom"].setTicks([[]])
        self.setAccessibleDescription(self.describe())
        self.recolor()
        self.fit()

    def recolor(self) -> None:
        """Cells in the theme's colours."""
        for axis in self.axes.values():
            axis.setGrid(False)
        if not self._matrix.size:
            return
        ground, up, down = self.theme.color("raised"), self.theme.series_color(0), self.theme.series_color(1)
        shades = np.array(
            [
                (color.red(), color.green(), color.blue())
                for color in (blend(up if i > 0 else down, ground, 1 - abs(i) / 100) for i in range(-100, 101))
            ],
            dtype=np.uint8,
        )
        places = np.rint(np.nan_to_num(self._matrix) * 100).astype(np.intp) + 100
        self._image.setImage(shades[np.clip(places, 0, 200)], autoLevels=False)
        self._image.setRect(QRectF(0, 0, len(self._names), len(self._names)))

    @Slot()
    def fit(self) -> None:
        """Show the whole matrix."""
        size = max(len(self._names), 1)
        self.view.setRange(xRange=(0, size), yRange=(0, size), padding=0)

    def read_out(self, at: QPointF) -> str:
        """The two columns below the cursor."""
        row, column = int(np.floor(at.y())), int(np.floor(at.x()))
        if not (0 <= row < len(self._names) and 0 <= column < len(self._names)):
            return ""
        value = self._matrix[row, column]
        said = "not defined" if np.isnan(value) else f"<b>{value:.3f}</b>"
        return f"{escape(self._names[row])}<br>{escape(self._names[column])}<br>{said}"

    def describe(self) -> str:
        """The closest pair."""
        size = len(self._names)
        if size < 2:
            return ""
        apart = np.nan_to_num(np.abs(self._matrix)) - 2 * np.eye(size)
        row, column = np.unravel_index(int(apart.argmax()), apart.shape)
        value = self._matrix[row, column]
        return f"Closest: '{self._names[row]}' and '{self._names[column]}', correlation {value:.3g}."

    def data(self) -> pd.DataFrame:
        """The matrix with the names in the first column."""
        import pandas as pd

        frame = pd.DataFrame(self._matrix, columns=list(self._names))
        frame.insert(0, "column", list(self._names), allow_duplicates=True)
        return frame
