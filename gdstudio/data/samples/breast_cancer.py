"""569 breast tumours, malignant or benign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gdstudio.core.registry import Settings
from gdstudio.data.bundled import from_sklearn
from gdstudio.data.entry import SampleEntry

if TYPE_CHECKING:
    import pandas as pd


class BreastCancerSettings(Settings):
    """Nothing to choose."""

    kind: Literal["breast_cancer"] = "breast_cancer"


def build(settings: BreastCancerSettings) -> pd.DataFrame:
    """30 measurements of cell nuclei and the diagnosis."""
    return from_sklearn("load_breast_cancer", target="diagnosis")


ENTRY = SampleEntry(
    key="breast_cancer",
    label="Breast cancer",
    settings=BreastCancerSettings,
    build=build,
    task="binary",
    target="diagnosis",
    help="569 breast tumours, malignant or benign, by 30 measurements of cell nuclei in a microscope's picture.",
    source="Wolberg, Street and Mangasarian 1995; scikit-learn's copy",
    order=40,
)
