"""Two models on the same rows: McNemar's test by its formulas, differences against the same draws made here."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from gdstudio.core.errors import StudioError
from gdstudio.evaluation.comparison import check_same_rows, mcnemar, score_differences
from gdstudio.evaluation.predictions import Predictions, make_predictions

NAMES = np.array(["no", "yes"], dtype=object)


def right_on(first: int, second: int, both: int = 20) -> tuple[Predictions, Predictions]:
    """Two models; so many rows only the first has right, so many only the second, so many both."""
    n = first + second + both
    truth = np.arange(n) % 2
    one, other = truth.copy(), truth.copy()
    one[first : first + second] ^= 1
    other[:first] ^= 1

    def make(called: np.ndarray) -> Predictions:
        share = np.where(called == 1, 0.9, 0.2)
        return Predictions(np.arange(n), NAMES[truth], NAMES[called], np.c_[1 - share, share], ("no", "yes"))

    return make(one), make(other)


@pytest.mark.parametrize(("b", "c"), [(0, 6), (3, 9), (12, 12), (24, 0)])
def test_few_rows_are_counted_exactly(b, c):
    found = mcnemar(*right_on(b, c))
    tail = sum(comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)
    assert found.exact
    assert found.p == pytest.approx(min(1.0, 2 * tail))
    assert (found.only_first, found.only_second, found.both_right, found.both_wrong) == (b, c, 20, 0)


@pytest.mark.parametrize(("b", "c"), [(5, 20), (40, 41), (150, 90)])
def test_many_rows_get_the_continuity_correction(b, c):
    found = mcnemar(*right_on(b, c))
    assert not found.exact
    assert found.p == pytest.approx(stats.chi2.sf(max(0, abs(b - c) - 1) ** 2 / (b + c), df=1))


def test_runs_without_a_difference_are_the_same():
    one, _ = right_on(3, 3)
    assert mcnemar(one, one).p == 1
    same = score_differences(one, one, "binary", resamples=20)
    assert all(d.value == 0 and not d.better for d in same.values() if d.value is not None)


@pytest.fixture(scope="module")
def digits() -> tuple[Predictions, Predictions]:
    x, y = load_digits(return_X_y=True)
    train, test = slice(0, 900), slice(900, 1200)
    models = (LogisticRegression(max_iter=300), DecisionTreeClassifier(max_depth=6, random_state=0))
    return tuple(  # type: ignore[return-value]
        make_predictions(
            model.fit(x[train], y[train]).predict_proba(x[test]), rows=np.arange(900, 1200), target=y[test],
            classes=tuple("0123456789"), probabilities=lambda outputs: outputs,
        )
        for model in models
    )  # fmt: skip


def test_a_difference_is_that_of_the_same_draws(digits):
    first, second = digits
    found = score_differences(first, second, "multiclass", resamples=100, seed=5)
    random = np.random.default_rng(5)
    drawn = []
    for _ in range(100):
        rows = random.integers(0, 300, 300)
        target = first.target[rows]
        f1 = [sk.f1_score(target, p.prediction[rows], average="macro") for p in (first, second)]
        drawn.append(f1[1] - f1[0])
    assert (found["f1"].low, found["f1"].high) == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])))
    assert found["accuracy"].value == pytest.approx(
        sk.accuracy_score(second.target, second.prediction) - sk.accuracy_score(first.target, first.prediction)
    )
    # A shallow tree is worse, and less of a log loss is better.
    assert {found[key].better for key in ("accuracy", "f1", "log_loss", "roc_auc")} == {"first"}
    assert mcnemar(first, second).p < 1e-4


def test_the_order_of_the_rows_does_not_matter(digits):
    first, second = digits
    order = np.random.default_rng(0).permutation(len(second))
    turned = Predictions(
        second.rows[order], second.target[order], second.prediction[order], second.probabilities[order], second.classes
    )
    assert mcnemar(first, turned) == mcnemar(first, second)


def part_of(p: Predictions, n: int) -> Predictions:
    return Predictions(p.rows[:n], p.target[:n], p.prediction[:n], p.probabilities[:n], p.classes)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (lambda p: replace(p, rows=p.rows + 1), "different rows: row 901"),
        (lambda p: replace(p, target=p.target[::-1]), "different targets"),
        (lambda p: replace(p, classes=tuple("abcdefghij")), "same classes"),
        (
            lambda p: Predictions(p.rows[:9], p.target[:9], p.prediction[:9], p.probabilities[:9], p.classes),
            "300 and on 9",
        ),
    ],
)
def test_other_rows_are_refused_in_words(digits, other, said):
    with pytest.raises(StudioError, match=said):
        check_same_rows(digits[0], other(digits[0]))


def test_a_score_that_one_has_not_has_no_difference():
    one, other = right_on(2, 5)
    never = replace(other, prediction=np.full(len(other), "no", dtype=object))
    found = score_differences(one, never, "binary", resamples=20)["precision"]
    assert (found.value, found.low, found.second, found.better) == (None, None, None, "")
    assert found.first is not None
