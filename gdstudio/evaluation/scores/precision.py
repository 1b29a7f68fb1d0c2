"""Share of the predictions of a class that are right."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.evaluation.classification import Average, average_setting, statistic
from gdstudio.evaluation.entry import Score, ScoreEntry


class PrecisionSettings(Settings):
    """Over which classes precision is taken."""

    kind: Literal["precision"] = "precision"
    average: Average = average_setting()


def _build(settings: PrecisionSettings) -> Score:
    return statistic("precision", settings.average)


ENTRY = ScoreEntry(
    key="precision",
    label="Precision",
    settings=PrecisionSettings,
    build=_build,
    resampled=lambda settings: lambda samples, positive: samples.statistic("precision", settings.average, positive),
    tasks=("binary", "multiclass"),
    higher_is_better=True,
    best=1.0,
    definition="Of the rows that the model calls positive, the share that are.",
    help=(
        "Matters where a false alarm is costly: of the mails sorted out as spam, how many were spam? It rises when "
        "the model names the class only when sure, which lowers recall. With more than two classes it is the mean "
        "over the classes."
    ),
    formula=r"\text{precision} = \frac{TP}{TP + FP}",
    source="Fawcett (2006), An introduction to ROC analysis, Pattern Recognition Letters 27",
    order=20,
)
