"""Runs beside each other: two on the same rows, and several that differ only in their seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from gdstudio.core.errors import StudioError
from gdstudio.evaluation.comparison import Difference, McNemar, check_same_rows, mcnemar, score_differences
from gdstudio.evaluation.entry import UndefinedScoreError

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult


@dataclass(frozen=True)
class Comparison:
    """Two runs on the same rows.

    Attributes:
        part: Whose rows.
        n: How many.
        differences: Score → the second run's minus the first's, with its interval.
        mcnemar: For classes; None for a regression, and where it is not defined.
        reason: Why it is not defined.
    """

    part: str
    n: int
    differences: Mapping[str, Difference]
    mcnemar: McNemar | None
    reason: str = ""


def compare_runs(
    first: RunResult,
    second: RunResult,
    part: str = "test",
    *,
    resamples: int = 1_000,
    cancelled: Callable[[], bool] = lambda: False,
) -> Comparison:
    """Every score of two runs beside each other, judged on the same rows of the same data.

    Raises:
        StudioError: Data, target, task or rows are not the same; says which.
    """
    hint = "Compare runs that share data, target and split."
    if first.dataset.task != second.dataset.task:
        raise StudioError("The runs do not predict the same kind of target.", hint)
    if first.environment.get("data_hash") != second.environment.get("data_hash"):
        raise StudioError("The runs were trained on different data.", hint)
    if first.dataset.preparation.target != second.dataset.preparation.target:
        columns = f"{first.dataset.preparation.target!r} and {second.dataset.preparation.target!r}"
        raise StudioError(f"The runs predict different columns: {columns}.", hint)
    lacking = [run for run in (first, second) if part not in run.predictions]
    if lacking:
        raise StudioError(f"There are no {part} rows to compare the runs on.", "Give the split a test share.")
    one, other = first.predictions[part], second.predictions[part]
    check_same_rows(one, other)
    test, reason = None, ""
    if first.dataset.task != "regression":
        try:
            test = mcnemar(one, other)
        except UndefinedScoreError as error:
            reason = error.reason
    found = score_differences(one, other, first.dataset.task, resamples=resamples, cancelled=cancelled)
    return Comparison(part, len(one), found, test, reason)


@dataclass(frozen=True)
class Spread:
    """A score over runs that differ only in their seed.

    Attributes:
        mean: Of the runs.
        deviation: Their standard deviation (n − 1 in the denominator).
        n: How many runs have the score; at least 2.
    """

    mean: float
    deviation: float
    n: int


def seed_groups(results: Sequence[RunResult]) -> list[list[int]]:
    """Places of runs that differ in nothing but their seed, in groups of at least two; others are in none."""
    groups: dict[tuple[str, object], list[int]] = {}
    for place, result in enumerate(results):
        same = result.spec.with_values({"training.seed": 0}).to_json()
        groups.setdefault((same, result.environment.get("data_hash")), []).append(place)
    return [
        places for places in groups.values() if len({results[place].spec.training.seed for place in places}) > 1
    ]  # fmt: skip


def spread(results: Sequence[RunResult], score: str, part: str = "test") -> Spread | None:
    """Mean and standard deviation of a score; None where fewer than two runs have it.

    The deviation is what other initial weights and another order of the rows change; other rows change the score too,
    which is what an interval on one run tells.
    """
    values = [value for result in results if (value := (result.metrics.get(part) or {}).get(score)) is not None]
    return Spread(fmean(values), stdev(values), len(values)) if len(values) > 1 else None
