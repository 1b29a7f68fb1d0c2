"""How a run ended, judged by its losses alone, and the form of what a doctor finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Outcome = Literal["healthy", "diverged", "oscillating", "stalled"]
Cause = Literal[
    "symmetric_weights",
    "target_scale",
    "feature_scale",
    "penalty",
    "dead_units",
    "saturated_units",
    "vanishing_gradients",
    "rate_too_high",
    "rate_too_low",
    "batch_noise",
    "class_imbalance",
]

#: A loss that ends so many times above where it began has diverged, though it stayed finite.
_RISEN: Final = 3.0
#: A loss that was so many times above it has leapt, though it came back.
_LEAPT: Final = 10.0
#: A loss that is not below this share of what a constant prediction reaches has learned nothing.
_NOTHING_LEARNED: Final = 0.97
#: Oscillating: the mean rise from epoch to epoch as a share of the loss, and the share of epochs that rise.
_RISE, _RISES = 0.1, 0.25
#: Below this share of what a constant reaches, restlessness is that of a run that has arrived.
_ARRIVED: Final = 0.2
_FEWEST_EPOCHS: Final = 6


@dataclass(frozen=True)
class Finding:
    """A measured cause.

    Attributes:
        cause: Its key.
        sentence: What was measured, with its number.
        remedy: Dotted paths of the spec → values to try.
        action: The remedy in words.
    """

    cause: Cause
    sentence: str
    remedy: Mapping[str, Any]
    action: str


@dataclass(frozen=True)
class Diagnosis:
    """How a run ended, and what was found; causes of which others follow come first."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()


def outcome_of(first: float, losses: NDArray[np.float64], constant: float, *, diverged: bool) -> Outcome:
    """How a run went.

    Args:
        first: The loss before training.
        losses: ``(epochs,)`` of the training part, without penalties.
        constant: The lowest loss of a prediction that is the same for every row.
        diverged: Whether a loss stopped being finite.
    """
    if diverged or not np.isfinite(losses).all():
        return "diverged"
    if not len(losses):
        return "healthy"
    last = float(np.median(losses[-max(1, len(losses) // 10) :]))
    if last > _RISEN * max(first, constant):
        return "diverged"
    if losses.max() > _LEAPT * max(first, constant):
        return "oscillating"
    tail = losses[-max(_FEWEST_EPOCHS, len(losses) // 2) :]
    if len(tail) >= _FEWEST_EPOCHS:
        rises = np.clip(np.diff(tail), 0, None)
        level = float(np.median(tail))
        if level > _ARRIVED * constant and rises.mean() > _RISE * level and (rises > 0).mean() > _RISES:
            return "oscillating"
    return "stalled" if last > _NOTHING_LEARNED * constant else "healthy"
