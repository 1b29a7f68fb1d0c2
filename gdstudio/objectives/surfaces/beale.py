"""Beale: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class BealeSettings(Settings):
    """Beale has no settings: all of it stands in its formula."""

    kind: Literal["beale"] = "beale"


ENTRY = SurfaceEntry(
    key="beale",
    label="Beale",
    settings=BealeSettings,
    expression="(1.5 - x + x*y)**2 + (2.25 - x + x*y**2)**2 + (2.625 - x + x*y**3)**2",
    ranges=((-4.5, 4.5), (-4.5, 4.5)),
    start=(1.0, 1.0),
    minima=(Minimum((3.0, 0.5), 0.0),),
    trial=Trial("adam", 0.02, 10000),
    help=(
        "Nearly flat around its minimum and very steep at the corners: a rate that suits one place does not "
        "suit the other. Steps that adapt to the slope help."
    ),
    source="Beale (1958), On an Iterative Method for Finding a Local Minimum",
    order=50,
)
