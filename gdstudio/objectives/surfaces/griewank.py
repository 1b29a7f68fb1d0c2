"""Griewank: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class GriewankSettings(Settings):
    """Griewank has no settings: all of it stands in its formula."""

    kind: Literal["griewank"] = "griewank"


ENTRY = SurfaceEntry(
    key="griewank",
    label="Griewank",
    settings=GriewankSettings,
    expression="1 + (x**2 + y**2)/4000 - cos(x)*cos(y/sqrt(2))",
    ranges=((-10.0, 10.0), (-10.0, 10.0)),
    start=(7.0, 5.0),
    minima=(Minimum((0.0, 0.0), 0.0),),
    trial=Trial("sgd", 0.5, 1000, lowest=False),
    help=(
        "From far away a smooth bowl, near by a field of regular dents: how bumpy a function is depends on "
        "how closely you look. Zoom out and in."
    ),
    source="Griewank (1981), Generalized Descent for Global Optimization",
    order=90,
)
