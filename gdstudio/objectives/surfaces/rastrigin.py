"""Rastrigin: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class RastriginSettings(Settings):
    """Rastrigin has no settings: all of it stands in its formula."""

    kind: Literal["rastrigin"] = "rastrigin"


ENTRY = SurfaceEntry(
    key="rastrigin",
    label="Rastrigin",
    settings=RastriginSettings,
    expression="20 + x**2 - 10*cos(2*pi*x) + y**2 - 10*cos(2*pi*y)",
    ranges=((-5.12, 5.12), (-5.12, 5.12)),
    start=(2.2, 1.8),
    minima=(Minimum((0.0, 0.0), 0.0),),
    trial=Trial("sgd", 0.002, 1000, lowest=False),
    help=(
        "A bowl full of dents: descent ends in the nearest dent. Only a start close to the middle, or large "
        "noisy steps, find the lowest. Try restarts, or gradient noise."
    ),
    source="Rastrigin (1974); Mühlenbein et al. (1991)",
    order=60,
)
