"""Root of the mean squared distance between prediction and target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gdstudio.core.registry import Settings
from gdstudio.evaluation.entry import ScoreEntry
from gdstudio.evaluation.predictions import Predictions
from gdstudio.evaluation.regression import known_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gdstudio.evaluation.resampling import Resampling


class RmseSettings(Settings):
    """The root mean squared error has no settings."""

    kind: Literal["rmse"] = "rmse"


def _score(predictions: Predictions, positive: str | None) -> float:
    from sklearn.metrics import root_mean_squared_error

    target, predicted = known_values(predictions)
    return float(root_mean_squared_error(target, predicted))


def _resampled(samples: Resampling, positive: str | None) -> NDArray[np.float64]:
    target, predicted = known_values(samples.predictions)
    return np.sqrt(samples.mean((target - predicted) ** 2))


ENTRY = ScoreEntry(
    key="rmse",
    label="Root mean squared error",
    settings=RmseSettings,
    build=lambda settings: _score,
    resampled=lambda settings: _resampled,
    tasks=("regression",),
    higher_is_better=False,
    best=0.0,
    definition="The root of the mean squared distance between prediction and target, in the target's own unit.",
    help=(
        "Like the mean absolute error, but large errors weigh more. If it is much larger than the mean absolute "
        "error, a few rows are far off: look for them in the residual plot."
    ),
    formula=r"\text{RMSE} = \sqrt{\frac{1}{n}\sum_{i=1}^{n} (y_i - \hat{y}_i)^2}",
    source="Willmott and Matsuura (2005), Climate Research 30",
    order=130,
)
