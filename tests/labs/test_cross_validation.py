"""Folds and scores of cross-validation against scikit-learn; the learning curve against runs of its sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare, usable_rows
from gdstudio.data.load import load_table
from gdstudio.data.split import fold_rows
from gdstudio.labs.entry import LabResult


def run(lab: str, own: dict[str, Any], control: RunControl | None = None, **values: Any) -> tuple[LabResult, Dataset]:
    spec = ExperimentSpec().with_values({k.replace("__", "."): v for k, v in values.items()})
    dataset = prepare(spec.data, load_table(spec.data.source))
    settings = registry("labs").settings({"kind": lab, **own})
    return registry("labs")[lab].build(settings)(spec, dataset, control or RunControl(), lambda share: None), dataset


def raw(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    frame, target = dataset.table.frame, dataset.preparation.target
    return frame[list(dataset.preparation.raw_columns)].to_numpy(float), frame[target].to_numpy()


@pytest.mark.parametrize(("count", "folds"), [(50, 5), (23, 4)])
def test_folds_are_those_of_scikit_learn(count, folds):
    rows, classes = np.arange(100, 100 + count), np.arange(count) % 3
    for kind, given in ((StratifiedKFold, classes), (KFold, None)):
        expected = kind(folds, shuffle=True, random_state=7).split(rows, classes)
        for mine, (train, test) in zip(fold_rows(rows, folds, 7, given), expected, strict=True):
            assert mine.train.tolist() == rows[train].tolist()
            assert mine.test.tolist() == rows[test].tolist()
            assert not len(mine.validation)
    judged = np.concatenate([split.test for split in fold_rows(rows, folds, 7, classes)])
    assert sorted(judged) == rows.tolist()


def test_rows_for_early_stopping_are_taken_from_those_that_train():
    for split in fold_rows(np.arange(60), 3, 0, np.arange(60) % 2, validation=0.25):
        parts = (split.train, split.validation, split.test)
        assert [len(part) for part in parts] == [30, 10, 20]
        assert len(np.unique(np.concatenate(parts))) == 60


def test_too_few_rows_and_rare_classes_are_said():
    with pytest.raises(StudioError, match="3 usable rows are too few for 5 folds"):
        fold_rows(np.arange(3), 5, 0)
    (split, *_) = fold_rows(np.arange(20), 5, 0, np.r_[np.zeros(18, int), 1, 1])
    assert "a class has only 2 rows for 5 folds" in split.notes[0]
    assert len(fold_rows(np.arange(6), 5, 0, np.arange(6))) == 5


@pytest.mark.parametrize("sample", ["wine", "breast_cancer"])
def test_scores_of_the_linear_model_equal_cross_val_score(sample):
    found, dataset = run(
        "cross_validation", {"folds": 4}, data__source__kind=sample, training__epochs=1, training__seed=3
    )
    x, y = raw(dataset)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    expected = cross_val_score(model, x, y, cv=StratifiedKFold(4, shuffle=True, random_state=3))
    got = [row["linear_accuracy"] for row in found.runs]
    # One row may fall to the other side, since columns are prepared in single precision.
    assert got == pytest.approx(expected, abs=1.01 / min(row["test_rows"] for row in found.runs))
    assert sum(row["test_rows"] for row in found.runs) == len(y)


def test_least_squares_trained_here_equals_least_squares_there():
    found, dataset = run(
        "cross_validation", {"folds": 3, "linear": False}, data__source__kind="diabetes", model__kind="linear",
        training__batch_size=0, training__epochs=1_000, optimizer__kind="adam", optimizer__lr=0.1,
    )  # fmt: skip
    x, y = raw(dataset)
    cv = KFold(3, shuffle=True, random_state=0)
    expected = cross_val_score(make_pipeline(StandardScaler(), LinearRegression()), x, y.astype(float), cv=cv)
    assert [row["r2"] for row in found.runs] == pytest.approx(expected, abs=1e-3)
    main = found.summary[0]
    assert main["score"] == "r2"
    assert (main["mean"], main["sd"]) == pytest.approx((expected.mean(), expected.std(ddof=1)), abs=1e-3)
    assert f"R² {main['mean']:.4g} ± {main['sd']:.2g}" in found.sentences[0]
    assert "linear_mean" not in main


def test_preparation_knows_the_training_rows_of_its_fold_alone():
    spec = ExperimentSpec().with_values({"data.source.kind": "diabetes"})
    table = load_table(spec.data.source)
    rows, _ = usable_rows(spec.data, table)
    for split in fold_rows(rows, 3, 0):
        data = prepare(spec.data, table, split=split)
        column = data.preparation.columns[0]
        values = table.frame[column.name].to_numpy(float)[split.train]
        assert (column.center, column.scale) == pytest.approx((values.mean(), values.std()))
        assert data.train.features[:, 0].mean() == pytest.approx(0, abs=1e-5)


def test_repeats_deal_the_rows_anew_and_a_cancel_keeps_what_is_done():
    found, _ = run("cross_validation", {"folds": 2, "seeds": 2}, data__source__kind="iris", training__epochs=1)
    assert [(row["repeat"], row["fold"]) for row in found.runs] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert "judged 2 times" in " ".join(found.sentences)
    control = RunControl()
    control.cancel()
    found, _ = run("cross_validation", {"folds": 2}, control, data__source__kind="iris", training__epochs=1)
    assert "ended before the first fold" in found.sentences[0]


def test_the_learning_curve_rises_where_rows_are_few():
    found, dataset = run(
        "learning_curve", {"shares": [0.02, 0.1, 1.0], "seeds": 2}, data__source__kind="digits", training__epochs=8
    )
    assert [row["rows"] for row in found.summary] == [round(s * len(dataset.train)) for s in (0.02, 0.1, 1.0)]
    means = [row["validation_mean"] for row in found.summary]
    assert means == sorted(means)
    scores = [row["validation"] for row in found.runs if row["rows"] == len(dataset.train)]
    assert found.summary[-1]["validation_mean"] == pytest.approx(np.mean(scores))
    assert found.picture.series[1].low[0] <= means[0] <= found.picture.series[1].high[0]
    assert "still rising" in " ".join(found.sentences)


def test_small_shares_keep_the_classes():
    from gdstudio.labs.learning_curve import _order

    _, dataset = run("learning_curve", {"shares": [1.0], "seeds": 1}, data__source__kind="wine", training__epochs=1)
    order = _order(dataset, np.random.default_rng(0))
    assert sorted(order) == list(range(len(dataset.train)))
    whole = np.bincount(dataset.train.target) / len(order)
    for count in (9, 30, 60):
        part = np.bincount(dataset.train.target[order[:count]], minlength=3) / count
        assert np.abs(part - whole).max() < 1.5 / count
