"""A chessboard of four squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.data.entry import SampleEntry
from gdstudio.data.toys import labelled, noise_setting, random, seed_setting, size_setting

if TYPE_CHECKING:
    import pandas as pd


class XorSettings(Settings):
    """How many points, how blurred."""

    kind: Literal["xor"] = "xor"
    size: int = size_setting()
    noise: float = noise_setting(
        0.05, "Standard deviation that each point is moved by after its class is fixed; the board reaches from -1 to 1."
    )
    seed: int = seed_setting()


def build(settings: XorSettings) -> pd.DataFrame:
    """Class A where x1 and x2 have the same sign, B where they differ."""
    import numpy as np

    draw = random(settings.seed)
    points = draw.uniform(-1, 1, size=(settings.size, 2))
    classes = ((points[:, 0] >= 0) != (points[:, 1] >= 0)).astype(np.int64)
    points += settings.noise * draw.normal(size=points.shape)
    return labelled(points, classes, settings.seed)


ENTRY = SampleEntry(
    key="xor",
    label="XOR",
    settings=XorSettings,
    build=build,
    task="binary",
    target="class",
    help="Four squares of a chessboard: equal signs are one class, different signs the other. "
    "No straight line tells them apart.",
    order=140,
)
