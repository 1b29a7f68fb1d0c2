"""The rate falls by a factor every so many epochs."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.fields import setting
from gdstudio.optim.entry import ScheduleEntry
from gdstudio.optim.schedule_base import Factor, ScheduleSettings, with_warmup


class StepSettings(ScheduleSettings):
    """How often the rate falls, and by what."""

    kind: Literal["step"] = "step"
    every: int = setting(10, label="Every", unit="epochs", help="Epochs between two falls, after the warm-up.", ge=1)

    gamma: float = setting(0.1, label="Factor", help="What the rate is multiplied with each time.", gt=0, le=1)


def _build(settings: StepSettings, total_steps: int, steps_per_epoch: int) -> Factor:
    every, gamma = settings.every * steps_per_epoch, settings.gamma
    return with_warmup(settings, total_steps, lambda left: lambda step: gamma ** (step // every))


ENTRY = ScheduleEntry(
    key="step",
    label="Steps",
    settings=StepSettings,
    build=_build,
    help=(
        "The rate stays, then falls at once to a tenth, and so on. The loss often drops visibly at each fall: "
        "large steps cross the landscape, small ones settle. Choose the epochs so that the loss has levelled off "
        "before each."
    ),
    formula=r"\eta_t = \eta \, \gamma^{\lfloor e_t / k \rfloor} \qquad e_t = \text{epochs so far}",
    source="Goodfellow, Bengio, Courville (2016), Deep Learning, section 8.3.1",
    order=20,
)
