"""Runs beside each other: refused where their rows differ, and spread over seeds."""

from __future__ import annotations

import numpy as np
import pytest

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec
from gdstudio.training.comparison import compare_runs, seed_groups, spread
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment


def trained(**values: object) -> RunResult:
    set_to = {"training.epochs": 2, **{k.replace("__", "."): v for k, v in values.items()}}
    return run_experiment(ExperimentSpec().with_values(set_to))


@pytest.fixture(scope="module")
def runs() -> list[RunResult]:
    return [trained(training__seed=seed) for seed in (0, 1, 2)]


def test_runs_on_the_same_rows_are_compared(runs):
    found = compare_runs(runs[0], runs[1], resamples=50)
    assert found.n == len(runs[0].predictions["test"])
    accuracy = found.differences["accuracy"]
    assert accuracy.value == runs[1].metrics["test"]["accuracy"] - runs[0].metrics["test"]["accuracy"]
    test = found.mcnemar
    assert (test.only_second - test.only_first) / found.n == pytest.approx(accuracy.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"data__split__seed": 5}, "different rows|different targets"),
        ({"data__source__kind": "iris"}, "same kind of target|different data"),
        ({"data__split__test": 0.1}, "judged on"),
    ],
)
def test_others_are_refused_in_words(runs, values, said):
    with pytest.raises(StudioError, match=said):
        compare_runs(runs[0], trained(**values), resamples=5)


def test_a_part_without_rows_is_said(runs):
    without = [trained(data__split__test=0.0, training__seed=seed) for seed in (0, 1)]
    with pytest.raises(StudioError, match="no test rows"):
        compare_runs(*without)


def test_the_spread_over_seeds(runs):
    other = trained(optimizer__lr=0.5)
    assert seed_groups([*runs, other]) == [[0, 1, 2]]
    values = [run.metrics["test"]["accuracy"] for run in runs]
    found = spread(runs, "accuracy")
    assert (found.mean, found.deviation) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    assert spread(runs[:1], "accuracy") is None
    assert seed_groups([runs[0], runs[0]]) == []
