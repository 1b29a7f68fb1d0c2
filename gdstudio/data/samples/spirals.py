"""Spiral arms wound into one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.data.entry import SampleEntry
from gdstudio.data.toys import labelled, noise_setting, random, seed_setting, size_setting

if TYPE_CHECKING:
    import pandas as pd


class SpiralsSettings(Settings):
    """How many points, how blurred."""

    kind: Literal["spirals"] = "spirals"
    size: int = size_setting()
    arms: int = setting(2, label="Arms", help="How many spirals; each is a class.", ge=2, le=5)
    turns: float = setting(1.25, label="Turns", help="How often each arm winds around the centre.", gt=0, le=4)
    noise: float = noise_setting(0.03, "Standard deviation that each point is moved by; the arms reach radius 1.")
    seed: int = seed_setting()


def build(settings: SpiralsSettings) -> pd.DataFrame:
    """Each arm starts at the centre and is turned against the one before."""
    import numpy as np

    draw = random(settings.seed)
    classes = np.arange(settings.size) % settings.arms
    along = draw.uniform(size=settings.size)
    # The square root spreads the points evenly over the arm instead of crowding them at the centre.
    radius = np.sqrt(along)
    angle = 2 * np.pi * (settings.turns * radius + classes / settings.arms)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points += settings.noise * draw.normal(size=points.shape)
    return labelled(points, classes, settings.seed)


ENTRY = SampleEntry(
    key="spirals",
    label="Spirals",
    settings=SpiralsSettings,
    build=build,
    task="binary",
    target="class",
    help="Spiral arms wound into one another: the hardest of the plane's problems. "
    "Try more units, then another optimizer.",
    order=120,
)
