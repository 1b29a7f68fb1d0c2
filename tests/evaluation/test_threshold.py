"""Thresholds against scikit-learn at every value that occurs."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from gdstudio.evaluation.entry import UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions
from gdstudio.evaluation.threshold import AS_PREDICTED, Costs, best_threshold, sweep

RNG = np.random.default_rng(5)


def two(share, is_yes) -> Predictions:
    names = np.array(["no", "yes"], dtype=object)
    share = np.asarray(share, dtype=float)
    target = names[np.asarray(is_yes, dtype=int)]
    return Predictions(
        np.arange(len(share)), target, names[(share > 0.5).astype(int)], np.c_[1 - share, share], ("no", "yes")
    )


@pytest.fixture(scope="module")
def noisy():
    share = np.round(RNG.random(300), 2)  # rounded: many are equal
    return two(share, RNG.random(300) < share)


def test_every_threshold_equals_scikit_learn(noisy):
    swept = sweep(noisy, "yes")
    y, share = noisy.target == "yes", noisy.probabilities[:, 1]
    for i, threshold in enumerate(swept.thresholds):
        called = share >= threshold
        tn, fp, fn, tp = sk.confusion_matrix(y, called, labels=[False, True]).ravel()
        got = (swept.true_negative[i], swept.false_positive[i], swept.false_negative[i], swept.true_positive[i])
        assert got == (tn, fp, fn, tp)
        assert swept.recall[i] == pytest.approx(sk.recall_score(y, called))
        assert swept.f1[i] == pytest.approx(sk.f1_score(y, called))
        assert swept.accuracy[i] == pytest.approx(sk.accuracy_score(y, called))
        assert swept.youden[i] == pytest.approx(sk.balanced_accuracy_score(y, called, adjusted=True))
        if called.any():
            assert swept.precision[i] == pytest.approx(sk.precision_score(y, called))
        else:
            assert np.isnan(swept.precision[i])
        assert swept.cost(Costs(2, 7))[i] == 2 * fp + 7 * fn


@pytest.mark.parametrize("threshold", [0.0, 0.1234, 0.5, 0.77, 1.0, 2.0])
def test_a_threshold_between_two_probabilities(noisy, threshold):
    got = sweep(noisy, "yes").at(threshold)
    y, called = noisy.target == "yes", noisy.probabilities[:, 1] >= threshold
    assert got.matrix.tolist() == sk.confusion_matrix(y, called, labels=[False, True]).tolist()
    assert got.accuracy == pytest.approx(sk.accuracy_score(y, called))
    assert got.f1 == pytest.approx(sk.f1_score(y, called))
    assert got.youden == pytest.approx(sk.balanced_accuracy_score(y, called, adjusted=True))


def test_precision_without_a_call_says_why(noisy):
    with pytest.raises(UndefinedScoreError, match="No row reaches"):
        _ = sweep(noisy, "yes").at(2.0).precision


@pytest.mark.parametrize("goal", ["f1", "accuracy", "youden", "cost"])
def test_the_best_is_not_beaten_by_any_other(noisy, goal):
    costs = Costs(1.0, 4.0)
    swept = sweep(noisy, "yes")

    def value(threshold: float) -> float:
        outcome = swept.at(threshold)
        return -outcome.cost(costs) if goal == "cost" else getattr(outcome, goal)

    best = value(best_threshold(swept, goal, costs))
    assert best == max(value(t) for t in [*np.linspace(0, 1.1, 500), *noisy.probabilities[:, 1]])


def test_the_best_lies_in_the_middle_of_the_gap_or_at_one_half():
    assert best_threshold(sweep(two([0.1, 0.2, 0.4, 0.45], [0, 0, 1, 1]), "yes"), "f1") == pytest.approx(0.3)
    assert best_threshold(sweep(two([0.1, 0.2, 0.9, 0.95], [0, 0, 1, 1]), "yes"), "f1") == 0.5


def test_dear_misses_lower_it_and_dear_alarms_raise_it(noisy):
    swept = sweep(noisy, "yes")
    low, high = (best_threshold(swept, "cost", c) for c in (Costs(1, 50), Costs(50, 1)))
    assert low < 0.3 < 0.7 < high


def test_probabilities_of_exactly_zero_and_one():
    p = two([0.0, 0.0, 1.0, 1.0], [0, 1, 0, 1])
    swept = sweep(p, "yes")
    assert swept.at(best_threshold(swept, "cost", Costs(100, 1))).cost(Costs(100, 1)) == 2
    assert swept.at(best_threshold(swept, "cost", Costs(1, 100))).cost(Costs(1, 100)) == 2


def test_one_class_alone_says_why():
    with pytest.raises(UndefinedScoreError, match="'yes'"):
        sweep(two([0.1, 0.2], [0, 0]), "yes")


@pytest.mark.parametrize("least", [0.01, 0.5, 0.9, 1.0])
def test_a_recall_that_is_asked_for_is_reached_as_precisely_as_possible(noisy, least):
    swept = sweep(noisy, "yes")
    best = swept.at(best_threshold(swept, "recall", recall=least))
    assert best.recall >= least
    others = [swept.at(t) for t in noisy.probabilities[:, 1]]
    assert best.precision == max(o.precision for o in others if o.recall >= least)


def test_ties_at_one_half_are_the_models_own():
    p = two([0.5, 0.5, 0.7, 0.2], [0, 1, 1, 0])
    assert sweep(p, "yes").at(AS_PREDICTED).matrix.tolist() == sk.confusion_matrix(p.target, p.prediction).tolist()
