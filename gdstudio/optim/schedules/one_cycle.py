"""The rate rises to its peak, then falls far below its start."""

from __future__ import annotations

import math
from typing import Literal

from gdstudio.core.fields import setting
from gdstudio.optim.entry import ScheduleEntry
from gdstudio.optim.schedule_base import Factor, ScheduleSettings, with_warmup


class OneCycleSettings(ScheduleSettings):
    """Shape of the cycle."""

    kind: Literal["one_cycle"] = "one_cycle"
    rise: float = setting(0.3, label="Rise", help="Share of the steps over which the rate rises.", gt=0, lt=1)
    start_divisor: float = setting(
        25.0, label="Starts at peak ÷", help="The rate begins at the learning rate divided by this.", ge=1, log=True
    )
    end_divisor: float = setting(
        1e4, label="Ends at start ÷", help="The rate ends at its start divided by this.", ge=1, log=True
    )
    shape: Literal["cosine", "linear"] = setting(
        "cosine",
        label="Shape",
        help="Rises and falls along half a cosine wave, or in straight lines.",
        labels={"cosine": "Cosine", "linear": "Straight lines"},
    )


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


def _linear(start: float, end: float, share: float) -> float:
    return start + (end - start) * share


def _build(settings: OneCycleSettings, total_steps: int, steps_per_epoch: int) -> Factor:
    start = 1 / settings.start_divisor
    end = start / settings.end_divisor
    between = _cosine if settings.shape == "cosine" else _linear

    def after(left: int) -> Factor:
        peak = max(0.0, settings.rise * left - 1)  # where torch.optim.lr_scheduler.OneCycleLR has it
        last = left - 1

        def factor(step: int) -> float:
            step = min(step, last)
            if step <= peak:
                return between(start, 1.0, step / peak if peak > 0 else 1.0)
            return between(1.0, end, (step - peak) / (last - peak))

        return factor

    return with_warmup(settings, total_steps, after)


ENTRY = ScheduleEntry(
    key="one_cycle",
    label="One cycle",
    settings=OneCycleSettings,
    build=_build,
    help=(
        "Rises to the learning rate, which is its peak here, then falls to almost nothing. The high middle lets "
        "short runs get far; try a peak several times the rate that you would keep constant. The momentum stays "
        "as it is."
    ),
    formula=r"\eta \cdot \frac{1}{d} \;\rightarrow\; \eta \;\rightarrow\; \eta \cdot \frac{1}{d \, d_{end}}",
    source=(
        "Smith and Topin (2018), Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates"
    ),
    order=80,
)
