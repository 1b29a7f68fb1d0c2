"""The rate falls along half a cosine wave."""

from __future__ import annotations

import math
from typing import Literal

from gdstudio.core.fields import setting
from gdstudio.optim.entry import ScheduleEntry
from gdstudio.optim.schedule_base import Factor, ScheduleSettings, with_warmup


class CosineSettings(ScheduleSettings):
    """Where the rate ends."""

    kind: Literal["cosine"] = "cosine"
    final: float = setting(
        0.0, label="Ends at", unit="× rate", help="Factor of the learning rate at the end of the run.", ge=0, le=1
    )


def _build(settings: CosineSettings, total_steps: int, steps_per_epoch: int) -> Factor:
    final = settings.final

    def after(left: int) -> Factor:
        return lambda step: final + (1 - final) * (1 + math.cos(math.pi * min(step, left) / left)) / 2

    return with_warmup(settings, total_steps, after)


ENTRY = ScheduleEntry(
    key="cosine",
    label="Cosine",
    settings=CosineSettings,
    build=_build,
    help=(
        "Stays high for a while, falls through the middle of the run, and ends gently near zero. The usual choice "
        "for networks; since it ends with the run, a longer run falls more slowly, so do not judge it before the "
        "end."
    ),
    formula=r"\eta_t = \eta \left( f + \frac{1 - f}{2} \left( 1 + \cos \frac{\pi t}{T} \right) \right)",
    source="Loshchilov and Hutter (2017), SGDR: Stochastic Gradient Descent with Warm Restarts, equation 5",
    order=60,
)
