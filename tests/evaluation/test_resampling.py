"""Scores of many samples at once against the scores themselves, called on each sample."""

from __future__ import annotations

import numpy as np
import pytest

from gdstudio.evaluation.bootstrap import draws, resampled, scores_of, value_of
from gdstudio.evaluation.predictions import Predictions, make_predictions

RNG = np.random.default_rng(4)


def classes(count: int, n: int, ties: bool) -> Predictions:
    logits = RNG.normal(size=(n, count))
    target = (logits + RNG.gumbel(size=logits.shape)).argmax(axis=1)
    if ties:
        logits = np.round(logits)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return make_predictions(
        shares, rows=np.arange(n), target=target, classes=tuple("abcdef"[:count]), probabilities=lambda outputs: outputs
    )


CASES = {
    "binary": (classes(2, 60, False), "binary"),
    "ties": (classes(2, 60, True), "binary"),
    # So few rows that many samples lack a class, or never predict one.
    "few": (classes(2, 5, False), "binary"),
    "four": (classes(4, 80, True), "multiclass"),
    "four of few": (classes(4, 9, False), "multiclass"),
    "numbers": (
        make_predictions(RNG.normal(size=(40, 1)), rows=np.arange(40), target=RNG.normal(size=40)),
        "regression",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_sample_gets_the_score_that_its_rows_get(case):
    predictions, task = CASES[case]
    positive = predictions.classes[-1] if task == "binary" else None
    samples = next(draws(predictions, 60, seed=1))
    random, rows = np.random.default_rng(1), []
    for _ in range(60):
        rows.append(random.integers(0, len(predictions), len(predictions)))
    for key, entry in scores_of(task).items():
        assert entry.resampled is not None
        got = resampled(entry, samples, positive)
        for place, drawn in enumerate(rows):
            sample = Predictions(
                predictions.rows[drawn], predictions.target[drawn], predictions.prediction[drawn],
                None if predictions.probabilities is None else predictions.probabilities[drawn], predictions.classes,
            )  # fmt: skip
            expected = value_of(entry, sample, positive)
            assert got[place] == pytest.approx(np.nan if expected is None else expected, nan_ok=True, abs=1e-12), key


def test_a_score_without_a_quick_way_is_called_for_each_sample():
    from dataclasses import replace

    predictions = CASES["binary"][0]
    samples = next(draws(predictions, 5, seed=1))
    entry = scores_of("binary")["roc_auc"]
    assert resampled(replace(entry, resampled=None), samples, "b") == pytest.approx(resampled(entry, samples, "b"))
