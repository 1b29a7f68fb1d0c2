"""Mean of the recall of every class."""

from __future__ import annotations

from typing import Literal

import numpy as np

from gdstudio.core.registry import Settings
from gdstudio.evaluation.classification import counted_codes
from gdstudio.evaluation.entry import ScoreEntry
from gdstudio.evaluation.predictions import Predictions


class BalancedAccuracySettings(Settings):
    """Balanced accuracy has no settings."""

    kind: Literal["balanced_accuracy"] = "balanced_accuracy"


def _score(predictions: Predictions, positive: str | None) -> float:
    from sklearn.metrics import recall_score

    target, predicted, rows = counted_codes(predictions)
    # Over the classes that occur, as balanced_accuracy_score, which warns about the others.
    labels = np.unique(target)
    return float(recall_score(target, predicted, labels=labels, average="macro", sample_weight=rows, zero_division=0))


ENTRY = ScoreEntry(
    key="balanced_accuracy",
    label="Balanced accuracy",
    settings=BalancedAccuracySettings,
    build=lambda settings: _score,
    resampled=lambda settings: lambda samples, positive: samples.balanced_accuracy(),
    tasks=("binary", "multiclass"),
    higher_is_better=True,
    best=1.0,
    definition="The mean, over the classes in this part, of the share of each class's rows that are found.",
    help=(
        "Accuracy as if every class had equally many rows. Use it where a class is rare: guessing, or always "
        "naming the same class, gives one divided by the number of classes."
    ),
    formula=r"\text{balanced accuracy} = \frac{1}{C}\sum_{c=1}^{C} \text{recall}_c",
    source="Brodersen et al. (2010), The balanced accuracy and its posterior distribution",
    order=15,
)
