"""What schedules share: a linear warm-up, and how one of them watches the loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings

#: 0-based step → what the base learning rate is multiplied with.
Factor = Callable[[int], float]


class WatchingFactor(ABC):
    """A factor that depends on what was measured so far, not on the step alone.

    All that it remembers stands in plain attributes: numbers, or None.
    """

    @abstractmethod
    def __call__(self, step: int) -> float:
        """The factor at a 0-based step."""

    @abstractmethod
    def observe(self, loss: float) -> None:
        """Take note of the loss that was measured after an epoch."""

    def state(self) -> dict[str, Any]:
        """What :meth:`load_state` needs."""
        return {name: value for name, value in vars(self).items() if name != "_settings"}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of :meth:`state`."""
        vars(self).update(state)


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
