"""Area under the curve of precision against recall."""

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


class AveragePrecisionSettings(Settings):
    """Average precision has no settings."""

    kind: Literal["average_precision"] = "average_precision"


def _score(predictions: Predictions, positive: str | None) -> float:
    from sklearn.metrics import average_precision_score

    target, shares = known_probabilities(predictions)
    need_every_class(target, predictions.classes)
    columns = range(len(predictions.classes)) if positive is None else [predictions.classes.index(positive)]
    return float(np.mean([average_precision_score(target == column, shares[:, column]) for column in columns]))


def _resampled(samples: Resampling, positive: str | None) -> NDArray[np.float64]:
    classes = samples.predictions.classes
    if positive is not None:
        return samples.average_precision(classes.index(positive))
    return np.asarray(np.mean([samples.average_precision(column) for column in range(len(classes))], axis=0))


ENTRY = ScoreEntry(
    key="average_precision",
    label="Average precision",
    settings=AveragePrecisionSettings,
    build=lambda settings: _score,
    resampled=lambda settings: _resampled,
    tasks=("binary", "multiclass"),
    higher_is_better=True,
    best=1.0,
    definition="The precision at every threshold, each weighted by the recall that is gained there.",
    help=(
        "Like ROC AUC it judges the order of the rows, but it looks at the positive ones alone, and so tells "
        "models apart where positives are rare. Guessing gives the share of positives. With more than two classes "
        "it is the mean over the classes, each against the rest."
    ),
    formula=r"\text{AP} = \sum_{k} (R_k - R_{k-1})\, P_k",
    source="Manning, Raghavan, Schütze (2008), Introduction to Information Retrieval, section 8.4",
    order=55,
)
