from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from gdstudio.core.errors import StudioError
from gdstudio.gui.charts.line import LineChart
from gdstudio.gui.theme import Theme

X = np.arange(1.0, 101.0)
Y = np.exp(-X / 30) + 0.1


@pytest.fixture
def chart(shown: Callable[[Any], Any], theme: Theme) -> LineChart:
    made = LineChart(theme, "Loss", "Loss", empty="Press Start.")
    made.setMinimumSize(500, 400)
    return shown(made)


def ranges(chart: LineChart) -> tuple[tuple[float, ...], tuple[float, ...]]:
    x, y = chart.view.viewRange()
    return tuple(x), tuple(y)


def has_color(image: QImage, color: QColor) -> bool:
    """Whether a pixel comes close to the colour; edges of lines are blended with their ground."""
    wanted = np.array([color.red(), color.green(), color.blue()])
    pixels = np.frombuffer(image.convertToFormat(QImage.Format.Format_RGB888).constBits(), np.uint8)
    rows = pixels.reshape(image.height(), -1)[:, : 3 * image.width()].reshape(-1, 3)
    return bool((np.abs(rows.astype(int) - wanted).max(axis=1) < 24).any())


def test_the_empty_place_says_what_will_appear(chart: LineChart) -> None:
    sentence = next(label for label in chart.findChildren(QLabel) if label.text() == "Press Start.")
    assert sentence.isVisible()
    chart.set_series("a", "A", X, Y)
    assert not sentence.isVisible()
    chart.clear()
    assert sentence.isVisible()
    chart.set_series("a", "A", X, np.full(100, np.nan))
    assert sentence.isVisible()


def test_axes_and_legend_name_what_is_drawn(chart: LineChart) -> None:
    chart.set_x_label("Time of training / s")
    chart.set_series("a", "Run 1, train", X, Y)
    chart.set_series("b", "Run 1, validation", X, Y, part="validation")
    assert chart.axes["bottom"].labelText == "Time of training / s"
    assert chart.axes["left"].labelText == "Loss"
    assert "Run 1, train, Run 1, validation" in chart.legend.accessibleName()
    assert chart.keys == ("a", "b")
    chart.remove_series("a")
    assert chart.legend.accessibleName() == "Legend: Run 1, validation"
    assert "Run 1, validation: 0.1357" in chart.accessibleDescription()


def test_what_is_set_together_is_drawn_once_and_alike(chart: LineChart, monkeypatch: pytest.MonkeyPatch) -> None:
    legends: list[int] = []
    set_legend = chart.set_legend
    monkeypatch.setattr(chart, "set_legend", lambda entries: (legends.append(len(entries)), set_legend(entries)))
    chart.set_series("old", "Old", X, 5 * Y)
    with chart.together():
        chart.set_series("a", "A", X, Y)
        chart.set_series("b", "B", 2 * X, Y)
    assert chart.keys == ("a", "b")
    assert legends == [1, 2]
    together, drawn = ranges(chart), has_color(chart.grab().toImage(), chart.theme.series_pen(0, "train").color())
    assert drawn
    chart.clear()
    chart.set_series("b", "B", 2 * X, Y)
    chart.set_series("a", "A", X, Y)
    chart.fit()
    assert ranges(chart) == together
    items = len(chart.plot.items())
    with chart.together():
        chart.set_series("a", "A", X, 3 * Y)
        chart.set_series("b", "B", 2 * X, 3 * Y)
    assert chart.keys == ("a", "b")
    assert len(chart.plot.items()) == items
    assert ranges(chart)[1][1] > 2 * together[1][1]
    with chart.together():
        pass
    assert next(label for label in chart.findChildren(QLabel) if label.text() == "Press Start.").isVisible()


def test_the_range_stays_while_data_are_inside_and_never_shrinks(chart: LineChart) -> None:
    chart.set_series("a", "A", X[:50], Y[:50])
    first = ranges(chart)
    chart.set_series("a", "A", X[:51], Y[:51])
    grown = ranges(chart)
    assert grown[0][1] > first[0][1]
    seen = {grown}
    for end in range(52, 60):
        chart.set_series("a", "A", X[:end], Y[:end])
        seen.add(ranges(chart))
    assert {x for x, _ in seen} == {grown[0]}  # the room that was left is used up first
    chart.remove_series("a")
    chart.set_series("b", "B", X[:10], Y[:10])
    assert ranges(chart)[0][1] >= grown[0][1]


