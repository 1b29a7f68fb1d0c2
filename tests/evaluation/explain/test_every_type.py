"""Every way in which a column can be prepared can be explained too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gdstudio.core.spec import ExperimentSpec
from gdstudio.evaluation.explain.attribution import attribute
from gdstudio.evaluation.explain.coefficients import linear_weights, raw_coefficients
from gdstudio.evaluation.explain.dependence import partial_dependence
from gdstudio.evaluation.explain.importance import permutation_importance
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment

N = 400


@pytest.fixture(scope="module", params=["binary", "regression"])
def result(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    random = np.random.default_rng(0)
    size = random.normal(50, 9, N)
    frame = pd.DataFrame(
        {
            "size": np.where(random.random(N) < 0.1, np.nan, size),
            "town": np.array(["Ulm", "Bern", "Rom", "Wien", "Oslo", "Riga"], dtype=object)[random.integers(0, 6, N)],
            "street": np.array([f"street {i}" for i in range(9)], dtype=object)[random.integers(0, 9, N)],
            "paid": np.array(["yes", "no"], dtype=object)[random.integers(0, 2, N)],
            "when": pd.date_range("2024-01-01", periods=N, freq="37h").strftime("%Y-%m-%d %H:%M"),
        }
    )
    frame.loc[::17, "town"] = None
    wanted = size + 20 * (frame["town"] == "Rom") + random.normal(size=N)
    frame["y"] = wanted if request.param == "regression" else np.where(wanted > wanted.median(), "high", "low")
    path: Path = tmp_path_factory.mktemp("types") / f"{request.param}.csv"
    frame.to_csv(path, index=False)
    spec = ExperimentSpec().with_values(
        {
            "data.source": {"kind": "file", "path": str(path)},
            "data.target": "y",
            "data.preparation.indicator": True,
            "data.preparation.clip": "quantiles",
            "data.columns": {
                "town": {"role": "feature", "type": "category", "max_categories": 4},
                "street": {"role": "feature", "type": "category", "encode": "target_mean"},
                "when": {"role": "feature", "type": "datetime"},
            },
            "model.kind": "linear",
            "training.epochs": 5,
        }
    )
    return run_experiment(spec)


def test_columns_rows_and_coefficients_are_explained(result: RunResult, explained) -> None:
    data = result.dataset
    kinds = {column.kind for column in data.preparation.columns}
    assert {"transformed", "capped", "target_mean", "ordered", "date"} <= kinds
    predictor, frame = explained(result)
    score = "r2" if data.task == "regression" else "accuracy"
    assert np.isfinite(permutation_importance(predictor, frame, score=score, repeats=2).drops).all()
    for name in data.preparation.raw_columns:
        found = partial_dependence(predictor, frame, name)
        assert len(found.grid) > 1
        # Where a row is given the value that it has, it gets the prediction that it has.
        own = predictor.values(data.preparation.transform(frame.iloc[found.individual_rows]))
        for row, held in enumerate(found.observed):
            place = np.flatnonzero(found.grid == held)
            if len(place):
                np.testing.assert_allclose(found.individual[row, place[0]], own[row], rtol=1e-4, atol=1e-6)
    baseline = data.train.features.mean(axis=0)
    got = attribute(predictor, data.test.features[0], baseline)
    assert len(got.integrated) == len(data.preparation.raw_columns)
    assert abs(got.gap) < 1e-6
    weights = linear_weights(result.model)
    assert weights is not None
    coefficients = raw_coefficients(*weights, data.preparation, loss=result.spec.loss.kind)
    assert len(coefficients.terms) == len(data.feature_names)
    assert np.isfinite(coefficients.values).all()
