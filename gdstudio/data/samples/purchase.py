"""1,000 people and whether they bought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.core.spec import ColumnSpec
from gdstudio.data.entry import SampleEntry
from gdstudio.paths import resources

if TYPE_CHECKING:
    import pandas as pd


class PurchaseSettings(Settings):
    """Nothing to choose: the file comes with the program."""

    kind: Literal["purchase"] = "purchase"


def build(settings: PurchaseSettings) -> pd.DataFrame:
    """The 1,000 rows; age and income are missing here and there."""
    import pandas as pd

    return pd.read_csv(resources() / "samples" / "purchase.csv")


ENTRY = SampleEntry(
    key="purchase",
    label="Purchase",
    settings=PurchaseSettings,
    build=build,
    task="binary",
    target="bought",
    columns={
        "education": ColumnSpec(type="ordered", categories=("primary", "secondary", "bachelor", "master", "doctorate"))
    },
    help="1,000 invented people: age, income, education, and whether they bought. Chance plays a part in each "
    "decision, so even the best model is right only about 85 times in 100.",
    order=10,
)
