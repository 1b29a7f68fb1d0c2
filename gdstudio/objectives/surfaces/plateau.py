"""Plateau: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class PlateauSettings(Settings):
    """Plateau has no settings: all of it stands in its formula."""

    kind: Literal["plateau"] = "plateau"


ENTRY = SurfaceEntry(
    key="plateau",
    label="Plateau",
    settings=PlateauSettings,
    expression="1 - exp(-(x**2 + y**2)/2)",
    ranges=((-5.0, 5.0), (-5.0, 5.0)),
    start=(2.5, 1.5),
    minima=(Minimum((0.0, 0.0), 0.0),),
    trial=Trial("adam", 0.05, 2000),
    help=(
        "Almost flat outside, so the gradient says nearly nothing: this is what a saturated unit feels like. "
        "Plain descent waits; methods that divide by the gradient's size walk on."
    ),
    source="closed form; Goodfellow et al. (2016), Deep Learning, section 8.2",
    order=130,
)
