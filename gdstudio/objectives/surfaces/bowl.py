"""Bowl: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class BowlSettings(Settings):
    """Bowl has no settings: all of it stands in its formula."""

    kind: Literal["bowl"] = "bowl"


ENTRY = SurfaceEntry(
    key="bowl",
    label="Bowl",
    settings=BowlSettings,
    expression="x**2 + y**2",
    ranges=((-3.0, 3.0), (-3.0, 3.0)),
    start=(2.5, 1.5),
    minima=(Minimum((0.0, 0.0), 0.0),),
    trial=Trial("sgd", 0.1, 200),
    help=(
        "The simplest valley: every direction is equally steep, so the gradient points straight at the "
        "minimum. Any learning rate below 1 arrives; 0.5 arrives in one step. Try 1 and see it jump from side "
        "to side for ever."
    ),
    source="closed form",
    order=10,
)
