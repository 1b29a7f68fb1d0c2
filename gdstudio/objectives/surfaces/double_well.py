"""Double well: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class DoubleWellSettings(Settings):
    """Double well has no settings: all of it stands in its formula."""

    kind: Literal["double_well"] = "double_well"


ENTRY = SurfaceEntry(
    key="double_well",
    label="Double well",
    settings=DoubleWellSettings,
    expression="(x**2 - 1)**2 + x/4",
    ranges=((-2.0, 2.0),),
    start=(1.6,),
    minima=(Minimum((-1.0298959850506604,), -0.25379123722046887),),
    trial=Trial("sgd", 0.05, 500, lowest=False),
    help=(
        "One variable, two valleys, the left one deeper. The curve shows the tangent and each step. With "
        "momentum 0.9 a start at the right can roll over the hill."
    ),
    source="Goldstone (1961); closed form",
    order=150,
)
