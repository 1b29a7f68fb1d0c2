"""What the layers' gradients, weights and idle units say, in numbers and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
VerdictKind = Literal["healthy", "vanishing", "exploding", "dead", "saturated"]

#: Measured quantity → its name on screen.
MEASURES: Final[Mapping[str, str]] = {
    "gradient_norm": "Gradient norm",
    "weight_norm": "Weight norm",
    "update_ratio": "Update / weight",
    "idle_units": "Dead or saturated units",
}
#: Layers whose gradients differ by more than this factor do not learn together.
_APART: Final = 1e3
#: A gradient norm that has grown by this factor since the beginning explodes.
_GROWN: Final = 1e4
#: From this share on, idle units are worth a word.
_MANY: Final = 0.5
#: The newest share of the samples that a verdict speaks of.
_NEWEST: Final = 0.2


@dataclass(frozen=True)
class Health:
    """Samples of a run.

    Attributes:
        layers: Names, from the inputs to the output.
        columns: ``step``, ``layer`` (from 1) and each of :data:`MEASURES` → ``(samples × layers,)``.
    """

    layers: tuple[str, ...]
    columns: Mapping[str, Array]

    @property
    def steps(self) -> Array:
        """``(samples,)`` the steps that were sampled."""
        return self.columns["step"][:: max(len(self.layers), 1)]

    def matrix(self, measure: str) -> Array:
        """``(layers, samples)`` of one measure."""
        return self.columns[measure].reshape(-1, max(len(self.layers), 1)).T


@dataclass(frozen=True)
class Verdict:
    """One thing that can be said of the layers: its kind, and a sentence with the numbers."""

    kind: VerdictKind
    sentence: str


def verdicts(health: Health, activation: str = "") -> list[Verdict]:
    """What the newest samples say; ``healthy`` alone where nothing is wrong, nothing at all without samples.

    Args:
        health: The samples.
        activation: ``relu``, ``tanh`` or ``sigmoid``: which kind of idle units they are.
    """
    gradients, samples = health.matrix("gradient_norm"), len(health.steps)
    if not samples:
        return []
    newest = slice(-max(1, int(samples * _NEWEST)), None)
    with np.errstate(all="ignore"):
        recent = _median(gradients[:, newest])
        found = [
            *_apart(recent),
            *_grown(gradients, recent, health),
            *_idle(_median(health.matrix("idle_units")[:, newest]), activation),
        ]
    if found:
        return found
    ratio = _median(health.matrix("update_ratio")[:, newest])
    known = ratio[np.isfinite(ratio)]
    steps = (
        f" A step changes the weights by {known.min():.1g} to {known.max():.1g} of their size." if len(known) else ""
    )
    spread = recent.max() / recent.min() if recent.min() > 0 else 1.0
    return [Verdict("healthy", f"Healthy: the layers' gradients lie within a factor of {times(spread)}.{steps}")]


def _apart(recent: Array) -> list[Verdict]:
    """Vanishing or exploding from layer to layer."""
    if len(recent) < 2 or not np.isfinite(recent).all() or recent.max() == 0:
        return []
    low, high = int(recent.argmin()), int(recent.argmax())
    if recent[low] and recent[high] / recent[low] < _APART:
        return []
    if low < high:
        smaller = "zero"
        if recent[low]:
            smaller = f"{times(recent[high] / recent[low])} times smaller than layer {high + 1}'s"
        return [Verdict("vanishing", f"Layer {low + 1}'s gradients are {smaller} ({recent[low]:.1e}): vanishing.")]
    if not recent[low]:
        return []
    factor = recent[high] / recent[low]
    return [
        Verdict("exploding", f"Layer {high + 1}'s gradients are {times(factor)} times larger than layer {low + 1}'s: "
                "exploding towards the inputs.")
    ]  # fmt: skip


def _grown(gradients: Array, recent: Array, health: Health) -> list[Verdict]:
    """Exploding in time: against the first sample, or no longer finite."""
    broken = np.flatnonzero(~np.isfinite(gradients).all(axis=0))
    if len(broken):
        step = int(health.steps[broken[0]])
        return [Verdict("exploding", f"At step {step} a gradient was no longer a finite number: exploding.")]
    last = gradients[:, -1]
    factors = np.where(gradients[:, 0] > 0, last / gradients[:, 0], 0)
    worst = int(factors.argmax())
    if factors[worst] < _GROWN:
        return []
    return [
        Verdict("exploding", f"Layer {worst + 1}'s gradients are {times(factors[worst])} times larger than at "
                f"the first step ({last[worst]:.1e}): exploding.")
    ]  # fmt: skip


def _idle(shares: Array, activation: str) -> list[Verdict]:
    known = np.nan_to_num(shares)
    worst = int(known.argmax()) if len(known) else 0
    if not len(known) or known[worst] < _MANY:
        return []
    share = f"{known[worst]:.0%} of layer {worst + 1}'s units"
    if activation in ("tanh", "sigmoid"):
        return [Verdict("saturated", f"{share} lie on their activation's flat ends for nearly every row: saturated.")]
    return [Verdict("dead", f"{share} give 0 for every row and no longer learn: dead.")]


def times(factor: float) -> str:
    """A factor in two digits, as people write it: 3.4, 120, 6,000, 1e+07."""
    rounded = float(f"{factor:.2g}")
    return f"{rounded:,.0f}" if 10 <= rounded < 1e6 else f"{rounded:.2g}"


def _median(values: Array) -> Array:
    """``(layers, k)`` → ``(layers,)``, NaN where a layer has none."""
    return np.array([np.median(row[~np.isnan(row)]) if (~np.isnan(row)).any() else np.nan for row in values])
