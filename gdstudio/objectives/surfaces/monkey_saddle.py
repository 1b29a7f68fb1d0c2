"""Monkey saddle: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class MonkeySaddleSettings(Settings):
    """Monkey saddle has no settings: all of it stands in its formula."""

    kind: Literal["monkey_saddle"] = "monkey_saddle"


ENTRY = SurfaceEntry(
    key="monkey_saddle",
    label="Monkey saddle",
    settings=MonkeySaddleSettings,
    expression="x**3 - 3*x*y**2 + (x**2 + y**2)**2/4",
    ranges=((-4.0, 4.0), (-4.0, 4.0)),
    start=(1.0, 0.01),
    minima=(
        Minimum((-3.0, 0.0), -6.75),
        Minimum((1.5, 2.598076211353316), -6.75),
        Minimum((1.5, -2.598076211353316), -6.75),
    ),
    trial=Trial("sgd", 0.02, 1000),
    help=(
        "Three valleys lead down from the middle: two for the legs of the monkey, one for its tail. At the "
        "middle even the curvature is zero, so the start is slower than at an ordinary saddle."
    ),
    source="Hilbert and Cohn-Vossen (1932), Anschauliche Geometrie, chapter 4",
    order=120,
)
