"""The learning rate stays as it is."""

from __future__ import annotations

from typing import Literal

from gdstudio.optim.entry import ScheduleEntry
from gdstudio.optim.schedule_base import Factor, ScheduleSettings, with_warmup


class ConstantSettings(ScheduleSettings):
    """A constant rate has no settings but its warm-up."""

    kind: Literal["constant"] = "constant"


def _build(settings: ConstantSettings, total_steps: int, steps_per_epoch: int) -> Factor:
    return with_warmup(settings, total_steps, lambda left: lambda step: 1.0)


ENTRY = ScheduleEntry(
    key="constant",
    label="Constant",
    settings=ConstantSettings,
    build=_build,
    help=(
        "One learning rate from the first step to the last. Best for learning what a rate does, and good enough for "
        "small models. If the loss ends up jumping around a level, a rate that falls gets lower."
    ),
    formula=r"\eta_t = \eta",
    source="Bottou, Curtis, Nocedal (2018), Optimization Methods for Large-Scale Machine Learning, section 4.2",
    order=10,
)
