"""442 diabetes patients and how the disease went on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.core.spec import ColumnSpec
from gdstudio.data.bundled import from_sklearn
from gdstudio.data.entry import SampleEntry

if TYPE_CHECKING:
    import pandas as pd


_NAMES = {
    "bp": "blood pressure",
    "s1": "total cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol to hdl",
    "s5": "log triglycerides",
    "s6": "blood sugar",
}


class DiabetesSettings(Settings):
    """Nothing to choose."""

    kind: Literal["diabetes"] = "diabetes"


def build(settings: DiabetesSettings) -> pd.DataFrame:
    """Ten measurements in their own units and the progression after a year."""
    return from_sklearn("load_diabetes", target="progression", names=_NAMES, scaled=False)


ENTRY = SampleEntry(
    key="diabetes",
    label="Diabetes",
    settings=DiabetesSettings,
    build=build,
    task="regression",
    target="progression",
    columns={"sex": ColumnSpec(type="category")},
    help="442 diabetes patients: age, sex, body measures, blood values, and how far the disease went on in a year. "
    "About half of the differences can be explained.",
    source="Efron, Hastie, Johnstone and Tibshirani 2004; scikit-learn's copy",
    order=60,
)
