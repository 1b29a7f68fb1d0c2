"""150 iris flowers of three species."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.data.bundled import from_sklearn
from gdstudio.data.entry import SampleEntry

if TYPE_CHECKING:
    import pandas as pd


class IrisSettings(Settings):
    """Nothing to choose."""

    kind: Literal["iris"] = "iris"


def build(settings: IrisSettings) -> pd.DataFrame:
    """Four measurements in centimetres and the species."""
    return from_sklearn("load_iris", target="species")


ENTRY = SampleEntry(
    key="iris",
    label="Iris flowers",
    settings=IrisSettings,
    build=build,
    task="multiclass",
    target="species",
    help="150 iris flowers of three species, measured in centimetres. One species is easy to tell, the other two "
    "overlap a little.",
    source="Fisher 1936; scikit-learn's copy",
    order=20,
)
