"""Share of rows whose class is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gdstudio.core.registry import Settings
from gdstudio.evaluation.classification import counted_codes, known_codes
from gdstudio.evaluation.entry import ScoreEntry
from gdstudio.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gdstudio.evaluation.resampling import Resampling


class AccuracySettings(Settings):
    """Accuracy has no settings."""

    kind: Literal["accuracy"] = "accuracy"


def _score(predictions: Predictions, positive: str | None) -> float:
    from sklearn.metrics import accuracy_score

    target, predicted, rows = counted_codes(predictions)
    return float(accuracy_score(target, predicted, sample_weight=rows))


def _resampled(samples: Resampling, positive: str | None) -> NDArray[np.float64]:
    target, predicted = known_codes(samples.predictions)
    return samples.mean((target == predicted).astype(np.float64))


ENTRY = ScoreEntry(
    key="accuracy",
    label="Accuracy",
    settings=AccuracySettings,
    build=lambda settings: _score,
    resampled=lambda settings: _resampled,
    tasks=("binary", "multiclass"),
    higher_is_better=True,
    best=1.0,
    definition="The share of rows whose predicted class is right.",
    help=(
        "The first number to look at, and easy to explain. It misleads where one class is rare: if 95 of 100 rows "
        "are of one class, always naming that class is 95 % right and useless. Compare it with the share of the "
        "largest class, and look at recall or balanced accuracy beside it."
    ),
    formula=r"\text{accuracy} = \frac{\text{right predictions}}{\text{all predictions}}",
    source="Fawcett (2006), An introduction to ROC analysis, Pattern Recognition Letters 27",
    order=10,
)
