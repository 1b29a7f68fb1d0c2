from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdstudio.gui.charts.pyramid import Pyramid
from gdstudio.gui.charts.smoothing import Smoother


def curve(n: int, seed: int = 0, gaps: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(n)
    y[rng.random(n) < gaps] = np.nan
    return np.arange(1.0, n + 1), y


def test_few_points_are_given_as_they_are() -> None:
    x, y = curve(300)
    pyramid = Pyramid()
    pyramid.set(x, y)
    got_x, got_y = pyramid.window(0, 301, 100)
    assert np.array_equal(got_x, x)
    assert np.array_equal(got_y, y)


@given(
    n=st.integers(1, 30_000), seed=st.integers(0, 5), columns=st.integers(1, 400), gaps=st.sampled_from([0.0, 0.3, 1.0])
)
def test_a_window_holds_the_extremes_the_ends_and_few_points(n: int, seed: int, columns: int, gaps: float) -> None:
    x, y = curve(n, seed, gaps)
    pyramid = Pyramid()
    pyramid.set(x, y)
    got_x, got_y = pyramid.window(0, n + 1, columns)
    assert len(got_x) == len(got_y) <= max(8 * columns + 64, 40)
    assert np.all(np.diff(got_x) >= 0)
    if gaps < 1:
        assert np.nanmin(got_y, initial=np.inf) == np.nanmin(y, initial=np.inf)
        assert np.nanmax(got_y, initial=-np.inf) == np.nanmax(y, initial=-np.inf)
    assert (got_x[0], got_x[-1]) == (x[0], x[-1])
    assert np.array_equal(got_y[-1:], y[-1:], equal_nan=True)


def test_a_zoomed_window_shows_single_points_with_a_neighbour_on_each_side() -> None:
    x, y = curve(1_000_000)
    pyramid = Pyramid()
    pyramid.set(x, y)
    got_x, got_y = pyramid.window(500_000, 500_010, 800)
    assert got_x.tolist() == list(range(499_999, 500_012))
    assert np.array_equal(got_y, y[499_998:500_011])


@given(cuts=st.lists(st.integers(1, 5_000), min_size=1, max_size=6))
def test_growing_gives_the_same_as_taking_all_at_once(cuts: list[int]) -> None:
    x, y = curve(sum(cuts), gaps=0.05)
    grown, whole = Pyramid(), Pyramid()
    for end in np.cumsum(cuts):
        grown.set(x[:end], y[:end])
    whole.set(x, y)
    for columns in (3, 50):
        for a, b in zip(grown.window(0, len(x) + 1, columns), whole.window(0, len(x) + 1, columns), strict=True):
            assert np.array_equal(a, b, equal_nan=True)
    assert (grown.bounds, grown.positive_bounds, grown.finite) == (whole.bounds, whole.positive_bounds, whole.finite)


def test_another_curve_is_noticed() -> None:
    x, y = curve(1_000)
    pyramid = Pyramid()
    pyramid.set(x, y)
    assert pyramid.set(np.append(x, 1_001.0), np.append(y, 9.0)) is True
    assert pyramid.bounds == (y.min(), 9.0)
    assert pyramid.set(x, y + 100) is False
    assert pyramid.bounds == (y.min() + 100, y.max() + 100)
    assert pyramid.set(x[:10], y[:10]) is False


def test_bounds_pass_over_gaps_infinities_and_for_a_log_axis_zeros() -> None:
    pyramid = Pyramid()
    assert pyramid.bounds is None
    pyramid.set(np.arange(5.0), np.array([np.nan, -1.0, 0.0, 0.5, np.inf]))
    assert pyramid.bounds == (-1.0, 0.5)
    assert pyramid.positive_bounds == (0.5, 0.5)
    assert not pyramid.finite


def test_what_is_not_sorted_is_given_whole() -> None:
    pyramid = Pyramid()
    x = np.array([3.0, 1.0, 2.0])
    pyramid.set(x, x)
    assert np.array_equal(pyramid.window(1.5, 2.5, 1)[0], x)
    assert pyramid.nearest(1.1) == 1


@pytest.mark.parametrize(("x", "index"), [(-5, 0), (1.4, 0), (1.6, 1), (99, 2)])
def test_the_nearest_point(x: float, index: int) -> None:
    pyramid = Pyramid()
    pyramid.set(np.array([1.0, 2.0, 3.0]), np.zeros(3))
    assert pyramid.nearest(x) == index


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="3 values and y 2"):
        Pyramid().set(np.zeros(3), np.zeros(2))


def test_appending_to_a_million_points_costs_what_was_added() -> None:
    x, y = curve(1_000_000)
    pyramid = Pyramid()
    pyramid.set(x[:900_000], y[:900_000])
    started = time.perf_counter()
    for end in range(901_000, 1_000_001, 1_000):
        pyramid.set(x[:end], y[:end])
        pyramid.window(0, end, 1_000)
    assert (time.perf_counter() - started) / 100 < 0.01  # about 0.0004 measured


def test_smoothing_equals_its_definition_however_it_grows() -> None:
    x, y = curve(500)
    y[100:110] = np.nan
    expected, mean = np.empty(500), np.nan
    for i, value in enumerate(y):
        if np.isfinite(value):
            mean = value if np.isnan(mean) else 0.9 * mean + 0.1 * value
        expected[i] = mean if np.isfinite(value) else np.nan
    source, smoother = Pyramid(), Smoother()
    for end in (1, 2, 105, 106, 300, 500):
        grew = source.set(x[:end], y[:end])
        smoother.set(source, 0.9, grew=grew)
    np.testing.assert_allclose(smoother.points.y, expected, rtol=1e-12)
    smoother.set(source, 0.5, grew=True)  # another weight begins anew
    assert smoother.points.y[1] == pytest.approx(0.5 * y[0] + 0.5 * y[1])
