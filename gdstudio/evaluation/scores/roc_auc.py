"""Area under the curve of true against false positive rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gdstudio.core.registry import Settings
from gdstudio.evaluation.classification import known_probabilities, need_every_class
from gdstudio.evaluation.entry import ScoreEntry
from gdstudio.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gdstudio.evaluation.resampling import Resampling


class RocAucSettings(Settings):
    """ROC AUC has no settings."""

    kind: Literal["roc_auc"] = "roc_auc"


def _score(predictions: Predictions, positive: str | None) -> float:
    from sklearn.metrics import roc_auc_score

    target, shares = known_probabilities(predictions)
    need_every_class(target, predictions.classes)
    if positive is not None:
        column = predictions.classes.index(positive)
        return float(roc_auc_score(target == column, shares[:, column]))
    labels = list(range(len(predictions.classes)))
    return float(roc_auc_score(target, shares, multi_class="ovr", average="macro", labels=labels))


def _resampled(samples: Resampling, positive: str | None) -> NDArray[np.float64]:
    classes = samples.predictions.classes
    if positive is not None:
        return samples.roc_auc(classes.index(positive))
    return np.asarray(np.mean([samples.roc_auc(column) for column in range(len(classes))], axis=0))


ENTRY = ScoreEntry(
    key="roc_auc",
    label="ROC AUC",
    settings=RocAucSettings,
    build=lambda settings: _score,
    resampled=lambda settings: _resampled,
    tasks=("binary", "multiclass"),
    higher_is_better=True,
    best=1.0,
    definition="The chance that a positive row gets a higher probability than a negative one, both drawn at random.",
    help=(
        "Judges how well the model puts rows in order, whatever the threshold: 0.5 is guessing, 1 is perfect "
        "order. Compare models with it before you choose a threshold. With more than two classes it is the mean "
        "over the classes, each against the rest."
    ),
    formula=(
        r"\text{AUC} = P\left( p(x^{+}) > p(x^{-}) \right) + \frac{1}{2} P\left( p(x^{+}) = p(x^{-})"
        r" \right)"
    ),
    source="Fawcett (2006), An introduction to ROC analysis, Pattern Recognition Letters 27",
    order=50,
)
