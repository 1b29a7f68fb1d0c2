"""What a run brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from gdstudio.core.history import RunHistory, Weights
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset
from gdstudio.data.preparation import Preparation
from gdstudio.data.values import numbers
from gdstudio.evaluation.metrics import metrics
from gdstudio.evaluation.predict import outputs_of
from gdstudio.evaluation.predictions import Predictions, make_predictions
from gdstudio.objectives.entry import LossEntry
from gdstudio.training.checkpoint import Checkpoint

Status = Literal["finished", "cancelled", "diverged"]


@dataclass(frozen=True)
class RunResult:
    """A run that has ended, however it ended.

    Attributes:
        spec: The exact experiment, guesses filled in, with the rates that were changed by hand.
        status: How it ended.
        message: The same as a sentence.
        dataset: What it was trained on.
        model: On the CPU, in evaluation mode.
        history: Rows a step and an epoch.
        predictions: Part (train, validation, test) → predictions; a part without rows is missing.
        metrics: Part → scores, as in metrics.json; ``{}`` for a part without rows.
        environment: Versions, device, threads, data hash.
        steps: Steps that were taken.
        checkpoint: What ``run_experiment(resume_from=…)`` goes on from; None where the run diverged or the spec
            wants no checkpoints.
    """

    spec: ExperimentSpec
    status: Status
    message: str
    dataset: Dataset
    model: nn.Module
    history: RunHistory
    predictions: Mapping[str, Predictions]
    metrics: Mapping[str, Any]
    environment: Mapping[str, object]
    steps: int
    checkpoint: Checkpoint | None = None

    @property
    def snapshots(self) -> tuple[Weights, ...]:
        """Weights along the run, oldest first, from before its first step to about its last."""
        return self.history.snapshots

    def save(self, folder: Path) -> None:
        """Write the run folder, each file whole or not at all.

        Raises:
            StudioError: The folder cannot be written.
        """
        from gdstudio.training.run_folder import save

        save(self, folder)


def predict(
    model: nn.Module,
    loss: LossEntry,
    preparation: Preparation,
    features: NDArray[np.float32],
    rows: NDArray[np.int64],
    target: pd.Series[Any] | None,
) -> Predictions:
    """Predictions in the target's own terms: class names, or values in its own unit.

    Args:
        model: On the CPU.
        loss: Turns outputs into probabilities.
        preparation: Turns scaled values back.
        features: ``(n, d)``, prepared.
        rows: ``(n,)`` 0-based rows in the source.
        target: ``(n,)`` as it stands in the table; None where it is unknown.
    """
    known = None
    if target is not None:
        regression = preparation.task == "regression"
        known = numbers(target, preparation.target) if regression else preparation.encode_target(target)
    return make_predictions(
        outputs_of(model, features),
        rows=rows,
        target=known,
        classes=preparation.classes,
        probabilities=loss.probabilities,
        decode=preparation.decode_target,
    )


def score_parts(model: nn.Module, loss: LossEntry, dataset: Dataset) -> tuple[dict[str, Predictions], dict[str, Any]]:
    """Predictions and scores of every part, the scores computed from the very arrays of the predictions."""
    target = dataset.table.frame[dataset.preparation.target]
    predictions: dict[str, Predictions] = {}
    scores: dict[str, Any] = {}
    for name, part in dataset.parts.items():
        scores[name] = {}
        if len(part):
            truth = target.iloc[part.rows]
            predictions[name] = predict(model, loss, dataset.preparation, part.features, part.rows, truth)
            scores[name] = metrics(predictions[name], dataset.classes, dataset.task)
    return predictions, scores
