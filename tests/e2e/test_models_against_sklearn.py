"""The same rows, split and preparation given to scikit-learn: as good a model, and the very same scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier

from gdstudio.core.spec import ExperimentSpec
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment

HIDDEN = (32, 16)
#: Rows differ by a factor of six, and so does the number of epochs that make as many steps.
EPOCHS = {"purchase": 60, "breast_cancer": 60, "wine": 200}


def run(sample: str, **values: Any) -> RunResult:
    dotted = {name.replace("__", "."): value for name, value in values.items()}
    return run_experiment(ExperimentSpec().with_values({"data.source.kind": sample, **dotted}))


def auc(target: NDArray[Any], probabilities: NDArray[Any]) -> float:
    """The area under the ROC curve; the plain mean of one against the rest where there are several classes."""
    if probabilities.shape[1] == 2:
        return float(sklearn_metrics.roc_auc_score(target, probabilities[:, 1]))
    return float(sklearn_metrics.roc_auc_score(target, probabilities, multi_class="ovr", average="macro"))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("sample", list(EPOCHS))
def test_a_linear_model_is_as_good_as_logistic_regression(sample: str, seed: int) -> None:
    result = run(sample, model__kind="linear", optimizer__lr=0.01, training__epochs=60, data__split__seed=seed)
    train, test = result.dataset.train, result.dataset.test
    reference = LogisticRegression(max_iter=5000).fit(train.features, train.target)
    expected = auc(test.target, reference.predict_proba(test.features))
    assert result.metrics["test"]["roc_auc"] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("sample", list(EPOCHS))
def test_a_network_is_as_good_as_an_mlp_classifier(sample: str, seed: int) -> None:
    epochs = EPOCHS[sample]
    result = run(
        sample,
        model__kind="mlp",
        model__hidden=HIDDEN,
        optimizer__kind="adam",
        optimizer__lr=0.001,
        training__epochs=epochs,
        training__batch_size=32,
        data__split__seed=seed,
    )
    train, test = result.dataset.train, result.dataset.test
    reference = MLPClassifier(
        HIDDEN, alpha=0, batch_size=32, max_iter=epochs, n_iter_no_change=epochs, random_state=seed
    )
    with pytest.warns(match="Maximum iterations"):
        reference.fit(train.features, train.target)
    expected = auc(test.target, reference.predict_proba(test.features))
    assert result.metrics["test"]["roc_auc"] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("sample", ["purchase", "wine"])
def test_at_the_minimum_the_penalized_model_is_logistic_regression_s_own(sample: str) -> None:
    """With λ = 1 / (2·C·n) both minimize one strictly convex function, so that the probabilities agree."""
    rows = len(run(sample, model__kind="linear", training__epochs=1).dataset.train)
    result = run(
        sample,
        model__kind="linear",
        regularization__l2=1 / (2 * rows),
        optimizer__kind="lbfgs",
        training__batch_size=0,
        training__epochs=50,
    )
    train, test = result.dataset.train, result.dataset.test
    reference = LogisticRegression(C=1.0, tol=1e-8, max_iter=5000).fit(train.features, train.target)
    probabilities = result.predictions["test"].probabilities
    np.testing.assert_allclose(probabilities, reference.predict_proba(test.features), atol=2e-3)


def test_at_the_minimum_the_penalized_regression_is_ridge_s_own() -> None:
    """Per row and on the scaled target, λ is Ridge's alpha over the number of rows."""
    rows = len(run("diabetes", model__kind="linear", training__epochs=1).dataset.train)
    result = run(
        "diabetes",
        model__kind="linear",
        loss__kind="mse",
        regularization__l2=10 / rows,
        optimizer__kind="lbfgs",
        training__batch_size=0,
        training__epochs=50,
    )
    train, test = result.dataset.train, result.dataset.test
    reference = Ridge(alpha=10.0).fit(train.features, train.target)
    scaled = reference.predict(test.features)
    expected = result.dataset.preparation.decode_target(scaled)
    np.testing.assert_allclose(result.predictions["test"].prediction, expected, rtol=1e-4)


def saved(result: RunResult, folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """What metrics.json says of the test part, and the rows of predictions.csv, as written."""
    result.save(folder)
    frame = pd.read_csv(folder / "predictions.csv")
    return json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["test"], frame


@pytest.mark.parametrize(("sample", "epochs"), [("purchase", 20), ("wine", 2)])
def test_the_scores_of_classes_are_scikit_learn_s_on_the_written_predictions(
    sample: str, epochs: int, tmp_path: Path
) -> None:
    scores, frame = saved(run(sample, optimizer__lr=0.003, training__epochs=epochs), tmp_path / "R")
    assert 0.4 < scores["accuracy"] < 1
    columns = [name for name in frame if name.startswith("probability_")]
    classes = [name.removeprefix("probability_") for name in columns]
    target, predicted = frame["target"].astype(str), frame["prediction"].astype(str)
    probabilities = frame[columns].to_numpy()
    codes = target.map(classes.index).to_numpy()
    positive = scores.get("positive_class")
    assert (positive is None) == (len(classes) > 2)
    over: dict[str, Any] = {"pos_label": positive} if positive else {"average": "macro"}
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(target, predicted),
        "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(target, predicted),
        "precision": sklearn_metrics.precision_score(target, predicted, **over),
        "recall": sklearn_metrics.recall_score(target, predicted, **over),
        "f1": sklearn_metrics.f1_score(target, predicted, **over),
        "roc_auc": auc(codes, probabilities),
        "log_loss": sklearn_metrics.log_loss(codes, probabilities, labels=range(len(classes))),
        "n": len(frame),
    }
    assert {name: scores[name] for name in expected} == pytest.approx(expected, abs=1e-9, rel=0)
    matrix = sklearn_metrics.confusion_matrix(target, predicted, labels=classes)
    assert scores["confusion_matrix"] == matrix.tolist()


def test_the_scores_of_numbers_are_scikit_learn_s_on_the_written_predictions(tmp_path: Path) -> None:
    scores, frame = saved(run("diabetes", training__epochs=20), tmp_path / "R")
    target, predicted = frame["target"], frame["prediction"]
    expected = {
        "r2": sklearn_metrics.r2_score(target, predicted),
        "mae": sklearn_metrics.mean_absolute_error(target, predicted),
        "rmse": sklearn_metrics.root_mean_squared_error(target, predicted),
        "n": len(frame),
    }
    assert {name: scores[name] for name in expected} == pytest.approx(expected, abs=1e-9, rel=0)
