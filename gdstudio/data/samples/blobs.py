"""Round clouds of points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.data.entry import SampleEntry
from gdstudio.data.toys import labelled, noise_setting, random, seed_setting, size_setting

if TYPE_CHECKING:
    import pandas as pd


class BlobsSettings(Settings):
    """How many points, how blurred."""

    kind: Literal["blobs"] = "blobs"
    size: int = size_setting()
    classes: int = setting(3, label="Clouds", help="How many clouds; each is a class.", ge=2, le=10)
    noise: float = noise_setting(0.8, "Standard deviation of a cloud; the centres are 2 from the middle.")
    seed: int = seed_setting()


def build(settings: BlobsSettings) -> pd.DataFrame:
    """Clouds around centres that stand evenly on a circle of radius 2."""
    import numpy as np

    draw = random(settings.seed)
    classes = np.arange(settings.size) % settings.classes
    angle = 2 * np.pi * classes / settings.classes + 0.5
    points = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points += settings.noise * draw.normal(size=points.shape)
    return labelled(points, classes, settings.seed)


ENTRY = SampleEntry(
    key="blobs",
    label="Blobs",
    settings=BlobsSettings,
    build=build,
    task="multiclass",
    target="class",
    help="Round clouds, one for each class. Straight boundaries are the best possible ones here.",
    order=130,
)
