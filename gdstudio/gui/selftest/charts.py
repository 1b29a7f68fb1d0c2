"""Every kind of chart as PNG and SVG, looked at: something is drawn, in several colours."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtGui import QColor, QImage

from gdstudio.evaluation.curve_kinds import KINDS
from gdstudio.evaluation.explain.dependence import Dependence
from gdstudio.evaluation.predictions import make_predictions
from gdstudio.evaluation.residuals import QuantilePlot
from gdstudio.gui import charts
from gdstudio.gui.charts.base import Chart
from gdstudio.gui.charts.descent import Path as Walk
from gdstudio.gui.charts.routes import Route
from gdstudio.gui.charts.tracks import Track
from gdstudio.gui.selftest.events import application, settle
from gdstudio.gui.theme import Theme
from gdstudio.labs.picture import Picture, PictureSeries
from gdstudio.selftest.step import Step, Unmet, expect

_SIZE = (480, 400)
#: A blank chart is its ground and little else; lines and their smoothed edges alone make dozens of colours.
_LEAST_COLORS = 24
_LEAST_SHARE = 0.005
_LEAST_SHAPES = 5

_RNG = np.random.default_rng(0)


def _line(chart: Any) -> None:
    steps = np.arange(200.0)
    chart.set_series("train", "training", steps, np.exp(-steps / 50))
    chart.set_series("validation", "validation", steps, 0.1 + np.exp(-steps / 60), part="validation", color_index=1)


def _boundary(chart: Any) -> None:
    points = _RNG.normal(size=(60, 2))
    classes = np.where(points[:, 0] > 0, "yes", "no").astype(object)
    chart.set_points("train", points[:, 0], points[:, 1], classes, classes=("no", "yes"))
    axis = np.linspace(-3, 3, 12)
    share = 1 / (1 + np.exp(-np.tile(axis, (12, 1))))
    chart.set_field(axis, axis, np.dstack([1 - share, share]), classes=("no", "yes"))


def _unit_map(chart: Any) -> None:
    points = _RNG.normal(size=(60, 2))
    chart.set_points("train", points[:, 0], points[:, 1], points[:, 0])
    axis = np.linspace(-3, 3, 12)
    chart.set_field(axis, axis, np.tanh(np.tile(axis, (12, 1))))


def _confusion(chart: Any) -> None:
    chart.set_matrix([[40, 7], [5, 48]], ("no", "yes"))


def _class_curves(chart: Any) -> None:
    codes = _RNG.integers(0, 2, 200)
    share = 1 / (1 + np.exp(-(2 * codes - 1 + _RNG.normal(size=200))))
    predictions = make_predictions(
        np.column_stack([1 - share, share]),
        rows=np.arange(200),
        target=codes,
        classes=("no", "yes"),
        probabilities=lambda shares: shares,
    )
    chart.set_curves(KINDS["roc"], {"yes": KINDS["roc"].make(predictions, "yes")})


def _residual(chart: Any) -> None:
    chart.set_residuals(np.linspace(0, 10, 80), _RNG.normal(size=80), unit="price")


def _quantile(chart: Any) -> None:
    missed = np.sort(_RNG.normal(size=80))
    chart.set_plot(QuantilePlot(np.linspace(-2.3, 2.3, 80), missed, 1.0, 0.0, 0.99))


def _correlation(chart: Any) -> None:
    chart.set_matrix(("age", "income", "visits"), np.array([[1, 0.7, -0.4], [0.7, 1, 0.1], [-0.4, 0.1, 1]]))


def _distribution(chart: Any) -> None:
    chart.set_histogram(np.linspace(0, 10, 11), _RNG.integers(1, 40, (2, 10)), ("no", "yes"))


def _landscape(chart: Any) -> None:
    axis = np.linspace(-1, 1, 21)
    chart.set_picture(axis, axis, axis[:, None] ** 2 + 3 * axis**2)
    chart.set_routes([Route(np.column_stack([axis[:8], axis[:8] ** 2]), np.linspace(1, 0, 8))])


def _descent(chart: Any) -> None:
    _landscape(chart)
    chart.set_minima([(0.0, 0.0)])
    walk = np.column_stack([np.geomspace(0.9, 0.01, 12), np.geomspace(0.8, 0.005, 12)])
    chart.set_paths([Walk("SGD", 0, walk, (walk**2).sum(1), 2 * walk)], 11)


def _surface(chart: Any) -> None:
    axis = np.linspace(-1, 1, 21)
    heights = axis[:, None] ** 2 + 3 * axis**2
    chart.set_surface(axis, axis, heights, heights, (0.0, 4.0), ("x", "y", "Loss"))
    chart.set_tracks([Track("path", QColor("white"), np.column_stack([axis[:8], axis[:8] ** 2]))])


def _bars(chart: Any) -> None:
    values = np.array([0.4, 0.2, -0.1])
    chart.set_bars(("income", "age", "visits"), values, ends=(values - 0.05, values + 0.05), label="Importance")


def _dependence(chart: Any) -> None:
    grid = np.linspace(20, 60, 9)
    each = np.array([0.2, 0.0, -0.1])[:, None, None] + np.linspace(0.2, 0.7, 9)[None, :, None]
    found = Dependence("age", grid, True, each.mean(0), each, np.arange(3), np.array([25.0, 40.0, 50.0]), 3, 3)
    chart.set_dependence(found, 0, "Probability of yes")


def _layers(chart: Any) -> None:
    steps = np.arange(1, 21)
    values = np.exp(-np.arange(3)[:, None] - steps / 10)
    chart.set_layers(("Layer 1", "Layer 2", "Output"), steps, values, "Gradient norm", log=True)


def _lab(chart: Any) -> None:
    rates = [0.001, 0.01, 0.1, 1.0]
    series = PictureSeries("median", rates, [400.0, 60.0, 12.0, 90.0], [350, 50, 9, 60], [450, 70, 15, 130])
    chart.set_picture(
        Picture("Iterations", "Learning rate", "Iterations", [series], x_log=True, marks=[(0.5, "2/λmax")])
    )


#: What each chart is given to draw; a chart that is missing here fails the step, so that none is forgotten.
_FILL: dict[str, Callable[[Any], None]] = {
    "LineChart": _line,
    "BoundaryChart": _boundary,
    "UnitMap": _unit_map,
    "ConfusionMatrixChart": _confusion,
    "ClassCurvesChart": _class_curves,
    "ResidualChart": _residual,
    "QuantileChart": _quantile,
    "CorrelationChart": _correlation,
    "DistributionChart": _distribution,
    "LandscapeChart": _landscape,
    "DescentChart": _descent,
    "SurfaceChart": _surface,
    "LabChart": _lab,
    "BarsChart": _bars,
    "DependenceChart": _dependence,
    "LayerHeatMap": _layers,
}


def kinds() -> list[type[Chart]]:
    """Every chart there is, by name."""
    found = set()
    for module in pkgutil.iter_modules(charts.__path__):
        for thing in vars(importlib.import_module(f"{charts.__name__}.{module.name}")).values():
            if isinstance(thing, type) and issubclass(thing, Chart) and thing is not Chart:
                found.add(thing)
    return sorted(found, key=lambda kind: kind.__name__)


def _look(image: QImage, name: str) -> None:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    expect(not image.isNull(), f"{name}: the picture cannot be read.")
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    colors, counts = np.unique(pixels, return_counts=True)
    drawn = 1 - counts.max() / counts.sum()
    blank = len(colors) < _LEAST_COLORS or drawn < _LEAST_SHARE
    expect(not blank, f"{name} is blank: {len(colors)} colours, {drawn:.1%} of it is not ground.")


def _run(folder: Path) -> str:
    app = application()
    names = []
    for scheme in ("light", "dark"):
        theme = Theme(app, scheme)
        for kind in kinds():
            fill = _FILL.get(kind.__name__)
            if fill is None:
                raise Unmet(f"The self-test does not know what to draw in {kind.__name__}.")
            chart = kind(theme)
            chart.resize(*_SIZE)
            chart.show()
            fill(chart)
            settle()
            picture, drawing = (folder / f"{kind.__name__}-{scheme}.{ending}" for ending in ("png", "svg"))
            chart.save_picture(picture)
            chart.save_picture(drawing)
            _look(QImage(str(picture)), picture.name)
            text = drawing.read_text(encoding="utf-8")
            shapes = len(re.findall(r"<(?:path|polyline|polygon|rect|circle|ellipse|image|text)\b", text))
            expect(shapes >= _LEAST_SHAPES, f"{drawing.name} is blank: it holds {shapes} shapes.")
            names.append(kind.__name__)
            chart.close()
            chart.deleteLater()
            settle()
        theme.deleteLater()
        settle()
    return f"{len(names)} charts as PNG and SVG: {', '.join(sorted(set(names)))}, light and dark."


STEP = Step(key="charts", label="Draws every chart", run=_run, order=70)
