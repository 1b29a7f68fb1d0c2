"""Harmonic mean of precision and recall."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.evaluation.classification import Average, average_setting, statistic
from gdstudio.evaluation.entry import Score, ScoreEntry


class F1Settings(Settings):
    """Over which classes F1 is taken."""

    kind: Literal["f1"] = "f1"
    average: Average = average_setting()


def _build(settings: F1Settings) -> Score:
    return statistic("f1", settings.average)


ENTRY = ScoreEntry(
    key="f1",
    label="F1",
    settings=F1Settings,
    build=_build,
    resampled=lambda settings: lambda samples, positive: samples.statistic("f1", settings.average, positive),
    tasks=("binary", "multiclass"),
    higher_is_better=True,
    best=1.0,
    definition="The harmonic mean of precision and recall.",
    help=(
        "One number for both kinds of error: it is high only where precision and recall both are. It takes no "
        "notice of the rows that are rightly called negative, which suits rare positive classes."
    ),
    formula=(
        r"F_1 = \frac{2 \cdot \text{precision} \cdot \text{recall}}{\text{precision} + \text{recall}} ="
        r" \frac{2\,TP}{2\,TP + FP + FN}"
    ),
    source="van Rijsbergen (1979), Information Retrieval, chapter 7",
    order=40,
)
