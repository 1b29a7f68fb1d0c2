"""178 Italian wines of three cultivars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.data.bundled import from_sklearn
from gdstudio.data.entry import SampleEntry

if TYPE_CHECKING:
    import pandas as pd


class WineSettings(Settings):
    """Nothing to choose."""

    kind: Literal["wine"] = "wine"


def build(settings: WineSettings) -> pd.DataFrame:
    """13 chemical measurements and the cultivar."""
    return from_sklearn("load_wine", target="cultivar", classes={f"class_{i}": f"cultivar {i + 1}" for i in range(3)})


ENTRY = SampleEntry(
    key="wine",
    label="Wine",
    settings=WineSettings,
    build=build,
    task="multiclass",
    target="cultivar",
    help="178 Italian wines of three cultivars, by 13 chemical measurements whose units differ widely: "
    "scaling matters here.",
    source="UCI wine recognition data, 1991; scikit-learn's copy",
    order=30,
)
