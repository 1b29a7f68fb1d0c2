from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gdstudio.evaluation.curve_kinds import KINDS as CURVES
from gdstudio.evaluation.curve_kinds import CurveKind
from gdstudio.evaluation.predictions import Predictions
from gdstudio.evaluation.residuals import quantile_plot
from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.boundary import BoundaryChart
from gdstudio.gui.charts.class_curves import ClassCurvesChart
from gdstudio.gui.charts.colors import class_image, finer, text_color, value_colors
from gdstudio.gui.charts.confusion import ConfusionMatrixChart
from gdstudio.gui.charts.legend import Legend, LegendEntry
from gdstudio.gui.charts.quantile import QuantileChart
from gdstudio.gui.charts.residual import ResidualChart
from gdstudio.gui.theme import Theme, contrast

RNG = np.random.default_rng(0)


def two_classes(n: int = 100) -> Predictions:
    codes = RNG.integers(0, 2, n)
    share = 1 / (1 + np.exp(-(2 * codes - 1 + RNG.normal(size=n))))
    names = np.array(["no", "yes"], dtype=object)
    called = names[(share > 0.5).astype(int)]
    return Predictions(np.arange(n), names[codes], called, np.column_stack([1 - share, share]), ("no", "yes"))


def filled(chart: Chart) -> Chart:
    """Gives each kind of chart something to draw."""
    match chart:
        case BoundaryChart():
            points = RNG.normal(size=(40, 2))
            chart.set_points("train", points[:, 0], points[:, 1], np.array(["a", "b"] * 20, object), classes=("a", "b"))
            field = np.dstack([np.full((5, 4), 0.2), np.full((5, 4), 0.8)])
            chart.set_field(np.linspace(-3, 3, 4), np.linspace(-3, 3, 5), field, classes=("a", "b"))
        case ConfusionMatrixChart():
            chart.set_matrix([[8, 2], [1, 9]], ("no", "yes"))
        case ClassCurvesChart():
            chart.set_curves(CURVES["roc"], {"yes": CURVES["roc"].make(two_classes(), "yes")})
        case ResidualChart():
            chart.set_residuals(np.linspace(0, 10, 30), RNG.normal(size=30), unit="price")
    return chart


KINDS = [BoundaryChart, ConfusionMatrixChart, ClassCurvesChart, ResidualChart]


@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_is_empty_then_drawn_described_and_exported(
    kind: type[Chart], shown: Callable[[Any], Any], any_theme: Theme, tmp_path: Path
) -> None:
    chart = kind(any_theme)
    chart.setMinimumSize(400, 400)
    shown(chart)
    assert not chart.plot.getPlotItem().isVisible()
    assert chart.data().empty or isinstance(chart, ConfusionMatrixChart)
    filled(chart)
    assert chart.plot.getPlotItem().isVisible()
    assert chart.accessibleName().startswith("Chart: ")
    assert any(character.isdigit() for character in chart.accessibleDescription())
    assert len(chart.data())
    for ending in ("png", "svg", "csv"):
        path = tmp_path / f"chart.{ending}"
        chart.save_data(path) if ending == "csv" else chart.save_picture(path)
        assert path.stat().st_size > 30
    before = chart.grab().toImage()
    any_theme.set_scheme("light" if any_theme.is_dark else "dark")
    QApplication.processEvents()
    assert chart.grab().toImage() != before


@pytest.mark.parametrize("kind", KINDS)
def test_the_read_out_follows_the_cursor(kind: type[Chart], shown: Callable[[Any], Any], theme: Theme) -> None:
    chart = kind(theme)
    chart.setMinimumSize(400, 400)
    filled(shown(chart))
    near = {
        BoundaryChart: ((0.0, 0.0), "80.0%"),
        ConfusionMatrixChart: ((0.5, 1.5), "<b>1</b> of 10 rows of <b>yes</b> (10.0%)"),
        ClassCurvesChart: ((0.0, 0.0), "AUC"),
        ResidualChart: ((0.0, None), "Missed by"),
    }
    (x, y), text = near[kind]
    if y is None:
        y = float(chart.data()["residual"].iloc[0])
    assert text in chart.read_out(QPointF(x, y))


def test_a_probability_field_is_a_diverging_map(theme: Theme) -> None:
    p = np.array([[0.0, 0.5, 1.0]])
    image = class_image(np.dstack([1 - p, p]), theme)[0].astype(int)
    ground = theme.color("raised")
    assert tuple(image[1]) == (ground.red(), ground.green(), ground.blue())
    first, second = theme.class_color(0), theme.class_color(1)
    assert abs(image[0, 0] - image[0, 2]) > 40  # orange: more red than blue
    assert image[0, 0] > image[0, 2]
    assert image[2, 2] > image[2, 0]
    assert first.red() > first.blue()
    assert second.blue() > second.red()


def test_a_field_of_values_rises_in_lightness() -> None:
    colors = value_colors(np.linspace(0, 1, 20), 0.0, 1.0).astype(float)
    assert np.all(np.diff(colors @ [0.2126, 0.7152, 0.0722]) > 0)


def test_finer_grids_interpolate_linearly() -> None:
    grid = np.add.outer(np.arange(4.0), 10 * np.arange(3.0))
    fine = finer(grid, 5)
    assert fine.shape == (20, 15)
    np.testing.assert_allclose(fine, np.add.outer(np.linspace(0, 3, 20), 10 * np.linspace(0, 2, 15)))


