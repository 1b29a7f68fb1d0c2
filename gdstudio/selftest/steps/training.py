"""Three optimizers learn two classes and a number, and the scores are scikit-learn's."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from gdstudio.core.spec import ExperimentSpec
from gdstudio.selftest.step import Step, expect

OPTIMIZERS = {"sgd": 0.05, "adam": 0.02, "rmsprop": 0.01}
#: What a model that has learned anything reaches; guessing gives 0.5 and 0.
_LEAST = {"accuracy": 0.75, "r2": 0.3}
_TOLERANCE = 1e-9


def _expected(predictions: Any, classes: tuple[str, ...], positive: str | None) -> dict[str, float]:
    from sklearn import metrics

    target, guess = predictions.target, predictions.prediction
    if not classes:
        return {
            "r2": metrics.r2_score(target, guess),
            "mae": metrics.mean_absolute_error(target, guess),
            "rmse": math.sqrt(metrics.mean_squared_error(target, guess)),
        }
    target, guess = [str(v) for v in target], [str(v) for v in guess]
    return {
        "accuracy": metrics.accuracy_score(target, guess),
        "precision": metrics.precision_score(target, guess, pos_label=positive),
        "recall": metrics.recall_score(target, guess, pos_label=positive),
        "f1": metrics.f1_score(target, guess, pos_label=positive),
    }


def _run(_: Path) -> str:
    from gdstudio.training.run import run_experiment

    seen = []
    for sample, model, score in (("purchase", "mlp", "accuracy"), ("diabetes", "linear", "r2")):
        for optimizer, lr in OPTIMIZERS.items():
            spec = ExperimentSpec().with_values(
                {"data.source.kind": sample, "model.kind": model, "optimizer.kind": optimizer, "optimizer.lr": lr,
                 "training.epochs": 30, "training.threads": 1}
            )  # fmt: skip
            result = run_experiment(spec)
            name = f"{optimizer} on {sample}"
            expect(result.status == "finished", f"{name}: {result.message}")
            scores, predictions = result.metrics["test"], result.predictions["test"]
            reached = scores[score]
            expect(reached >= _LEAST[score], f"{name}: {score} {reached:.3f} is under {_LEAST[score]}.")
            for key, value in _expected(predictions, predictions.classes, scores.get("positive_class")).items():
                same = math.isclose(scores[key], value, rel_tol=0, abs_tol=_TOLERANCE * max(1, abs(value)))
                expect(same, f"{name}: {key} is {scores[key]!r}, by scikit-learn {value!r}.")
            seen.append(f"{name}: {score} {reached:.3f}")
    return "; ".join(seen) + "; every score is scikit-learn's."


STEP = Step(key="training", label="Trains and scores", run=_run, order=30)