def test_a_range_that_is_known_beforehand_does_not_move(chart: LineChart) -> None:
    chart.set_x_extent(0, 100)
    chart.set_series("a", "A", X[:5], Y[:5])
    assert ranges(chart)[0] == pytest.approx((0, 100))
    chart.set_series("a", "A", X, Y)
    assert ranges(chart)[0] == pytest.approx((0, 100))


def test_a_person_who_pans_is_left_alone_until_a_double_click(chart: LineChart, qtbot: QtBot) -> None:
    chart.set_series("a", "A", X[:50], Y[:50])
    viewport = chart.plot.viewport()
    middle = viewport.rect().center()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=middle)
    for step in (10, 30, 60):
        QTest.mouseMove(viewport, middle - type(middle)(step, 0))
        qtbot.wait(20)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=middle - type(middle)(60, 0))
    assert not chart.is_following
    moved = ranges(chart)
    chart.set_series("a", "A", X, Y * 5)
    assert ranges(chart) == moved
    QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=middle)
    assert chart.is_following
    assert ranges(chart)[0] == pytest.approx((1, 100))


def test_a_logarithmic_axis_shows_exponents_and_leaves_out_what_is_not_above_zero(chart: LineChart) -> None:
    y = np.array([100.0, 1.0, 0.0, -1.0, 0.01])
    chart.set_series("a", "A", np.arange(5.0), y)
    chart.set_log_y(True)
    low, high = ranges(chart)[1]
    assert -2.3 < low < -2
    assert 2 < high < 2.3
    drawn = chart._series["a"]._curve.y
    assert np.array_equal(drawn, [2, 0, np.nan, np.nan, -2], equal_nan=True)
    chart.set_log_y(False)
    assert ranges(chart)[1][0] < -1


def test_what_is_set_while_hidden_is_drawn_when_shown(chart: LineChart, qtbot: QtBot) -> None:
    chart.hide()
    chart.set_series("a", "A", X, Y)
    assert not len(chart._series["a"]._curve.x)
    chart.show()
    assert len(chart._series["a"]._curve.x) == 100
    assert ranges(chart)[0] == pytest.approx((1, 100))


def test_the_read_out_gives_every_curve_at_the_nearest_point(chart: LineChart) -> None:
    chart.set_series("a", "Run <1>", X, Y)
    chart.set_series("b", "Other", X[::10], 2 * Y[::10])
    text = chart.read_out(QPointF(41.2, 0.5))
    assert "<b>41</b>" in text
    assert f"{Y[40]:.5g}" in text
    assert f"{2 * Y[40]:.5g}" in text
    assert "Run &lt;1&gt;" in text
    chart._hover(chart.view.mapViewToScene(QPointF(41.2, 0.5)))
    card = chart.findChild(QLabel, "chart.loss.readout")
    assert card.isVisible()
    chart.leave()
    assert not card.isVisible()


def test_colours_follow_the_theme_while_it_changes(chart: LineChart, theme: Theme) -> None:
    chart.set_series("a", "A", X, np.full(100, 0.5))
    for scheme in ("light", "dark"):
        theme.set_scheme(scheme)
        QApplication.processEvents()
        image = chart.grab().toImage()
        assert has_color(image, theme.series_color(0)), scheme
        assert has_color(image, theme.color("raised")), scheme


def test_smoothing_draws_the_mean_over_the_faint_curve(chart: LineChart) -> None:
    noisy = Y + np.random.default_rng(0).normal(size=100)
    chart.set_series("a", "A", X, noisy)
    chart.set_smoothing(0.9)
    mean = chart._series["a"]._mean.y
    assert np.std(np.diff(mean)) < 0.3 * np.std(np.diff(noisy))
    chart.set_series("a", "A", np.append(X, 101.0), np.append(noisy, 0.0))
    assert len(chart._series["a"]._mean.y) == 101
    chart.set_smoothing(0.0)
    assert not chart._series["a"]._mean.is_visible


