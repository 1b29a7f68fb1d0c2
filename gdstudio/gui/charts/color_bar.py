"""What the colours of a map stand for, beside it."""

from __future__ import annotations

import pyqtgraph as pg

from gdstudio.gui.charts.axes import log_ticks, power_text
from gdstudio.gui.charts.colors import SEQUENTIAL
from gdstudio.gui.theme import Theme

_WIDTH = 12
#: About so many values of a logarithmic bar are named, with so much room for each.
_NAMED, _TICK_ROOM = 6, 40


class ColorBar:
    """A bar at the right of a plot; its numbers are powers of ten where the colours go by a logarithm.

    Args:
        item: The plot it stands beside.
    """

    def __init__(self, item: pg.PlotItem) -> None:
        self._bar = pg.ColorBarItem(
            values=(0, 1), colorMap=pg.colormap.get(SEQUENTIAL), interactive=False, width=_WIDTH
        )
        # Of no image: ours is in colours already, and would be coloured once more.
        self._bar.setImageItem([], insert_in=item)
        self._bar.axis.enableAutoSIPrefix(False)

    def show(self, low: float, high: float, label: str, log: bool, theme: Theme) -> None:
        """Explain values from ``low`` to ``high``, their decimal logarithms with ``log``."""
        axis = self._bar.axis
        self._bar.setVisible(True)
        self._bar.setLevels((low, high if high > low else low + 1))
        axis.setPen(theme.color("line"))
        axis.setTextPen(theme.color("muted"))
        axis.setLabel(label, color=theme.tokens.muted)
        if not log:
            axis.setTicks(None)
            return
        axis.setTicks([[(v, power_text(v)) for v in log_ticks(low, high, _TICK_ROOM * _NAMED)[0][1]]])

    def hide(self) -> None:
        """There are no colours to explain."""
        self._bar.setVisible(False)

    @property
    def levels(self) -> tuple[float, float]:
        """What the lowest and the highest colour stand for."""
        low, high = self._bar.levels()
        return float(low), float(high)

    @property
    def visible(self) -> bool:
        """Whether it is shown."""
        return bool(self._bar.isVisible())
