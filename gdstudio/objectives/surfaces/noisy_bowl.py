"""Noisy bowl: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class NoisyBowlSettings(Settings):
    """Noisy bowl has no settings: all of it stands in its formula."""

    kind: Literal["noisy_bowl"] = "noisy_bowl"


ENTRY = SurfaceEntry(
    key="noisy_bowl",
    label="Noisy bowl",
    settings=NoisyBowlSettings,
    expression="x**2 + 3*y**2",
    ranges=((-3.0, 3.0), (-3.0, 3.0)),
    start=(2.5, 2.0),
    minima=(Minimum((0.0, 0.0), 0.0),),
    trial=Trial("sgd", 0.05, 500),
    noise=1.0,
    help=(
        "A bowl whose gradients carry noise, as those of mini-batches do: with a constant rate the path never "
        "settles but hovers around the minimum, the farther the larger the rate. Try a falling schedule."
    ),
    source="Robbins and Monro (1951), A Stochastic Approximation Method",
    order=160,
)
