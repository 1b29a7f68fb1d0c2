"""Lines that Qt paints by itself: other threads go on meanwhile."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gdstudio.gui.charts.axes import Gestures
from gdstudio.gui.charts.curve import Line, Plot

X = np.arange(250.0)


@pytest.fixture
def plot(qtbot: QtBot) -> Plot:
    made = Plot(viewBox=Gestures())
    qtbot.addWidget(made)
    made.setRenderHint(QPainter.RenderHint.Antialiasing)
    made.resize(600, 400)
    with qtbot.waitExposed(made):
        made.show()
    made.getViewBox().setRange(xRange=(0, 250), yRange=(-4, 4), padding=0)
    return made


def pen(width: float) -> QPen:
    made = QPen(QColor("#c03030"), width)
    made.setCosmetic(True)
    return made


class Ticks(threading.Thread):
    """Notes the times at which it could go on."""

    def __init__(self) -> None:
        super().__init__(name="ticks")
        self.times: list[float] = []
        self.over = False

    def run(self) -> None:
        while not self.over:
            self.times.append(time.perf_counter())
            time.sleep(0)


@pytest.mark.parametrize("smooth", [True, False])
def test_threads_go_on_while_qt_paints_a_line_and_wait_while_python_does(
    plot: Plot, qtbot: QtBot, smooth: bool
) -> None:
    line = Line(plot)
    # A wide dashed zigzag takes Qt tens of milliseconds at least, with and without smooth edges.
    look = pen(3)
    look.setStyle(Qt.PenStyle.DashLine)
    line.draw(X, 3 * np.cos(np.pi * X), look, smooth=smooth)
    plot.scene().prepareForPaint()
    ticks = Ticks()
    ticks.start()
    longest = []
    try:
        qtbot.waitUntil(lambda: len(ticks.times) > 10)
        for _ in range(5):  # the system may keep a thread waiting too, but hardly every time
            plot.viewport().update()
            began = time.perf_counter()
            QApplication.processEvents()
            ended = time.perf_counter()
            within = [began, *(t for t in tuple(ticks.times) if began < t < ended), ended]
            longest.append(max(np.diff(within)) / (ended - began))
    finally:
        ticks.over = True
        ticks.join()
    assert min(longest) < 0.5 if smooth else min(longest) > 0.5


def test_a_line_covers_its_points_and_leaves_gaps_out(plot: Plot) -> None:
    line = Line(plot)
    line.draw(np.arange(5.0), np.array([0.0, 2.0, np.nan, 1.0, -3.0]), pen(1), smooth=True)
    bounds = line._item.boundingRect()
    assert bounds.left() < 0
    assert bounds.right() > 4
    assert bounds.top() < -3
    assert bounds.bottom() > 2
    path = line._item.path()
    moves = sum(path.elementAt(i).isMoveTo() for i in range(path.elementCount()))
    assert moves == 2


def test_what_draws_a_line_changes_with_its_edges_and_keeps_its_height(plot: Plot) -> None:
    line = Line(plot)
    line.set_z(2)
    for smooth in (True, False, True):
        line.draw(X, X, pen(2), smooth=smooth)
        assert line._item.zValue() == 2
        assert line._item in plot.getPlotItem().items
    assert sum(item is line._item for item in plot.getPlotItem().items) == len(plot.getPlotItem().items)
    line.remove()
    assert not plot.getPlotItem().items
