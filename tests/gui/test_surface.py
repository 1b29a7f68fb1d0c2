"""Surfaces: the same numbers as the map, drawn from back to front, turned by mouse and keys, paths hidden by hills."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from gdstudio.gui.charts.colors import value_colors
from gdstudio.gui.charts.descent import DescentChart
from gdstudio.gui.charts.descent import Path as Walk
from gdstudio.gui.charts.landscape import LandscapeChart
from gdstudio.gui.charts.map_and_surface import MapAndSurface
from gdstudio.gui.charts.relief import HEIGHT, Camera, Relief
from gdstudio.gui.charts.relief_painter import ReliefPainter, scale
from gdstudio.gui.charts.surface import SurfaceChart
from gdstudio.gui.charts.tracks import Track, placed
from gdstudio.gui.theme import Theme

AXIS = np.linspace(-2, 2, 41)
#: A ridge along the first axis, with low ground before and behind it.
RIDGE = np.exp(-((AXIS[:, None] / 0.4) ** 2)) + 0 * AXIS
SIZE = (600.0, 400.0)
CAMERAS = [Camera(0, 15), Camera(75, 25), Camera(-140, 40), Camera(33, 0), Camera(-91, 70)]


def test_from_above_the_surface_is_a_map() -> None:
    relief = Relief(AXIS, AXIS, RIDGE, 0.0, 1.0)
    places = Camera(0, 90).project(relief.corners, *SIZE)
    right, down = places[:, 0].reshape(41, 41), places[:, 1].reshape(41, 41)
    np.testing.assert_allclose(right, np.tile(right[0], (41, 1)), atol=1)
    np.testing.assert_allclose(down, np.tile(down[:, :1], (1, 41)), atol=1)
    assert np.ptp(right) == pytest.approx(np.ptp(down), rel=0.01)
    assert (np.diff(right[0]) > 0).all()
    assert (np.diff(down[:, 0]) < 0).all()  # the second axis goes up


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_box_stays_in_the_picture_and_a_line_of_sight_meets_cells_from_back_to_front(camera: Camera) -> None:
    rng = np.random.default_rng(0)
    relief = Relief(AXIS, AXIS, rng.uniform(0, 1, (41, 41)), 0.0, 1.0, 12)
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-HEIGHT / 2, HEIGHT / 2)])
    places = camera.project(corners, *SIZE)
    assert (places >= 0).all()
    assert (places <= SIZE).all()
    order = relief.back_to_front(camera)
    assert sorted(order.tolist()) == list(range(len(relief.cells)))
    rank = np.empty(len(order), dtype=int)
    rank[order] = np.arange(len(order))
    eye = camera.eye[:2]
    side = len(relief.x) - 1
    for target in rng.uniform(-0.5, 0.5, (200, 2)):
        # Cells on the way from the eye to a place on the ground, nearest first, by walking along.
        walk = eye + np.linspace(0, 1, 4000)[:, None] * (target - eye)
        walk = walk[(np.abs(walk) < 0.5).all(1)]
        cells = ((walk[:, 1] + 0.5) * side).astype(int) * side + ((walk[:, 0] + 0.5) * side).astype(int)
        met = list(dict.fromkeys(cells.tolist()))
        assert (np.diff(rank[met]) < 0).all()


def test_what_stands_behind_a_ridge_is_not_seen_and_not_drawn(theme: Theme) -> None:
    relief = Relief(AXIS, AXIS, RIDGE, 0.0, 1.0)
    points = relief.boxed(np.array([[0.0, -1.5], [0.0, 0.0], [0.0, 0.9], [5.0, 0.0]]))
    assert np.isnan(points[3]).all()
    low, high = Camera(0, 20), Camera(0, 89)
    assert relief.seen(points[:3], low).tolist() == [True, True, False]
    assert relief.seen(points[:3], high).tolist() == [True, True, True]
    assert relief.seen(points[:3], Camera(180, 20)).tolist() == [False, True, True]

    painter_of = ReliefPainter(relief, (scale("x", -2, 2), scale("y", -2, 2), scale("f", 0, 1)), theme)
    yellow, blue = value_colors(np.array([1.0, 0.0]), 0, 1).astype(float)
    for camera, expected in ((Camera(0, 60), [blue, yellow]), (high, [blue, blue])):
        image = QImage(*map(int, SIZE), QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        painter_of.paint(painter, camera, QRectF(0, 0, *SIZE))
        painter.end()
        at = placed(points[[0, 2]], camera, QRectF(0, 0, *SIZE)).round().astype(int)
        for (x, y), color in zip(at.tolist(), expected, strict=True):
            found = np.array(image.pixelColor(x, y).getRgb()[:3], dtype=float)
            others = [np.abs(found - c).sum() for c in (yellow, blue)]
            assert np.argmin(others) == (0 if color is yellow else 1)


def test_heights_lie_where_the_values_are() -> None:
    relief = Relief(AXIS, AXIS, RIDGE, 0.0, 0.5)
    laid = relief.laid(np.array([[-1.0, -1.0], [1.0, 1.0]]))
    assert len(laid) > 15  # a point for each cell on the way
    y = (laid[:, 1] + 0.5) * 4 - 2
    heights = (laid[:, 2] - 0.006) / HEIGHT + 0.5
    np.testing.assert_allclose(heights, np.clip(np.interp(y, AXIS, RIDGE[:, 0]) / 0.5, 0, 1), atol=0.02)


def test_ticks_are_round_numbers() -> None:
    assert scale("x", -2, 3).texts == ("\u22122", "\u22121", "0", "1", "2", "3")
    assert scale("f", -2, 3, log=True).texts == ("0.01", "1", "100")
    assert scale("x", 1, 1).texts == ("1",)


@pytest.fixture
def chart(theme: Theme, shown: Callable[[Any], Any]) -> SurfaceChart:
    made = SurfaceChart(theme, "Ridge")
    made.setMinimumSize(500, 400)
    shown(made)
    made.set_surface(AXIS, AXIS, RIDGE, RIDGE, (0.0, 1.0), ("west", "north", "Loss"))
    made.set_tracks([Track("run", QColor("red"), np.array([[0.0, -1.5], [0.0, 1.5]]))])
    QApplication.processEvents()
    return made


def test_mouse_and_keys_turn_and_zoom(chart: SurfaceChart, qtbot: QtBot) -> None:
    start = chart.camera
    port = chart.plot.viewport()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(port, QPoint(150, 130))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=QPoint(150, 130))
    assert chart.camera.azimuth != start.azimuth
    assert chart.camera.elevation > start.elevation
    wheel = QWheelEvent(
        QPointF(100, 100), QPointF(100, 100), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(port, wheel)
    assert chart.camera.zoom > 1
    turned = chart.camera
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Plus):
        qtbot.keyClick(chart.plot, key)
        assert chart.camera != turned
        turned = chart.camera
    qtbot.keyClick(chart.plot, Qt.Key.Key_0)
    assert chart.camera == start
    for _ in range(40):
        qtbot.keyClick(chart.plot, Qt.Key.Key_Down)
    assert chart.camera.elevation == 0
    qtbot.waitUntil(lambda: not chart._still.isActive(), timeout=2000)


def test_read_out_words_and_files(chart: SurfaceChart, tmp_path: Path) -> None:
    chart.look(Camera(0, 50))
    middle = Relief(AXIS, AXIS, RIDGE, 0, 1).boxed(np.zeros((1, 2)))
    top = placed(middle, chart.camera, chart._item.boundingRect())
    said = chart.read_out(chart.view.mapSceneToView(QPointF(*top[0])))
    assert "Loss" in said
    assert "<b>1</b>" in said
    assert chart.read_out(chart.view.mapSceneToView(QPointF(3, 3))) == ""
    assert "from 1.389e-11 to 1" in chart.accessibleDescription()
    assert len(chart.data()) == 41 * 41
    chart.save_picture(tmp_path / "a.svg")
    drawn = (tmp_path / "a.svg").read_text()
    assert drawn.count("<polygon") + drawn.count("<path") > 1600  # its cells, and no picture of them
    assert "<image" not in drawn
    chart.save_picture(tmp_path / "a.png")
    assert QImage(str(tmp_path / "a.png")).width() == 2 * chart.width()
    before = chart.grab().toImage()
    chart.theme.set_scheme("light" if chart.theme.is_dark else "dark")
    QApplication.processEvents()
    assert chart.grab().toImage() != before
    chart.set_surface(AXIS, np.zeros(1), RIDGE[:1], RIDGE[:1], (0, 1), ("x", "", "Loss"))
    assert "curve" in chart._empty.text()
    assert chart.data().empty


def test_the_surface_is_the_maps(theme: Theme, shown: Callable[[Any], Any]) -> None:
    chart = DescentChart(theme, "Function")
    both = MapAndSurface(chart, theme, "some")
    both.setMinimumSize(700, 350)
    shown(both)
    buttons = {view: both._buttons[view] for view in ("map", "surface", "both")}
    shown(both.switch)
    values = RIDGE + 1
    values[3, 4] = np.inf
    chart.set_picture(AXIS, AXIS, values, measure="f", log=True)
    assert both.surface.data().empty  # nothing is computed for what nobody sees
    assert isinstance(buttons["both"], QToolButton)
    buttons["both"].click()
    assert chart.isVisible()
    assert both.surface.isVisible()
    np.testing.assert_array_equal(both.surface.data()["f"], values.ravel())
    assert both.surface._range == pytest.approx((0.0, np.log10(2)), abs=1e-9)
    points = np.column_stack([np.linspace(-1, 1, 5), np.linspace(-1, 0, 5)])
    chart.set_paths([Walk("SGD", 0, points, np.ones(5), points)], 4)
    chart.show_step(2)
    np.testing.assert_array_equal(both.surface._tracks[0].points, points[:3])
    assert both.surface._tracks[0].color == theme.series_color(0)
    buttons["surface"].click()
    assert not chart.isVisible()
    chart.set_picture(AXIS, np.zeros(1), values[:1], measure="f")
    assert chart.isVisible()
    assert not both.surface.isVisible()
    assert not buttons["surface"].isEnabled()
    chart.set_picture(AXIS, AXIS, values, measure="f")
    assert both.surface.isVisible()


def test_a_zero_is_the_lowest_of_a_logarithmic_map(theme: Theme, shown: Callable[[Any], Any]) -> None:
    chart = shown(LandscapeChart(theme))
    chart.set_picture(AXIS, AXIS, RIDGE * (RIDGE > 0.5), log=True)
    relief = chart.relief()
    assert relief is not None
    assert relief["heights"][0, 0] == relief["limits"][0]