def test_pictures_and_data_are_saved(chart: LineChart, tmp_path: Path) -> None:
    chart.set_series("a", "A", X, Y / 3)
    chart.save_picture(tmp_path / "loss.png")
    image = QImage(str(tmp_path / "loss.png"))
    assert image.width() == 2 * chart.width()
    chart.save_picture(tmp_path / "loss.svg")
    svg = (tmp_path / "loss.svg").read_text()
    assert "<polyline" in svg or "<path" in svg
    assert "Chart: Loss" in svg
    assert "<image" not in svg
    chart.save_data(tmp_path / "loss.csv")
    read = pd.read_csv(tmp_path / "loss.csv")
    assert list(read.columns) == ["curve", "part", "Step", "Loss"]
    assert np.array_equal(read["Loss"], Y / 3)


def test_a_picture_that_cannot_be_saved_is_a_sentence(chart: LineChart, tmp_path: Path) -> None:
    chart.set_series("a", "A", X, Y)
    with pytest.raises(StudioError, match=r"\.gif"):
        chart.save_picture(tmp_path / "loss.gif")
    with pytest.raises(StudioError, match="cannot be written"):
        chart.save_picture(tmp_path / "missing" / "loss.png")


def test_pictures_and_data_are_copied(chart: LineChart) -> None:
    chart.set_series("a", "A", X, Y)
    chart.copy_data()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0] == "curve\tpart\tStep\tLoss"
    assert len(lines) == 101
    chart.copy_picture()
    assert not QApplication.clipboard().pixmap().isNull()


def test_the_menu_offers_nothing_where_nothing_is_drawn(chart: LineChart) -> None:
    assert not any(a.isEnabled() for a in chart.make_menu().actions()[:2] if not a.isSeparator())
    chart.set_series("a", "A", X, Y)
    texts = [action.text() for action in chart.make_menu().actions() if action.isEnabled()]
    for wanted in ("Copy picture", "Copy data", "Save picture…", "Save data…", "Logarithmic vertical axis"):
        assert wanted in texts


def test_a_million_points_are_redrawn_well_within_a_frame(chart: LineChart) -> None:
    n = 1_000_000
    x = np.arange(1.0, n + 1)
    y = np.exp(-x / 2e5) + 0.1 * np.random.default_rng(0).standard_normal(n)
    chart.set_series("a", "A", x[: n - 20_000], y[: n - 20_000])
    chart.plot.viewport().repaint()
    spent = []
    for end in range(n - 20_000, n, 1_000):
        started = time.perf_counter()
        chart.set_series("a", "A", x[:end], y[:end])
        chart.plot.viewport().repaint()
        spent.append(time.perf_counter() - started)
    assert np.median(spent) < 0.033  # about 0.002 measured


@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_restless_curve_is_drawn_with_the_thinnest_line_and_a_calm_one_as_wide_as_the_rest(chart, part):
    x = np.arange(300.0)
    noise = np.random.default_rng(0).standard_normal(300)
    widths = []
    for values in (np.exp(-x / 100), noise):
        chart.set_series("a", "A", x, values, part=part)
        widths.append(chart._series["a"]._curve.pen.widthF())
    calm, restless = widths
    assert calm > restless == 1.0


def test_a_hurried_chart_and_a_crowd_of_curves_are_coarser_and_keep_their_extremes(chart: LineChart) -> None:
    # So many that half of the columns take the next coarser step of those that are prepared.
    x = np.arange(float(6 * 64 * chart.view.width() // 8))
    y = np.random.default_rng(0).normal(size=len(x))

    def drawn() -> np.ndarray:
        return chart._series["a"]._curve.y

    chart.set_series("a", "A", x, y)
    full = len(drawn())
    chart.set_hurried(True)
    assert len(drawn()) < 0.6 * full
    assert (drawn().min(), drawn().max()) == (y.min(), y.max())
    chart.set_hurried(False)
    assert len(drawn()) == full
    with chart.more():
        for number in range(40):
            chart.set_series(f"b{number}", "B", X, Y)
    assert len(drawn()) < full / 6
    assert (drawn().min(), drawn().max()) == (y.min(), y.max())
    with chart.together():
        chart.set_series("a", "A", x, y)
    assert len(drawn()) == full
