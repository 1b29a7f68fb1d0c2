"""Two models on the same rows: whether one is better by more than chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import Task
from gdstudio.evaluation.bootstrap import Floats, draws, percentiles, scores_of, shifted, value_of
from gdstudio.evaluation.classification import known_codes
from gdstudio.evaluation.predictions import Predictions

#: Fewer rows than these on which one alone is right are counted exactly.
_EXACT_BELOW = 25


@dataclass(frozen=True)
class McNemar:
    """Whether two classifiers make as many mistakes.

    Attributes:
        both_right, only_first, only_second, both_wrong: Numbers of rows.
        exact: Whether p comes from the binomial distribution; from χ² with continuity correction otherwise.
        p: The chance of a difference at least so large if both were equally good.
    """

    both_right: int
    only_first: int
    only_second: int
    both_wrong: int
    exact: bool
    p: float


@dataclass(frozen=True)
class Difference:
    """A score of the second model minus that of the first, on the same rows.

    Attributes:
        first, second: The two scores; None where not defined.
        value: Their difference; None where one of them is not defined.
        low, high: Ends of its interval; None where fewer than half of the samples give both a value.
        higher_is_better: Whether a difference above 0 speaks for the second.
    """

    first: float | None
    second: float | None
    value: float | None
    low: float | None
    high: float | None
    higher_is_better: bool

    @property
    def better(self) -> str:
        """``first`` or ``second`` where the interval lies on one side of 0, else empty."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return ""
        return "second" if (self.low > 0) == self.higher_is_better else "first"


def check_same_rows(first: Predictions, second: Predictions) -> None:
    """Refuse to compare what was judged on other rows.

    Raises:
        StudioError: The rows, their targets or the classes are not the same; says which.
    """
    hint = "Compare runs that share data, target and split."
    if len(first) != len(second):
        raise StudioError(f"The runs were judged on {len(first):,} and on {len(second):,} rows.", hint)
    if set(first.classes) != set(second.classes):
        raise StudioError("The runs do not know the same classes.", hint)
    lacking = np.setdiff1d(first.rows, second.rows)
    if len(lacking):
        raise StudioError(
            f"The runs were judged on different rows: row {int(lacking[0]) + 1:,} of the table, for example, is only "
            "among the first run's.",
            hint,
        )
    same = first.target is not None and second.target is not None
    if not same or not np.array_equal(_aligned(first).target, _aligned(second).target):  # type: ignore[arg-type]
        raise StudioError("The runs predict different targets.", hint)


def mcnemar(first: Predictions, second: Predictions) -> McNemar:
    """McNemar's test of two classifiers on the same rows.

    Source: McNemar (1947), Note on the sampling error of the difference between correlated proportions,
    Psychometrika 12; the continuity correction is Edwards' (1948). With fewer than 25 rows on which they differ the
    binomial distribution is used itself. For classifiers: Dietterich (1998), Approximate statistical tests for
    comparing supervised classification learning algorithms, Neural Computation 10.

    Raises:
        StudioError: The rows are not the same.
        UndefinedScoreError: There are no rows, or outputs that are not finite.
    """
    from scipy.stats import binomtest, chi2  # type: ignore[import-untyped]

    check_same_rows(first, second)
    (target, one), (_, other) = known_codes(_aligned(first)), known_codes(_aligned(second))
    if first.classes != second.classes:
        other = np.array([first.classes.index(name) for name in second.classes])[other]
    right, also = one == target, other == target
    b, c = int((right & ~also).sum()), int((~right & also).sum())
    exact = b + c < _EXACT_BELOW
    if b + c == 0:
        p = 1.0
    elif exact:
        p = float(binomtest(b, b + c).pvalue)
    else:
        p = float(chi2.sf(max(0, abs(b - c) - 1) ** 2 / (b + c), 1))
    return McNemar(int((right & also).sum()), b, c, int((~right & ~also).sum()), exact, p)


def score_differences(
    first: Predictions,
    second: Predictions,
    task: Task,
    *,
    resamples: int = 1_000,
    level: float = 0.95,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Mapping[str, Difference]:
    """Every score of the second minus the first, with percentile intervals from the same samples of rows for both.

    Source: the paired bootstrap of Efron and Tibshirani (1993), An Introduction to the Bootstrap, sections 13.3 and
    10.3. Rows are drawn once for both models, so what makes a sample easy cancels out.

    Raises:
        StudioError: The rows are not the same.
    """
    check_same_rows(first, second)
    one, other = _aligned(first), _aligned(second)
    signs = [first.classes[-1], second.classes[-1]] if task == "binary" else [None, None]
    if signs[0] != signs[1]:
        raise StudioError("The runs do not take the same class for the positive one.")
    entries = scores_of(task)
    values = {key: (value_of(e, one, signs[0]), value_of(e, other, signs[0])) for key, e in entries.items()}
    drawn: dict[str, list[Floats]] = {key: [] for key in entries}
    # The same seed draws the same rows for both.
    for sample, same in zip(draws(one, resamples, seed), draws(other, resamples, seed), strict=True):
        if cancelled():
            break
        for key, (a, b) in values.items():
            if a is not None and b is not None:
                moved = shifted(entries[key], same, signs[0], b), shifted(entries[key], sample, signs[0], a)
                drawn[key].append(moved[0] - moved[1])
    made = {}
    for key, (a, b) in values.items():
        ends = percentiles(drawn[key], resamples, level)
        low, high = (None, None) if ends is None else ends[:2]
        value = None if a is None or b is None else b - a
        made[key] = Difference(a, b, value, low, high, entries[key].higher_is_better)
    return made


def _aligned(predictions: Predictions) -> Predictions:
    """The same with the rows in the order of the source."""
    order = np.argsort(predictions.rows, kind="stable")
    if np.array_equal(order, np.arange(len(order))):
        return predictions
    return Predictions(
        predictions.rows[order],
        None if predictions.target is None else predictions.target[order],
        predictions.prediction[order],
        None if predictions.probabilities is None else predictions.probabilities[order],
        predictions.classes,
    )
