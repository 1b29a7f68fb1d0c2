"""Linear warm-up, which every schedule can begin with."""

from __future__ import annotations

from collections.abc import Callable

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings

#: 0-based step → what the base learning rate is multiplied with.
Factor = Callable[[int], float]


class ScheduleSettings(Settings):
    """The warm-up that all schedules share."""

    warmup_steps: int = setting(
        0,
        label="Warm-up",
        unit="steps",
        help="Steps over which the rate rises in a straight line before the schedule itself begins; 0 is none.",
        ge=0,
        le=2**31 - 1,
    )
    warmup_start: float = setting(
        0.1,
        label="Warm-up from",
        unit="× rate",
        help="Factor of the learning rate at the very first step of a warm-up.",
        gt=0,
        le=1,
        advanced=True,
    )


def with_warmup(settings: ScheduleSettings, total_steps: int, after: Callable[[int], Factor]) -> Factor:
    """A factor that rises linearly, then follows the schedule over the steps that are left.

    Source: Goyal et al. (2017), Accurate, Large Minibatch SGD, section 2.2 ("gradual warmup").

    Args:
        settings: Length and start of the warm-up.
        total_steps: Steps of the run.
        after: Steps that are left (at least 1) → the schedule's own factor, which starts at step 0.
    """
    warmup, start = settings.warmup_steps, settings.warmup_start
    inner = after(max(1, total_steps - warmup))
    if warmup == 0:
        return inner
    return lambda step: start + (1 - start) * step / warmup if step < warmup else inner(step - warmup)
