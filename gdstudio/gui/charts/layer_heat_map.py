"""One measure of every layer along a run, as a map of layer × sample."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Slot
from PySide6.QtWidgets import QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

#: Rises in lightness and reads under every colour-vision deficiency (Nuñez et al. 2018).
_MAP: Final = "cividis"
#: So many steps are named below the map.
_NAMES: Final = 8


class LayerHeatMap(Chart):
    """A row a layer, the first at the top; a column a sampled step; logarithmic colours with a bar that names them."""

    def __init__(self, theme: Theme, title: str = "Layers", *, empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(theme, title, empty=empty, name="chart.layers", parent=parent)
        self._layers: tuple[str, ...] = ()
        self._steps = np.zeros(0)
        self._values = np.zeros((0, 0))
        self._log = True
        self._measure = ""
        self._image = pg.ImageItem(axisOrder="row-major")
        self._bar = pg.ColorBarItem(values=(0, 1), colorMap=pg.colormap.get(_MAP), interactive=False, width=14)
        self.plot.addItem(self._image)
        self._bar.setImageItem(self._image, insert_in=self.plot.getPlotItem())
        self.view.invertY(True)
        self.set_axis_label("bottom", "Sampled step (close together early, farther apart later)")
        self.set_empty(True)

    def set_layers(self, layers: Sequence[str], steps: Array, values: Array, measure: str, *, log: bool) -> None:
        """Draw a measure.

        Args:
            layers: Names, from the inputs to the output.
            steps: ``(m,)`` that were sampled.
            values: ``(layers, m)``; what is not finite is drawn as the ground, a zero as the lowest with ``log``.
            measure: Its name.
            log: Whether colours go by the values' logarithm.
        """
        self._layers, self._steps, self._values = tuple(layers), steps, values
        self._measure, self._log = measure, log
        self.set_title(measure)
        known = np.isfinite(values).any() if values.size else False
        sentence = "No layer of this model has units that can die or saturate." if len(steps) else ""
        self.set_empty(not known, sentence)
        if known:
            self.recolor()
            self.fit()
        self.setAccessibleDescription(self.describe())

    def recolor(self) -> None:
        """Map, bar and axes in the theme's colours."""
        for axis in self.axes.values():
            axis.setGrid(False)
        bar = self._bar.axis
        bar.setPen(self.theme.color("line"))
        bar.setTextPen(self.theme.color("muted"))
        if not np.isfinite(self._values).any():
            return
        values = self._shown()
        known = values[np.isfinite(values)]
        low, high = (float(np.floor(known.min())), float(np.ceil(known.max()))) if self._log else (0.0, 1.0)
        high = max(high, low + 1)
        self._image.setImage(values, autoLevels=False)
        self._image.setRect(QRectF(0, 0, values.shape[1], values.shape[0]))
        self._bar.setLevels((low, high))
        if self._log:
            every = max(1, int((high - low) // 6))
            bar.setTicks([[(float(d), f"1e{d:g}") for d in range(int(low), int(high) + 1, every)]])
        else:
            bar.setTicks([[(share, f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]])
        self.axes["left"].setTicks([[(i + 0.5, name) for i, name in enumerate(self._layers)]])
        named = np.unique(np.linspace(0, len(self._steps) - 1, min(_NAMES, len(self._steps))).astype(int))
        self.axes["bottom"].setTicks([[(i + 0.5, f"{self._steps[i]:,.0f}") for i in named]])

    def _shown(self) -> Array:
        """What colours go by."""
        if not self._log:
            return self._values
        positive = self._values[np.isfinite(self._values) & (self._values > 0)]
        lowest = float(positive.min()) if positive.size else 1e-30
        finite = np.where(np.isfinite(self._values), self._values, np.nan)
        return np.asarray(np.log10(np.maximum(finite, lowest)))

    @Slot()
    def fit(self) -> None:
        """Show every layer and every sample."""
        self.view.setRange(xRange=(0, max(len(self._steps), 1)), yRange=(0, max(len(self._layers), 1)), padding=0)

    def read_out(self, at: QPointF) -> str:
        """Layer, step and value below the cursor."""
        row, column = int(np.floor(at.y())), int(np.floor(at.x()))
        if not (0 <= row < len(self._layers) and 0 <= column < len(self._steps)):
            return ""
        value = self._values[row, column]
        said = "does not apply" if np.isnan(value) else f"{value:.1%}" if not self._log else f"{value:.4g}"
        name = escape(f"{self._layers[row]} (layer {row + 1})")
        return f"{name}<br>Step {self._steps[column]:,.0f}<br><b>{said}</b>"

    def describe(self) -> str:
        """The newest value of each layer."""
        if not len(self._steps):
            return ""
        newest = (f"{n} {v:.3g}" for n, v in zip(self._layers, self._values[:, -1], strict=True) if np.isfinite(v))
        return f"{self._measure} at step {self._steps[-1]:.0f}: {', '.join(newest)}."

    def data(self) -> pd.DataFrame:
        """A row a sample, a column a layer."""
        import pandas as pd

        frame = pd.DataFrame(self._values.T, columns=list(self._layers))
        frame.insert(0, "step", self._steps.astype(np.int64))
        return frame
