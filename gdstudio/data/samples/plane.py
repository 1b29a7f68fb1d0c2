"""A slope over the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.data.entry import SampleEntry
from gdstudio.data.toys import measured, noise_setting, random, seed_setting, size_setting

if TYPE_CHECKING:
    import pandas as pd


class PlaneSettings(Settings):
    """How many points, how blurred."""

    kind: Literal["plane"] = "plane"
    size: int = size_setting()
    noise: float = noise_setting(0.1, "Standard deviation of y around the slope.")
    seed: int = seed_setting()


def build(settings: PlaneSettings) -> pd.DataFrame:
    """Value y = (x1 + x2) / 2 over the square from -1 to 1."""
    draw = random(settings.seed)
    points = draw.uniform(-1, 1, size=(settings.size, 2))
    values = points.mean(axis=1) + settings.noise * draw.normal(size=settings.size)
    return measured(points, values)


ENTRY = SampleEntry(
    key="plane",
    label="Plane",
    settings=PlaneSettings,
    build=build,
    task="regression",
    target="y",
    help="A slope: y is the mean of x1 and x2. A linear model is exactly right, and its best error is the noise.",
    order=150,
)
