"""The rate falls by a factor at epochs that are named."""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gdstudio.core.fields import setting
from gdstudio.optim.entry import ScheduleEntry
from gdstudio.optim.schedule_base import Factor, ScheduleSettings, with_warmup


class MultiStepSettings(ScheduleSettings):
    """At which epochs the rate falls, and by what."""

    kind: Literal["multi_step"] = "multi_step"
    milestones: tuple[Annotated[int, Field(ge=1)], ...] = setting(
        (15, 25),
        label="At epochs",
        help="Epochs after which the rate falls, in rising order, counted from the end of the warm-up.",
        max_length=100,
    )

    gamma: float = setting(0.1, label="Factor", help="What the rate is multiplied with each time.", gt=0, le=1)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if any(later <= earlier for earlier, later in zip(self.milestones, self.milestones[1:], strict=False)):
            raise ValueError("has epochs that do not rise: write each later than the one before, for example [15, 25]")
        return self


def _build(settings: MultiStepSettings, total_steps: int, steps_per_epoch: int) -> Factor:
    at = [epoch * steps_per_epoch for epoch in settings.milestones]
    gamma = settings.gamma
    return with_warmup(settings, total_steps, lambda left: lambda step: gamma ** bisect_right(at, step))


ENTRY = ScheduleEntry(
    key="multi_step",
    label="Steps at chosen epochs",
    settings=MultiStepSettings,
    build=_build,
    help=(
        "As steps, but you name the epochs: look at a run with a constant rate, and let the rate fall where its "
        "loss stopped falling."
    ),
    formula=r"\eta_t = \eta \, \gamma^{n_t} \qquad n_t = \text{number of chosen epochs that are over}",
    source="He et al. (2016), Deep Residual Learning for Image Recognition, section 3.4",
    order=30,
)
