"""Share of the target's variance that is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gdstudio.core.registry import Settings
from gdstudio.evaluation.entry import ScoreEntry, UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions
from gdstudio.evaluation.regression import known_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gdstudio.evaluation.resampling import Resampling


class R2Settings(Settings):
    """R² has no settings."""

    kind: Literal["r2"] = "r2"


def _score(predictions: Predictions, positive: str | None) -> float:
    from sklearn.metrics import r2_score

    target, predicted = known_values(predictions)
    if len(target) < 2:
        raise UndefinedScoreError("There is only one row in this part; R² takes two.")
    if np.all(target == target[0]):
        raise UndefinedScoreError("Every row of this part has the same target, so there is no variance to explain.")
    return float(r2_score(target, predicted))


def _resampled(samples: Resampling, positive: str | None) -> NDArray[np.float64]:
    target, predicted = known_values(samples.predictions)
    # Around the mean of all rows first: the difference of two large squares would lose digits.
    target, predicted = target - target.mean(), predicted - target.mean()
    spread = samples.mean(target**2) - samples.mean(target) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread > 0, 1 - samples.mean((target - predicted) ** 2) / spread, np.nan)


ENTRY = ScoreEntry(
    key="r2",
    label="R²",
    settings=R2Settings,
    build=lambda settings: _score,
    resampled=lambda settings: _resampled,
    tasks=("regression",),
    higher_is_better=True,
    best=1.0,
    definition="The share of the target's variance that the predictions explain.",
    help=(
        "1 is perfect, 0 is no better than always predicting this part's mean, and below 0 is worse than that. It "
        "has no unit, so it can be compared across targets; look at the mean absolute error for the size of the "
        "errors."
    ),
    formula=r"R^2 = 1 - \frac{\sum_i (y_i - \hat{y}_i)^2}{\sum_i (y_i - \bar{y})^2}",
    source="Draper and Smith (1998), Applied Regression Analysis, section 1.3",
    order=110,
)
