"""A sine wave of one variable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.data.entry import SampleEntry
from gdstudio.data.toys import measured, noise_setting, random, seed_setting, size_setting

if TYPE_CHECKING:
    import pandas as pd


class SineSettings(Settings):
    """How many points, how blurred."""

    kind: Literal["sine"] = "sine"
    size: int = size_setting()
    noise: float = noise_setting(0.1, "Standard deviation of y around the wave.")
    seed: int = seed_setting()


def build(settings: SineSettings) -> pd.DataFrame:
    """Value y = sin(x) over one and a half periods either side of 0."""
    import numpy as np

    draw = random(settings.seed)
    x = draw.uniform(-1.5 * np.pi, 1.5 * np.pi, size=(settings.size, 1))
    values = np.sin(x[:, 0]) + settings.noise * draw.normal(size=settings.size)
    return measured(x, values)


ENTRY = SampleEntry(
    key="sine",
    label="Sine",
    settings=SineSettings,
    build=build,
    task="regression",
    target="y",
    help="A wave: y is the sine of x. A line cannot follow it, a small network can.",
    order=160,
)
