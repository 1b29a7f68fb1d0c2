"""Half cosine waves one after another, each from the full rate."""

from __future__ import annotations

import math
from typing import Literal

from gdstudio.core.fields import setting
from gdstudio.optim.entry import ScheduleEntry
from gdstudio.optim.schedule_base import Factor, ScheduleSettings, with_warmup


class CosineRestartsSettings(ScheduleSettings):
    """Lengths of the waves and where they end."""

    kind: Literal["cosine_restarts"] = "cosine_restarts"
    first: int = setting(
        10, label="First wave", unit="epochs", help="Length of the first wave, after the warm-up.", ge=1
    )
    multiplier: int = setting(
        2,
        label="Each longer by",
        unit="×",
        help="How much longer each wave is than the one before; 1 keeps the length.",
        ge=1,
    )

    final: float = setting(
        0.0, label="Ends at", unit="× rate", help="Factor of the learning rate at the end of each wave.", ge=0, le=1
    )


def _build(settings: CosineRestartsSettings, total_steps: int, steps_per_epoch: int) -> Factor:
    first, multiplier, final = settings.first * steps_per_epoch, settings.multiplier, settings.final

    def factor(step: int) -> float:
        length = first
        while step >= length:
            step -= length
            length *= multiplier
        return final + (1 - final) * (1 + math.cos(math.pi * step / length)) / 2

    return with_warmup(settings, total_steps, lambda left: factor)


ENTRY = ScheduleEntry(
    key="cosine_restarts",
    label="Cosine with restarts",
    settings=CosineRestartsSettings,
    build=_build,
    help=(
        "Falls as cosine does, then jumps back to the full rate. The loss jumps up with it, and may come down in "
        "a better valley; the end of each wave is a model worth comparing."
    ),
    formula=(
        r"\eta_t = \eta \left( f + \frac{1 - f}{2} \left( 1 + \cos \frac{\pi t_i}{T_i} \right) \right) \qquad"
        r" T_{i+1} = m T_i"
    ),
    source="Loshchilov and Hutter (2017), SGDR: Stochastic Gradient Descent with Warm Restarts, equation 5",
    order=70,
)
