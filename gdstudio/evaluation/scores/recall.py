"""Share of the rows of a class that are found."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.evaluation.classification import Average, average_setting, statistic
from gdstudio.evaluation.entry import Score, ScoreEntry


class RecallSettings(Settings):
    """Over which classes recall is taken."""

    kind: Literal["recall"] = "recall"
    average: Average = average_setting()


def _build(settings: RecallSettings) -> Score:
    return statistic("recall", settings.average)


ENTRY = ScoreEntry(
    key="recall",
    label="Recall",
    settings=RecallSettings,
    build=_build,
    resampled=lambda settings: lambda samples, positive: samples.statistic("recall", settings.average, positive),
    tasks=("binary", "multiclass"),
    higher_is_better=True,
    best=1.0,
    definition="Of the rows that are positive, the share that the model finds.",
    help=(
        "Matters where a miss is costly: of the people who are ill, how many are found? It rises when the model "
        "names the class at the slightest sign, which lowers precision. With more than two classes it is the mean "
        "over the classes."
    ),
    formula=r"\text{recall} = \frac{TP}{TP + FN}",
    source="Fawcett (2006), An introduction to ROC analysis, Pattern Recognition Letters 27",
    order=30,
)
