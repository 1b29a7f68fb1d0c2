"""Saddle: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class SaddleSettings(Settings):
    """Saddle has no settings: all of it stands in its formula."""

    kind: Literal["saddle"] = "saddle"


ENTRY = SurfaceEntry(
    key="saddle",
    label="Saddle",
    settings=SaddleSettings,
    expression="x**2 - y**2 + y**4/4",
    ranges=((-2.0, 2.0), (-2.5, 2.5)),
    start=(1.5, 0.001),
    minima=(
        Minimum((0.0, 1.4142135623730951), -1.0),
        Minimum((0.0, -1.4142135623730951), -1.0),
    ),
    trial=Trial("sgd", 0.05, 1000),
    help=(
        "The middle is lowest along x and highest along y: the gradient is zero and yet it is no minimum. A "
        "path that comes along the ridge slows down, waits, and then leaves. Start at exactly y = 0 and it "
        "never does."
    ),
    source="Dauphin et al. (2014), Identifying and Attacking the Saddle Point Problem",
    order=110,
)
