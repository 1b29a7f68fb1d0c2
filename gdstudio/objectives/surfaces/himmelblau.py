"""Himmelblau: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class HimmelblauSettings(Settings):
    """Himmelblau has no settings: all of it stands in its formula."""

    kind: Literal["himmelblau"] = "himmelblau"


ENTRY = SurfaceEntry(
    key="himmelblau",
    label="Himmelblau",
    settings=HimmelblauSettings,
    expression="(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
    ranges=((-6.0, 6.0), (-6.0, 6.0)),
    start=(0.0, 0.0),
    minima=(
        Minimum((3.0, 2.0), 0.0),
        Minimum((-2.805118086952745, 3.131312518250573), 0.0),
        Minimum((-3.779310253377747, -3.2831859912861696), 0.0),
        Minimum((3.5844283403304917, -1.8481265269644036), 0.0),
    ),
    trial=Trial("sgd", 0.01, 1000),
    help=(
        "Four minima, all equally deep: which one is reached depends on the start alone. Move the start a "
        "little near the middle and watch the path end elsewhere."
    ),
    source="Himmelblau (1972), Applied Nonlinear Programming",
    order=40,
)
