"""1,797 handwritten digits of 8×8 pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.core.spec import ColumnSpec
from gdstudio.data.bundled import from_sklearn
from gdstudio.data.entry import SampleEntry

if TYPE_CHECKING:
    import pandas as pd


class DigitsSettings(Settings):
    """Nothing to choose."""

    kind: Literal["digits"] = "digits"


def build(settings: DigitsSettings) -> pd.DataFrame:
    """64 pixels from 0 (white) to 16 (black), row by row, and the digit."""
    return from_sklearn("load_digits", target="digit")


ENTRY = SampleEntry(
    key="digits",
    label="Handwritten digits",
    settings=DigitsSettings,
    build=build,
    task="multiclass",
    target="digit",
    columns={f"pixel_{row}_{column}": ColumnSpec(type="numeric") for row in range(8) for column in range(8)},
    help="1,797 handwritten digits as 8×8 pixels, each from 0 to 16. "
    "Pixels in the corners are always white and are left out.",
    source="Alpaydin and Kaynak 1998; scikit-learn's copy of the test part",
    order=50,
)
