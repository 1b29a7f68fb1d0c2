"""A plot, and lines on it, that Qt paints without Python: nothing that trains has to wait for them."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsView

from gdstudio.gui.charts.pyramid import Array


class Plot(pg.PlotWidget):
    """PyQtGraph's plot, painted by Qt itself.

    While a method of Python paints, it holds Python's lock to the end, whatever of it happens in Qt. Whoever owns the
    plot must call ``scene().prepareForPaint()`` before each painting, which PyQtGraph's own method did.
    """

    paintEvent = QGraphicsView.paintEvent  # noqa: N815 - Qt's name


class Line:
    """A line through points on a plot, with what draws it.

    Attributes:
        x: ``(n,)``, what is drawn.
        y: ``(n,)``; ``NaN`` is a gap.
        pen: How.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot = plot
        self.x = self.y = np.zeros(0)
        self.pen = QPen()
        self._z = 0.0
        self._item: _Curve | pg.PlotCurveItem | None = None

    def draw(self, x: Array, y: Array, pen: QPen, *, smooth: bool) -> None:
        """Draw other points.

        Args:
            x: ``(n,)``.
            y: ``(n,)``; ``NaN`` is a gap.
            pen: A cosmetic one.
            smooth: Whether edges are smooth. Only PyQtGraph's items, which Python paints, can do without.
        """
        self.x, self.y, self.pen = x, y, pen
        kind = _Curve if smooth else pg.PlotCurveItem
        if not isinstance(self._item, kind):
            self.remove()
            self._item = kind()
            self._plot.addItem(self._item, ignoreBounds=True)
            self._item.setZValue(self._z)
        if isinstance(self._item, _Curve):
            view = self._plot.getViewBox()
            (left, right), (bottom, top) = view.viewRange()
            pixel = (right - left) / max(view.width(), 1), (top - bottom) / max(view.height(), 1)
            self._item.set_points(x, y, pen, pixel)
        else:
            self._item.opts["pen"] = pen
            self._item.setData(x, y, connect="finite", antialias=False)

    def set_z(self, z: float) -> None:
        """What lies lower is drawn first."""
        self._z = z
        if self._item is not None:
            self._item.setZValue(z)

    @property
    def is_visible(self) -> bool:
        """Whether something is drawn."""
        return self._item is not None and bool(self._item.isVisible())

    def set_visible(self, visible: bool) -> None:
        """Show it or not."""
        if self._item is not None:
            self._item.setVisible(visible)

    def remove(self) -> None:
        """Take it off the plot."""
        if self._item is not None:
            self._plot.removeItem(self._item)
            self._item = None


class _Curve(QGraphicsPathItem):
    """Painted by Qt. What overrides a method here must not paint, or the lock is held again."""

    def __init__(self) -> None:
        super().__init__()
        self._bounds = QRectF()

    def set_points(self, x: Array, y: Array, pen: QPen, pixel: tuple[float, float]) -> None:
        """Draw another line.

        Args:
            x: ``(n,)``.
            y: ``(n,)``; ``NaN`` is a gap.
            pen: A cosmetic one.
            pixel: Width and height of a pixel in the units of ``x`` and ``y``.
        """
        path = pg.arrayToQPath(x, y, connect="finite")
        self.prepareGeometryChange()
        width, height = (size * (pen.widthF() + 1) for size in pixel)
        self._bounds = path.controlPointRect().adjusted(-width, -height, width, height)
        self.setPen(pen)
        self.setPath(path)

    def boundingRect(self) -> QRectF:
        """What the line covers; Qt would go along the whole line to find out."""
        return self._bounds

    def shape(self) -> QPainterPath:
        """Nothing: a curve is not clicked at, and Qt would go along the whole line for this as well."""
        return QPainterPath()
