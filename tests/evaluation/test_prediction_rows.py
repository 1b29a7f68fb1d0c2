"""Filters and search against a plain loop over the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gdstudio.core.control import Cancelled
from gdstudio.evaluation.prediction_rows import errors, filtered, found, rows_frame
from gdstudio.evaluation.predictions import Predictions

RNG = np.random.default_rng(5)
CLASSES = ("no", "maybe", "yes")


def classified(n=500):
    shares = RNG.dirichlet([1, 1, 1], n)
    target = np.array(CLASSES, dtype=object)[RNG.integers(0, 3, n)]
    named = np.array(CLASSES, dtype=object)[shares.argmax(axis=1)]
    return Predictions(RNG.permutation(2 * n)[:n], target, named, shares, CLASSES)


def measured(n=500):
    target = RNG.normal(size=n) * 50
    return Predictions(np.arange(n), target, target + RNG.normal(size=n))


def test_wrong_rows_are_those_of_another_class():
    p = classified()
    expected = [i for i in range(500) if p.target[i] != p.prediction[i]]
    assert filtered(p, "wrong").tolist() == expected


def test_the_least_certain_come_closest_first():
    p = classified()
    margins = [sorted(row)[-1] - sorted(row)[-2] for row in p.probabilities.tolist()]
    expected = sorted(range(500), key=lambda i: margins[i])[:40]
    assert filtered(p, "uncertain", 40).tolist() == expected
    assert len(filtered(p, "uncertain", 1000)) == 500


def test_the_largest_errors_come_first():
    p = measured()
    expected = sorted(range(500), key=lambda i: -abs(p.prediction[i] - p.target[i]))[:30]
    assert filtered(p, "error", 30).tolist() == expected
    p = classified()
    right = [p.probabilities[i, CLASSES.index(p.target[i])] for i in range(500)]
    np.testing.assert_allclose(errors(p), 1 - np.array(right))
    assert filtered(p, "error", 7).tolist() == np.argsort(right, kind="stable")[:7].tolist()


def test_rows_stand_beside_their_source():
    p = classified(20)
    source = pd.DataFrame({"x": np.arange(40.0), "bought": ["no"] * 40, "city": [f"c{i}" for i in range(40)]})
    frame = rows_frame(p, source, "bought")
    assert list(frame.columns) == [
        "target", "prediction", "probability", "error", "x", "city",
        "probability of no", "probability of maybe", "probability of yes",
    ]  # fmt: skip
    assert frame.index.tolist() == p.rows.tolist()
    assert frame["x"].tolist() == [float(r) for r in p.rows]
    assert frame["target"].tolist() == p.target.tolist()
    assert frame["prediction"].tolist() == p.prediction.tolist()
    np.testing.assert_array_equal(frame["probability"], p.probabilities.max(axis=1))
    unknown = Predictions(p.rows, None, p.prediction, p.probabilities, CLASSES)
    assert list(rows_frame(unknown, source, "bought").columns)[:3] == ["prediction", "probability", "x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ulm", [0, 3]),
        ("ULM", [0, 3]),
        ("5", [0, 5]),  # 5.13 begins with it, and so is the sixth row numbered; 15.1 and 50 do not
        ("5.1", [0]),
        ("-2", [2]),
        ("yes", [1, 2]),
        ("50", [4]),
        ("nothing", []),
        ("(", []),
    ],
)
def test_search_finds_texts_and_how_numbers_begin(text, expected):
    frame = pd.DataFrame(
        {
            "city": ["Ulm", "Bern", None, "Neu-Ulm", "Rom", "Rom"],
            "x": [5.13, 15.1, -2.5, np.nan, 50.0, 7.0],
            "class": pd.Categorical(["no", "yes", "yes", None, "no", "no"]),
        }
    )
    assert np.flatnonzero(found(frame, text)).tolist() == expected


def test_a_search_ends_when_asked():
    with pytest.raises(Cancelled):
        found(pd.DataFrame({"city": ["a"] * 10}), "a", lambda: True)