def test_points_of_two_parts_are_drawn_apart(shown: Callable[[Any], Any], theme: Theme) -> None:
    chart = shown(BoundaryChart(theme))
    x, y = RNG.normal(size=(2, 10))
    target = np.array(["a", "b"] * 5, object)
    chart.set_points("train", x, y, target, classes=("a", "b"))
    chart.set_points("validation", x, np.append(y[:9], np.nan), target, classes=("a", "b"))
    assert len(chart.data()) == 19  # what has no place is not drawn
    assert chart.legend.accessibleName() == "Legend: a, b, train, validation"
    chart.clear()
    assert not chart.plot.getPlotItem().isVisible()


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_numbers_in_the_matrix_can_be_read(any_theme: Theme, share: float) -> None:
    chart = ConfusionMatrixChart(any_theme)
    for row, column in ((0, 0), (0, 1)):
        color = chart._cells._color(row, column, share)
        assert contrast(text_color(color), color) >= 4.5
    chart.deleteLater()


def test_the_matrix_may_be_missing(shown: Callable[[Any], Any], theme: Theme) -> None:
    chart = shown(ConfusionMatrixChart(theme))
    chart.set_matrix(None, ("a", "b"))
    assert not chart.plot.getPlotItem().isVisible()


@pytest.mark.parametrize("kind", CURVES.values(), ids=CURVES)
def test_every_kind_of_curve_is_summed_up_marked_and_exported_whole(
    kind: CurveKind, shown: Callable[[Any], Any], theme: Theme
) -> None:
    chart = shown(ClassCurvesChart(theme))
    curve = kind.make(two_classes(5_000), "yes")
    chart.set_curves(kind, {"yes": curve})
    assert f"yes, {curve.summary}" in chart.legend.accessibleName()
    data = chart.data()
    assert np.array_equal(data[kind.columns[1]], curve.y, equal_nan=True)
    at = len(curve.x) // 2
    assert kind.x_label in chart.read_out(QPointF(curve.x[at], curve.y[at]))
    chart.set_mark((0.25, 0.5))
    assert chart._mark.getData()[0].tolist() == [0.25]
    chart.set_curves(kind, {})
    assert not chart.plot.getPlotItem().isVisible()


def test_a_click_on_a_cell_tells_its_place(shown: Callable[[Any], Any], theme: Theme, qtbot: QtBot) -> None:
    chart = shown(ConfusionMatrixChart(theme))
    chart.set_matrix([[8, 0], [1, 9]], ("no", "yes"))
    QApplication.processEvents()

    def click(x: float, y: float) -> None:
        place = chart.plot.mapFromScene(chart.view.mapViewToScene(QPointF(x, y)))
        qtbot.mouseClick(chart.plot.viewport(), Qt.MouseButton.LeftButton, pos=place)

    with qtbot.waitSignal(chart.cell_chosen) as heard:
        click(0.5, 1.5)
    assert heard.args == [1, 0]
    with qtbot.assertNotEmitted(chart.cell_chosen, wait=50):
        click(1.5, 0.5)


def test_many_residuals_are_thinned_and_it_is_said(shown: Callable[[Any], Any], theme: Theme) -> None:
    chart = shown(ResidualChart(theme))
    chart.set_residuals(np.arange(25_000.0), np.ones(25_000))
    assert "of 25,000 rows drawn" in chart.accessibleName()
    assert len(chart.data()) == 25_000


def test_residuals_lie_along_a_column_within_their_interval(shown: Callable[[Any], Any], theme: Theme) -> None:
    chart = shown(ResidualChart(theme))
    places = np.array([0.0, 1.0, np.nan, 1.0])
    chart.set_residuals(
        np.arange(4.0),
        np.array([1.0, -2.0, 0.0, 0.5]),
        against=("plan", places),
        names=("free", "paid"),
        half_width=4.0,
    )
    data = chart.data()
    assert data.columns.tolist() == ["plan", "prediction", "residual"]
    assert data["plan"].tolist()[:2] == ["free", "paid"]
    x, y = chart._points.getData()
    assert np.rint(x).tolist() == [0, 1, 1]
    assert "paid" in chart.read_out(QPointF(x[1], y[1]))
    assert "Missed by" in chart.read_out(QPointF(x[1], y[1]))
    low, high = chart.view.viewRange()[1]
    assert low < -4
    assert high > 4


def test_quantiles_are_drawn_with_their_line(shown: Callable[[Any], Any], theme: Theme) -> None:
    chart = shown(QuantileChart(theme))
    missed = RNG.normal(size=20_000)
    chart.set_plot(quantile_plot(Predictions(np.arange(20_000), missed, np.zeros(20_000))))
    assert "normal, r 1.000" in chart.legend.accessibleName()
    assert len(chart._points.getData()[0]) < 5_000
    assert chart.data()["residual"].tolist() == sorted(missed)
    assert "If normal" in chart.read_out(QPointF(0, 0))
    chart.set_plot(None, "Not defined, because: there are no rows")
    assert isinstance(theme.color("text"), QColor)


@pytest.mark.parametrize("width", [300, 700])
def test_a_legend_of_very_many_leaves_the_plot_its_room(qtbot: QtBot, theme: Theme, width: int) -> None:
    legend = Legend(theme)
    qtbot.addWidget(legend)
    legend.resize(width, 20)
    legend.set_entries([LegendEntry(f"Run {k}, validation", QPen()) for k in range(100)])
    em = legend.fontMetrics().height()
    assert legend.height() <= 6.5 * em
    places = legend._places(width)
    assert 4 <= len(places) < 100
    assert all(place.right() <= width for place in places)
    assert places[-1].right() + legend.fontMetrics().horizontalAdvance("… 99 more") < width
    assert legend.toolTip().splitlines()[0] == f"Run {len(places)}, validation"
    assert legend.toolTip().endswith("more")
    legend.set_entries([LegendEntry("one", QPen())])
    assert not legend.toolTip()
    legend.grab()
