"""Curves that grow while a run goes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Slot
from PySide6.QtGui import QPainter, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QWidget

from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.legend import LegendEntry
from gdstudio.gui.charts.pyramid import Array
from gdstudio.gui.charts.ranges import Range, data_range, widened, with_margin
from gdstudio.gui.charts.series import Series, table_of
from gdstudio.gui.charts.smoothing import add_choice
from gdstudio.gui.theme import PartName, Theme

if TYPE_CHECKING:
    import pandas as pd

#: Room that a range gets beyond the data when it grows, as a share of the span, so that it does not grow at every row.
_ROOM_X, _ROOM_Y = 0.25, 0.1
_READ_OUT_ROWS = 12
#: More curves than this are a crowd, drawn thin and with so many times fewer columns; highs and lows are kept.
_MANY, _COARSER = 24, 8


class LineChart(Chart):
    """Curves over steps, epochs or seconds.

    The range only grows while a run goes, until a person pans or zooms; a double click fits and follows again.

    Args:
        theme: Colours; followed while it changes.
        title: What is shown, e.g. ``"Loss"``.
        y_label: Name of the vertical axis, with its unit.
        x_label: Name of the horizontal axis, with its unit.
        empty: A sentence that stands in the plot while there is nothing to draw.
        name: Object name.
    """

    def __init__(
        self,
        theme: Theme,
        title: str = "",
        y_label: str = "",
        x_label: str = "Step",
        *,
        empty: str = "There is nothing to draw yet.",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, title, empty=empty, name=name, parent=parent)
        self._series: dict[str, Series] = {}
        self._x_label, self._y_label = x_label, y_label
        self._log = False
        self._smoothing = 0.0
        self._following = True
        self._fresh = True
        self._stale = False
        self._gathering = False
        self._was_crowded = self._hurried = False
        self._known: dict[str, Series] = {}
        self._extent: Range | None = None
        # For the curves; PyQtGraph's own items say for themselves what they want.
        self.plot.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        self.plot.addItem(self._cursor, ignoreBounds=True)
        self.set_axis_label("bottom", x_label)
        self.set_axis_label("left", y_label)
        self.view.sigRangeChangedManually.connect(self._person_moved)
        self.view.sigXRangeChanged.connect(self._redraw)
        self.recolor()
        self.set_empty(True)

    # -- what is drawn ---------------------------------------------------------------------------------

    def set_series(
        self,
        key: str,
        label: str,
        x: Array,
        y: Array,
        *,
        part: PartName = "train",
        color_index: int = 0,
        faint: bool = False,
    ) -> None:
        """Draw a curve, or what has been added to it.

        A curve that only grew at its end costs what was added, whatever its length.

        Args:
            key: Names the curve; a second call with it replaces the first.
            label: What the legend calls it.
            x: ``(n,)``. Kept by reference, as ``y`` is: do not change them in place.
            y: ``(n,)``; ``NaN`` is a gap.
            part: Line style.
            color_index: Hue.
            faint: Whether it stays in the background, as a noisy curve does behind its mean.
        """
        series = self._series.get(key)
        look = (label, part, color_index, faint)
        if series is None:
            series = self._series[key] = self._known.pop(key) if key in self._known else self._new_series()
        if series.look != look:
            series.look = look
            series.style(self.theme)
            self._refresh_legend()
        series.set_points(x, y)
        if self.is_empty or self._gathering:
            return
        self.set_empty(False)
        if not self.isVisible():
            self._stale = True
        elif not self._grow():
            self._draw(series)

    def _new_series(self) -> Series:
        series = Series(self.plot)
        series.set_smoothing(self._smoothing)
        return series

    @contextmanager
    def together(self) -> Iterator[None]:
        """Draw what is set meanwhile once, at the end, and nothing else: what is not set again is taken away.

        The legend of many curves is dear, and so is a curve that is made anew.
        """
        self._gathering = True
        self._following = self._fresh = True
        self._extent = None
        before, self._series = self._series, {}
        self._known = dict(before)
        try:
            yield
        finally:
            self._gathering = False
            for key, series in before.items():
                if self._series.get(key) is not series:
                    series.remove()
            self._known = {}
            self._show_gathered(tuple(self._series.values()))

    @contextmanager
    def more(self) -> Iterator[None]:
        """Draw what is set meanwhile at the end, beside what is there."""
        self._gathering = True
        before = dict(self._series)
        try:
            yield
        finally:
            self._gathering = False
            self._show_gathered([series for key, series in self._series.items() if key not in before])

    def _show_gathered(self, gathered: Iterable[Series]) -> None:
        self._refresh_legend()
        self.set_empty(self.is_empty)
        if not self.is_empty:
            self._stale = not self.isVisible()
            crowded, self._was_crowded = self._was_crowded, self._is_crowded
            if self.isVisible() and not self._grow():
                for series in gathered if crowded == self._is_crowded else self._series.values():
                    self._draw(series)

    def remove_series(self, key: str) -> None:
        """Take a curve away; one that is not there is passed over."""
        series = self._series.pop(key, None)
        if series is not None:
            series.remove()
            if not self._gathering:
                self._refresh_legend()
                self.set_empty(self.is_empty)

    def clear(self) -> None:
        """Take everything away and follow again."""
        for key in tuple(self._series):
            self.remove_series(key)
        self._following = self._fresh = True
        self._extent = None

    @property
    def is_empty(self) -> bool:
        """Whether no curve has a value."""
        return all(series.points.bounds is None for series in self._series.values())

    @property
    def _is_crowded(self) -> bool:
        return len(self._series) > _MANY

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the curves."""
        return tuple(self._series)

    @property
    def is_following(self) -> bool:
        """Whether the range grows with the data; panning and zooming end it, a double click begins it again."""
        return self._following

    def set_x_label(self, text: str) -> None:
        """The name of the horizontal axis, with its unit."""
        self._x_label = text
        self.set_axis_label("bottom", text)

    def set_title(self, title: str, y_label: str | None = None) -> None:
        """Another title, and another name of the vertical axis."""
        super().set_title(title)
        if y_label is not None:
            self._y_label = y_label
            self.set_axis_label("left", y_label)

    def set_x_extent(self, start: float, end: float) -> None:
        """Show at least this range from the beginning, e.g. all steps that a run will have, so that nothing moves."""
        self._extent = (start, end)
        if not self.is_empty and self.isVisible():
            self._grow()

    @Slot(bool)
    def set_log_y(self, on: bool) -> None:
        """A logarithmic or a linear vertical axis; on the former, values that are not above zero are gaps."""
        if on != self._log:
            self._log = on
            self.axes["left"].setLogMode(on)
            self.fit()
            self._redraw()

    def set_hurried(self, on: bool) -> None:
        """Draw with half the columns: what the window's thread takes, a run that trains meanwhile may miss."""
        if on != self._hurried:
            self._hurried = on
            self._redraw()

    def set_smoothing(self, weight: float) -> None:
        """Draw exponential moving averages over the curves.

        Args:
            weight: Share of the mean so far in the next one, below 1; 0 is none.
        """
        self._smoothing = weight
        for series in self._series.values():
            series.set_smoothing(weight)
            series.style(self.theme)
        self._redraw()

    # -- range -----------------------------------------------------------------------------------------

    @Slot()
    def fit(self) -> None:
        """Show everything, and follow what is added."""
        self._following = True
        if self.is_empty:
            return
        x, y = self._data_range()
        self._fresh = False
        self.view.setRange(xRange=x, yRange=with_margin(y), padding=0)

    @Slot()
    def _person_moved(self) -> None:
        self._following = False

    def _grow(self) -> bool:
        """Widen the range where the data have left it.

        Returns:
            Whether it changed horizontally, which has drawn everything anew.
        """
        if not self._following:
            return False
        if self._fresh:
            self.fit()
            self._redraw()
            return True
        shown_x, shown_y = (tuple(r) for r in self.view.viewRange())
        x, y = self._data_range()
        wanted_x = widened(shown_x, x, 0.0, 0.0 if self._extent and x[1] <= self._extent[1] else _ROOM_X)
        wanted_y = widened(shown_y, y, _ROOM_Y, _ROOM_Y)
        if wanted_x == shown_x and wanted_y == shown_y:
            return False
        self.view.setRange(xRange=wanted_x, yRange=wanted_y, padding=0)
        return wanted_x != shown_x

    def _data_range(self) -> tuple[Range, Range]:
        """What the data span; the vertical one as exponents on a logarithmic axis."""
        return data_range([series.points for series in self._series.values()], self._extent, log=self._log)

    # -- drawing ---------------------------------------------------------------------------------------

    @Slot()
    def _redraw(self) -> None:
        for series in self._series.values():
            self._draw(series)

    def _draw(self, series: Series) -> None:
        (start, end), _ = self.view.viewRange()
        columns = max(int(self.view.width() * self.devicePixelRatioF()), 1)
        # Nobody can follow one among so many from pixel to pixel, and what painting costs grows with all of them.
        crowded = self._is_crowded
        columns //= _COARSER if crowded else 2 if self._hurried else 1
        series.draw(start, end, columns, log=self._log, thin=crowded)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was set while nobody could see it."""
        super().showEvent(event)
        if self._stale:
            self._stale = False
            self._grow()
            self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More pixels may show more points."""
        super().resizeEvent(event)
        self._redraw()

    def recolor(self) -> None:
        """Pens of the theme."""
        for series in self._series.values():
            series.style(self.theme)
        if self.isVisible():
            self._redraw()
        elif not self.is_empty:
            self._stale = True
        self._cursor.setPen(QPen(self.theme.color("muted"), 0))
        self._refresh_legend()

    def _refresh_legend(self) -> None:
        if self._gathering:
            return
        self.set_legend(
            [
                LegendEntry(s.label, self.theme.series_pen(s.color_index, s.part, faint=s.faint))
                for s in self._series.values()
            ]
        )
        self.setAccessibleDescription(self.describe())

    # -- reading ---------------------------------------------------------------------------------------

    def read_out(self, at: QPointF) -> str:
        """The values at the point nearest to the cursor, and a line through it."""
        candidates = [s for s in self._series.values() if len(s.points)]
        nearest = [
            (abs(s.points.x[i] - at.x()), s.points.x[i])
            for s in candidates
            if (i := s.points.nearest(at.x())) is not None
        ]
        if not nearest:
            return ""
        x = float(min(nearest)[1])
        self._cursor.setPos(x)
        self._cursor.show()
        rows = [f"<tr><td></td><td>{escape(self._x_label)}&nbsp;&nbsp;</td><td align='right'><b>{x:.7g}</b></td></tr>"]
        for series in candidates[:_READ_OUT_ROWS]:
            index = series.points.nearest(x)
            if index is None:
                continue
            value = float(series.shown.y[index])
            color = self.theme.series_color(series.color_index).name()
            rows.append(self.html_row(color, escape(series.label), "–" if math.isnan(value) else f"{value:.5g}"))
        return f"<table cellspacing='1'>{''.join(rows)}</table>"

    def leave(self) -> None:
        """The pointer is gone: so is the line through the nearest point."""
        super().leave()
        self._cursor.hide()

    def describe(self) -> str:
        """The curves and where they have come to."""
        if self.is_empty:
            return "Nothing is drawn."
        said = [f"{s.label}: {s.points.y[-1]:.4g}" for s in self._series.values() if len(s.points)]
        return f"{self._y_label} over {self._x_label}. Last values: {'; '.join(said)}."

    def data(self) -> pd.DataFrame:
        """All points of all curves, below each other."""
        return table_of(self._series.values(), self._x_label or "x", self._y_label or "y")

    def make_menu(self) -> QMenu:
        """The chart's menu, with the vertical axis and the smoothing."""
        menu = super().make_menu()
        menu.addSeparator()
        log = menu.addAction("Logarithmic vertical axis")
        log.setCheckable(True)
        log.setChecked(self._log)
        log.toggled.connect(self.set_log_y)
        add_choice(menu, self._smoothing, self.set_smoothing)
        return menu
