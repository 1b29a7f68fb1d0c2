"""A ring around a disc."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.data.entry import SampleEntry
from gdstudio.data.toys import labelled, noise_setting, random, seed_setting, size_setting

if TYPE_CHECKING:
    import pandas as pd


class CirclesSettings(Settings):
    """How many points, how blurred."""

    kind: Literal["circles"] = "circles"
    size: int = size_setting()
    noise: float = noise_setting(0.1, "Standard deviation that each point is moved by; the outer ring has radius 1.")
    seed: int = seed_setting()


def build(settings: CirclesSettings) -> pd.DataFrame:
    """Ring A of radius 1 around ring B of radius 0.5."""
    import numpy as np

    draw = random(settings.seed)
    classes = np.arange(settings.size) % 2
    angle = 2 * np.pi * draw.uniform(size=settings.size)
    radius = np.where(classes == 0, 1.0, 0.5)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points += settings.noise * draw.normal(size=points.shape)
    return labelled(points, classes, settings.seed)


ENTRY = SampleEntry(
    key="circles",
    label="Circles",
    settings=CirclesSettings,
    build=build,
    task="binary",
    target="class",
    help="A ring around another. No straight line helps: a linear model is no better than chance here.",
    order=110,
)
