"""Mean squared distance of the probability from what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gdstudio.core.registry import Settings
from gdstudio.evaluation.classification import known_probabilities
from gdstudio.evaluation.entry import ScoreEntry
from gdstudio.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gdstudio.evaluation.resampling import Resampling


class BrierSettings(Settings):
    """The Brier score has no settings."""

    kind: Literal["brier"] = "brier"


def _score(predictions: Predictions, positive: str | None) -> float:
    from sklearn.metrics import brier_score_loss

    target, shares = known_probabilities(predictions)
    column = len(predictions.classes) - 1 if positive is None else predictions.classes.index(positive)
    return float(brier_score_loss((target == column).astype(int), shares[:, column], pos_label=1))


def _resampled(samples: Resampling, positive: str | None) -> NDArray[np.float64]:
    target, shares = known_probabilities(samples.predictions)
    column = len(samples.predictions.classes) - 1 if positive is None else samples.predictions.classes.index(positive)
    return samples.mean((shares[:, column] - (target == column)) ** 2)


ENTRY = ScoreEntry(
    key="brier",
    label="Brier score",
    settings=BrierSettings,
    build=lambda settings: _score,
    resampled=lambda settings: _resampled,
    tasks=("binary",),
    higher_is_better=False,
    best=0.0,
    definition="The mean squared distance between the positive class's probability and 1 or 0.",
    help=(
        "Judges the probabilities as log loss does, but a single row can cost at most 1. Always saying 50 % gives "
        "0.25; lower is better."
    ),
    formula=r"\text{Brier} = \frac{1}{n}\sum_{i=1}^{n} (p_i - y_i)^2",
    source="Brier (1950), Verification of Forecasts Expressed in Terms of Probability",
    order=65,
)
