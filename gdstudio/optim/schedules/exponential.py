"""The rate falls by the same share in every epoch."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.fields import setting
from gdstudio.optim.entry import ScheduleEntry
from gdstudio.optim.schedule_base import Factor, ScheduleSettings, with_warmup


class ExponentialSettings(ScheduleSettings):
    """How fast the rate falls."""

    kind: Literal["exponential"] = "exponential"
    gamma: float = setting(
        0.95,
        label="Factor",
        help="What is left of the rate after an epoch; it falls a little at every step.",
        gt=0,
        le=1,
    )


def _build(settings: ExponentialSettings, total_steps: int, steps_per_epoch: int) -> Factor:
    gamma = settings.gamma
    return with_warmup(settings, total_steps, lambda left: lambda step: gamma ** (step / steps_per_epoch))


ENTRY = ScheduleEntry(
    key="exponential",
    label="Exponential",
    settings=ExponentialSettings,
    build=_build,
    help=(
        "Falls quickly at first and ever more slowly, and never reaches zero. 0.95 halves the rate in about 14 "
        "epochs; with many epochs take a factor nearer to 1."
    ),
    formula=r"\eta_t = \eta \, \gamma^{e_t} \qquad e_t = \text{epochs so far}",
    source="Bottou (2012), Stochastic Gradient Descent Tricks",
    order=40,
)
