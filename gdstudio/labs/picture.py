"""What a laboratory draws, as plain numbers: the window paints it, the command line writes it into a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class PictureSeries:
    """Points that belong together.

    Attributes:
        label: What the legend calls them.
        x: ``(n,)``.
        y: ``(n,)``; None is a gap.
        low: ``(n,)`` lower ends of bars; empty for none.
        high: ``(n,)`` upper ends.
        style: ``line`` joins the points and marks them, ``curve`` only joins them, ``points`` only marks them.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    style: Literal["line", "curve", "points"] = "line"


@dataclass(frozen=True)
class Regions:
    """A plane in areas.

    Attributes:
        x: ``(w,)`` evenly spaced.
        y: ``(h,)``.
        numbers: ``(h, w)`` number of each point's area; a negative one is no area.
        names: What the areas are, and last what a point without one is.
        shades: ``(h, w)`` 0 … 1, how dark a point of its area is; None for none.
    """

    x: Any
    y: Any
    numbers: Any
    names: Sequence[str]
    shades: Any = None


@dataclass(frozen=True)
class Picture:
    """A chart.

    Attributes:
        title: What it shows.
        x_label: Name of the horizontal axis, with its unit.
        y_label: Name of the vertical axis.
        series: What is drawn, in the order of the colours.
        x_log: Whether the horizontal axis is logarithmic.
        y_log: Whether the vertical one is.
        marks: ``(x, label)`` of vertical lines.
        regions: Areas below the series.
        name: What it is called beside other pictures of the same answer.
    """

    title: str
    x_label: str
    y_label: str
    series: Sequence[PictureSeries] = ()
    x_log: bool = False
    y_log: bool = False
    marks: Sequence[tuple[float, str]] = ()
    regions: Regions | None = None
    name: str = "Answer"

    def rows(self) -> list[dict[str, Any]]:
        """Everything as rows of a table."""
        rows: list[dict[str, Any]] = []
        for s in self.series:
            for k, (x, y) in enumerate(zip(s.x, s.y, strict=True)):
                row = {"series": s.label, self.x_label: x, self.y_label: y}
                if s.low:
                    row.update(low=s.low[k], high=s.high[k])
                rows.append(row)
        rows += [{"series": label, self.x_label: x, self.y_label: None} for x, label in self.marks]
        if self.regions is not None:
            for j, y in enumerate(self.regions.y):
                for i, x in enumerate(self.regions.x):
                    name = self.regions.names[int(self.regions.numbers[j, i])]
                    rows.append({"series": name, self.x_label: float(x), self.y_label: float(y)})
        return rows
