"""The rate falls along a power of the time that is left."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.fields import setting
from gdstudio.optim.entry import ScheduleEntry
from gdstudio.optim.schedule_base import Factor, ScheduleSettings, with_warmup


class PolynomialSettings(ScheduleSettings):
    """Shape and end of the fall."""

    kind: Literal["polynomial"] = "polynomial"
    power: float = setting(
        1.0, label="Power", help="1 falls in a straight line; more falls faster at first.", gt=0, le=10
    )

    final: float = setting(
        0.0, label="Ends at", unit="× rate", help="Factor of the learning rate at the end of the run.", ge=0, le=1
    )


def _build(settings: PolynomialSettings, total_steps: int, steps_per_epoch: int) -> Factor:
    power, final = settings.power, settings.final

    def after(left: int) -> Factor:
        return lambda step: final + (1 - final) * (1 - min(step, left) / left) ** power

    return with_warmup(settings, total_steps, after)


ENTRY = ScheduleEntry(
    key="polynomial",
    label="Polynomial",
    settings=PolynomialSettings,
    build=_build,
    help=(
        "Falls to the end of the run, in a straight line with power 1. Simple, with nothing to tune but the "
        "length of the run, and hard to beat."
    ),
    formula=r"\eta_t = \eta \left( f + (1 - f) \left( 1 - \frac{t}{T} \right)^{p} \right)",
    source="Chen et al. (2018), DeepLab, IEEE PAMI 40, section 4.1",
    order=50,
)
