"""The descent on the map: arrows that point where they say, a start that only a person moves, colours with numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gdstudio.core.control import RunControl
from gdstudio.gui.charts.arrows import arrow
from gdstudio.gui.charts.descent import DescentChart, Path
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.race import descend, momenta_of, race_on
from gdstudio.gui.theme import Theme

GRID = np.linspace(-2.0, 2.0, 21)


@pytest.fixture
def chart(shown: Callable[[Any], Any], theme: Theme) -> DescentChart:
    made = DescentChart(theme)
    made.resize(700, 500)
    made.set_picture(GRID, GRID, GRID**2 + 100 * GRID[:, None] ** 2 + 0.01, measure="f", log=True)
    made.set_start(-1.0, 1.0)
    points = np.array([[-1.0, 1.0], [-0.5, 0.5], [-0.25, 0.0]])
    gradients = np.column_stack([2 * points[:, 0], 200 * points[:, 1]])
    momenta = np.array([[0.0, 0.0], [3.0, 4.0], [1.0, 0.0]])
    made.set_paths([Path("SGD", 0, points, (points**2).sum(1), gradients, momenta)], 1)
    shown(made)
    return made


def press(chart: DescentChart, x: float, y: float, *, double: bool = False) -> None:
    """As a mouse does: down, up, and where it is a double click, down and up once more."""
    place = QPointF(chart.plot.mapFromScene(chart.view.mapViewToScene(QPointF(x, y))))
    kinds = [QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease]
    if double:
        kinds += [QEvent.Type.MouseButtonDblClick, QEvent.Type.MouseButtonRelease]
    for kind in kinds:
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        where = chart.plot.viewport().mapToGlobal(place)
        event = QMouseEvent(kind, place, where, Qt.MouseButton.LeftButton, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(chart.plot.viewport(), event)


def test_a_double_click_fits_the_map_and_leaves_the_start(chart: DescentChart, qtbot: QtBot) -> None:
    chosen: list[tuple[float, float]] = []
    chart.start_chosen.connect(lambda x, y: chosen.append((x, y)))
    chart.view.setRange(xRange=(-1.5, 1.5), yRange=(-1.5, 1.5), padding=0)
    press(chart, 0.5, 0.5, double=True)
    qtbot.wait(QApplication.doubleClickInterval() + 100)
    assert chosen == []
    assert (chart._start.pos().x(), chart._start.pos().y()) == (-1.0, 1.0)
    assert chart.view.viewRange()[0] == pytest.approx([-2, 2])
    press(chart, 0.5, -0.5)
    qtbot.waitUntil(lambda: bool(chosen), timeout=5_000)
    assert chosen[0] == pytest.approx((0.5, -0.5), abs=0.03)


def test_a_start_that_is_dragged_tells_where_it_is_all_the_way(chart: DescentChart, qtbot: QtBot) -> None:
    dragged: list[float] = []
    chosen: list[float] = []
    chart.start_dragged.connect(lambda x, y: dragged.append(x))
    chart.start_chosen.connect(lambda x, y: chosen.append(x))

    def at(x: float) -> QPoint:
        return chart.plot.mapFromScene(chart.view.mapViewToScene(QPointF(x, 1.0)))

    window = chart.plot.viewport()
    qtbot.mouseMove(window, at(-1.0))
    qtbot.mousePress(window, Qt.MouseButton.LeftButton, pos=at(-1.0))
    for x in (-0.9, -0.6, -0.3, 0.0):
        place = QPointF(at(x))
        event = QMouseEvent(QEvent.Type.MouseMove, place, window.mapToGlobal(place), Qt.MouseButton.NoButton,
                            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)  # fmt: skip
        QApplication.sendEvent(window, event)
        qtbot.wait(30)
    assert len(dragged) >= 2
    assert chosen == []
    assert chart.dragging
    qtbot.mouseRelease(window, Qt.MouseButton.LeftButton, pos=at(0.0))
    assert chosen == [pytest.approx(0.0, abs=0.05)]
    assert not chart.dragging


def test_arrows_point_downhill_and_where_the_momentum_pushes(chart: DescentChart) -> None:
    lines = [np.column_stack(item.getData()) for item in chart._arrows]
    shafts = [line[1] - line[0] for line in lines if len(line) == 2]
    pixel = np.array(chart.view.viewPixelSize())
    for shaft, expected, length in zip(shafts, ([1.0, -100.0], [-3.0, -4.0]), (64, 46), strict=True):
        on_screen = np.array(expected) / pixel
        np.testing.assert_allclose(shaft / pixel, length * on_screen / np.hypot(*on_screen), rtol=1e-9)
    heads = [line for line in lines if len(line) == 3]
    assert len(heads) == len(shafts) == 2
    chart.set_annotated(False)
    assert chart._arrows == []
    assert arrow(chart.view, np.zeros(2), np.zeros(2), 10.0) is None
    assert arrow(chart.view, np.zeros(2), np.array([1e200, 1e200]), 10.0) is not None


def test_the_card_has_the_numbers_of_the_step_that_is_shown(chart: DescentChart) -> None:
    assert chart._numbers.isVisible()
    assert "(−0.5, 0.5)" in chart._numbers.text()
    assert "(−1, 100)" in chart._numbers.text()
    assert "(3, 4)" in chart._numbers.text()
    chart.show_step(2)
    assert "(1, 0)" in chart._numbers.text()


def test_the_colour_bar_goes_from_the_lowest_value_to_the_highest(chart: DescentChart) -> None:
    assert chart.bar.visible
    assert chart.bar.levels == pytest.approx((-2.0, np.log10(404.01)))
    chart.set_picture(GRID, np.zeros(1), (GRID**2)[None], measure="f")
    assert not chart.bar.visible


def test_on_a_curve_there_are_the_tangent_and_the_next_step(chart: DescentChart) -> None:
    chart.set_picture(GRID, np.zeros(1), (GRID**2)[None], measure="f")
    points = np.array([[-1.5, -1.5], [0.5, 0.5]])
    chart.set_paths([Path("SGD", 0, points, points[:, 0] ** 2, 2 * points)], 0)
    tangent, step, *_ = (np.column_stack(item.getData()) for item in chart._arrows)
    assert np.diff(tangent[:, 1]) / np.diff(tangent[:, 0]) == pytest.approx(-3.0)
    np.testing.assert_allclose(step, [[-1.5, 2.25], [0.5, 2.25], [0.5, 0.25]])


def test_a_descent_that_nobody_waits_for_ends_between_two_steps(qtbot: QtBot) -> None:
    race = race_on("rosenbrock")
    long = race.training.model_copy(update={"steps": 5_000_000, "tolerance": 0.0})
    race = race.__class__(race.objective, long, race.optimizers, race.surface, race.ranges)
    jobs, control = Jobs(), RunControl()
    results: list[Any] = []
    job = jobs.run(lambda job: results.extend(descend(race, job.report, control)), control=control)
    qtbot.wait(200)
    job.cancel()
    qtbot.waitUntil(lambda: not job.running, timeout=10_000)
    assert [r.status for r in results] == ["cancelled"]
    jobs.shutdown()


def test_momenta_are_what_the_optimizer_remembers() -> None:
    race = race_on("bowl")
    results = descend(race, lambda share: None, RunControl())
    sgd, adam = (momenta_of(r, (0, 1)) for r in results)
    assert sgd is not None
    assert adam is not None
    m = np.zeros(2)
    for step, gradient in enumerate(results[0].used_gradients[:20]):
        m = gradient if step == 0 else 0.9 * m + gradient
        np.testing.assert_allclose(sgd[step + 1], m, rtol=1e-12)
    np.testing.assert_allclose(adam[1], 0.1 * results[1].used_gradients[0])
    assert not sgd[0].any()
