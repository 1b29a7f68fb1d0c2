from __future__ import annotations

import math

import pytest

from gdstudio.gui.charts.axes import log_ticks, tick_texts


@pytest.mark.parametrize(
    ("values", "spacing", "texts"),
    [
        ([0.0, 0.2, 0.4], 0.2, ["0.0", "0.2", "0.4"]),
        ([0.0, 5.0], 5.0, ["0", "5"]),
        ([-1.0, 0.0], 0.5, ["−1.0", "0.0"]),
        ([0.0, 10_000.0, 20_000.0], 10_000.0, ["0", "10k", "20k"]),
        ([500_000.0, 1_000_000.0], 500_000.0, ["0.5M", "1.0M"]),
        ([0.0, 1e-5, 2e-5], 1e-5, ["0", "1e-5", "2e-5"]),
        ([9_000.0], 1_000.0, ["9000"]),
    ],
)
def test_texts_mean_something(values: list[float], spacing: float, texts: list[str]) -> None:
    assert tick_texts(values, spacing) == texts


@pytest.mark.parametrize(("low", "high"), [(-5.0, 1.0), (-12.0, 3.0), (-1.2, 0.1), (-0.4, -0.1), (-0.31, -0.3)])
def test_logarithmic_axes_have_some_labelled_ticks_inside(low: float, high: float) -> None:
    (_, labelled), (_, rest) = log_ticks(low, high, 300)
    inside = [tick for tick in labelled if low - 1e-9 <= tick <= high + 1e-9]
    assert 2 <= len(inside) <= 9
    assert all(low < tick < high for tick in rest)


def test_short_logarithmic_ranges_have_round_values() -> None:
    (_, labelled), _ = log_ticks(math.log10(0.31), math.log10(0.69), 300)
    assert [round(10**tick, 6) for tick in labelled] == [0.4, 0.5, 0.6]


def test_numbers_of_a_loss_that_exploded_are_powers_of_ten() -> None:
    assert tick_texts([0.0, 2e25, 4e25], 2e25) == ["0", "2e25", "4e25"]
