"""Mean negative logarithm of the right class's probability."""

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


class LogLossSettings(Settings):
    """Log loss has no settings."""

    kind: Literal["log_loss"] = "log_loss"


def _score(predictions: Predictions, positive: str | None) -> float:
    from sklearn.metrics import log_loss

    target, shares = known_probabilities(predictions)
    return float(log_loss(target, shares, labels=list(range(len(predictions.classes)))))


def _resampled(samples: Resampling, positive: str | None) -> NDArray[np.float64]:
    target, shares = known_probabilities(samples.predictions)
    given, eps = shares[np.arange(len(target)), target], np.finfo(np.float64).eps
    return samples.mean(-np.log(np.clip(given, eps, 1 - eps)))


ENTRY = ScoreEntry(
    key="log_loss",
    label="Log loss",
    settings=LogLossSettings,
    build=lambda settings: _score,
    resampled=lambda settings: _resampled,
    tasks=("binary", "multiclass"),
    higher_is_better=False,
    best=0.0,
    definition="The mean of the negative logarithm of the probability given to the right class.",
    help=(
        "Judges the probabilities themselves: being sure and wrong costs most. This is cross-entropy, so it should "
        "agree with the loss curve; if accuracy stays while log loss rises, the model grows too sure of itself. "
        "0.693 is a coin for two classes."
    ),
    formula=r"\text{log loss} = -\frac{1}{n}\sum_{i=1}^{n} \log p_{i, y_i}",
    source="Good (1952), Rational Decisions, Journal of the Royal Statistical Society B 14",
    order=60,
)
