"""Styblinski–Tang: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class StyblinskiTangSettings(Settings):
    """Styblinski–Tang has no settings: all of it stands in its formula."""

    kind: Literal["styblinski_tang"] = "styblinski_tang"


ENTRY = SurfaceEntry(
    key="styblinski_tang",
    label="Styblinski–Tang",
    settings=StyblinskiTangSettings,
    expression="((x**4 - 16*x**2 + 5*x) + (y**4 - 16*y**2 + 5*y))/2",
    ranges=((-5.0, 5.0), (-5.0, 5.0)),
    start=(0.5, -1.0),
    minima=(Minimum((-2.903534027771177, -2.903534027771177), -78.3323314075429),),
    trial=Trial("sgd", 0.01, 500, lowest=False),
    help=(
        "Four valleys of different depth, one for each pair of signs. Only starts at the lower left find the "
        "deepest: a local minimum need not be a good one."
    ),
    source="Styblinski and Tang (1990), Experiments in Nonconvex Optimization",
    order=80,
)
