"""Ravine: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class RavineSettings(Settings):
    """Ravine has no settings: all of it stands in its formula."""

    kind: Literal["ravine"] = "ravine"


ENTRY = SurfaceEntry(
    key="ravine",
    label="Ravine",
    settings=RavineSettings,
    expression="x**2 + 25*y**2",
    ranges=((-6.0, 6.0), (-3.0, 3.0)),
    start=(5.0, 1.0),
    minima=(Minimum((0.0, 0.0), 0.0),),
    trial=Trial("sgd", 0.03, 1000),
    help=(
        "Twenty-five times as steep across as along. The steep direction forbids learning rates above 0.04, "
        "and at such a rate the flat direction takes its time: this is what a condition number costs. Try "
        "momentum, then Adam."
    ),
    source="Nocedal and Wright (2006), Numerical Optimization, section 3.3",
    order=20,
)
