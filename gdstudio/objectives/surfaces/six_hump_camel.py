"""Six-hump camel: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class SixHumpCamelSettings(Settings):
    """Six-hump camel has no settings: all of it stands in its formula."""

    kind: Literal["six_hump_camel"] = "six_hump_camel"


ENTRY = SurfaceEntry(
    key="six_hump_camel",
    label="Six-hump camel",
    settings=SixHumpCamelSettings,
    expression="(4 - 2.1*x**2 + x**4/3)*x**2 + x*y + (4*y**2 - 4)*y**2",
    ranges=((-2.0, 2.0), (-1.0, 1.0)),
    start=(0.1, 0.9),
    minima=(
        Minimum((0.0898420131003181, -0.7126564032704135), -1.0316284534898774),
        Minimum((-0.0898420131003181, 0.7126564032704135), -1.0316284534898774),
    ),
    trial=Trial("sgd", 0.02, 1000),
    help=(
        "Six minima, two of them the lowest, each the mirror image of the other. Starts on the line between "
        "them decide by rounding errors."
    ),
    source="Dixon and Szegő (1978), Towards Global Optimisation 2",
    order=100,
)
