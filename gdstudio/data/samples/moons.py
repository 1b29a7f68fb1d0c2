"""Two interleaved half circles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.data.entry import SampleEntry
from gdstudio.data.toys import labelled, noise_setting, random, seed_setting, size_setting

if TYPE_CHECKING:
    import pandas as pd


class MoonsSettings(Settings):
    """How many points, how blurred."""

    kind: Literal["moons"] = "moons"
    size: int = size_setting()
    noise: float = noise_setting(0.2, "Standard deviation that each point is moved by; the half circles have radius 1.")
    seed: int = seed_setting()


def build(settings: MoonsSettings) -> pd.DataFrame:
    """Half circle A opens downwards, half circle B upwards and reaches into it."""
    import numpy as np

    draw = random(settings.seed)
    classes = np.arange(settings.size) % 2
    angle = np.pi * draw.uniform(size=settings.size)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.where(classes[:, None] == 0, upper, lower) + settings.noise * draw.normal(size=(settings.size, 2))
    return labelled(points, classes, settings.seed)


ENTRY = SampleEntry(
    key="moons",
    label="Two moons",
    settings=MoonsSettings,
    build=build,
    task="binary",
    target="class",
    help="Two half circles that reach into each other. A straight line gets most points right, a curve nearly all.",
    order=100,
)
