"""The learning rates that a schedule will give, before anything is trained."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.registry import Settings, registry
from gdstudio.optim.schedule_base import WatchingFactor

#: A curve of more points than this looks the same.
_POINTS = 2_000


def planned_rates(
    schedule: Settings, lr: float, total: int, per_epoch: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The rate of each step, or of evenly spaced ones where a run has many.

    Args:
        schedule: Its settings.
        lr: The base learning rate.
        total: Steps of the run.
        per_epoch: Steps of an epoch.

    Returns:
        Steps (1-based) and their rates, ``(p,)`` each; None where the schedule waits for what will be measured.

    Raises:
        StudioError: The schedule does not fit a run of this length.
    """
    factor = registry("schedules")[schedule.kind].build(schedule, total, per_epoch)
    if isinstance(factor, WatchingFactor):
        return None
    steps = np.unique(np.linspace(0, total - 1, min(total, _POINTS)).round().astype(np.int64))
    return (steps + 1).astype(np.float64), lr * np.array([factor(int(step)) for step in steps], dtype=np.float64)
