"""Ackley: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class AckleySettings(Settings):
    """Ackley has no settings: all of it stands in its formula."""

    kind: Literal["ackley"] = "ackley"


ENTRY = SurfaceEntry(
    key="ackley",
    label="Ackley",
    settings=AckleySettings,
    expression="-20*exp(-0.2*sqrt((x**2 + y**2 + 1e-18)/2)) - exp((cos(2*pi*x) + cos(2*pi*y))/2) + 20 + e",
    ranges=((-5.0, 5.0), (-5.0, 5.0)),
    start=(2.5, 1.5),
    minima=(Minimum((0.0, 0.0), 0.0),),
    trial=Trial("sgd", 0.01, 1000, lowest=False),
    help=(
        "A deep funnel in a plain with ripples. In the ripples a small rate is stuck at once; momentum can "
        "carry a path over them. The funnel's point is sharp there; 1e-18 under the root rounds it off, so "
        "that it has a gradient."
    ),
    source="Ackley (1987), A Connectionist Machine for Genetic Hillclimbing",
    order=70,
)
