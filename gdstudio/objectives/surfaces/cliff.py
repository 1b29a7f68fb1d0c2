"""Cliff: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class CliffSettings(Settings):
    """Cliff has no settings: all of it stands in its formula."""

    kind: Literal["cliff"] = "cliff"


ENTRY = SurfaceEntry(
    key="cliff",
    label="Cliff",
    settings=CliffSettings,
    expression="x**2/10 + y**2/10 + 10*sigmoid(8*(x - 2))",
    ranges=((-3.0, 5.0), (-4.0, 4.0)),
    start=(4.5, 2.0),
    minima=(Minimum((-4.4997858386011146e-05, 0.0), 1.1251490669266936e-06),),
    trial=Trial("adam", 0.05, 5000),
    help=(
        "A plain, a wall and a valley. At the wall the gradient is huge and throws the path far away; smaller "
        "steps or clipped gradients keep it. The lowest point lies a hair left of 0."
    ),
    source="Pascanu et al. (2013), On the Difficulty of Training Recurrent Neural Networks",
    order=140,
)
