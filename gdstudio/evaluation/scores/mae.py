"""Mean distance between prediction and target."""

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


class MaeSettings(Settings):
    """The mean absolute error has no settings."""

    kind: Literal["mae"] = "mae"


def _score(predictions: Predictions, positive: str | None) -> float:
    from sklearn.metrics import mean_absolute_error

    target, predicted = known_values(predictions)
    return float(mean_absolute_error(target, predicted))


def _resampled(samples: Resampling, positive: str | None) -> NDArray[np.float64]:
    target, predicted = known_values(samples.predictions)
    return samples.mean(np.abs(target - predicted))


ENTRY = ScoreEntry(
    key="mae",
    label="Mean absolute error",
    settings=MaeSettings,
    build=lambda settings: _score,
    resampled=lambda settings: _resampled,
    tasks=("regression",),
    higher_is_better=False,
    best=0.0,
    definition="The mean distance between prediction and target, in the target's own unit.",
    help=(
        'The error to expect on a row, easy to explain: "off by 4.2 years on average". A few wild errors move it '
        "less than they move the root mean squared error."
    ),
    formula=r"\text{MAE} = \frac{1}{n}\sum_{i=1}^{n} \left| y_i - \hat{y}_i \right|",
    source="Willmott and Matsuura (2005), Climate Research 30",
    order=120,
)
