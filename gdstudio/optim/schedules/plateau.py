"""The rate falls when the validation loss no longer does."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.fields import setting
from gdstudio.optim.entry import ScheduleEntry
from gdstudio.optim.schedule_base import Factor, ScheduleSettings, WatchingFactor


class PlateauSettings(ScheduleSettings):
    """How long it waits, and by what the rate falls."""

    kind: Literal["plateau"] = "plateau"
    gamma: float = setting(0.5, label="Factor", help="What the rate is multiplied with each time.", gt=0, lt=1)
    patience: int = setting(
        5,
        label="Wait",
        unit="epochs",
        help="Measured epochs without a new low that are let pass before the rate falls.",
        ge=0,
        le=1_000_000,
    )
    threshold: float = setting(
        1e-4,
        label="Counts as lower by",
        unit="× loss",
        help="Share of its lowest value that the loss must fall by to count as a new low.",
        ge=0,
        lt=1,
        log=True,
        advanced=True,
    )
    cooldown: int = setting(
        0, label="Rest", unit="epochs", help="Epochs after a fall that are not counted.", ge=0, advanced=True
    )
    lowest: float = setting(
        1e-6, label="Lowest factor", help="The rate never falls below this times itself.", ge=0, le=1, advanced=True
    )


class _Plateau(WatchingFactor):
    """As ``torch.optim.lr_scheduler.ReduceLROnPlateau`` in mode ``min`` with a relative threshold."""

    def __init__(self, settings: PlateauSettings) -> None:
        self._settings = settings
        self._level = 1.0
        self._best: float | None = None
        self._waited = 0
        self._resting = 0

    def __call__(self, step: int) -> float:
        warmup, start = self._settings.warmup_steps, self._settings.warmup_start
        if step < warmup:
            return (start + (1 - start) * step / warmup) * self._level
        return self._level

    def observe(self, loss: float) -> None:
        if self._best is None or loss < self._best * (1 - self._settings.threshold):
            self._best, self._waited = loss, 0
        else:
            self._waited += 1
        if self._resting:
            self._resting -= 1
            self._waited = 0
        if self._waited > self._settings.patience:
            self._level = max(self._level * self._settings.gamma, self._settings.lowest)
            self._resting, self._waited = self._settings.cooldown, 0


def _build(settings: PlateauSettings, total_steps: int, steps_per_epoch: int) -> Factor:
    return _Plateau(settings)


ENTRY = ScheduleEntry(
    key="plateau",
    label="On plateau",
    settings=PlateauSettings,
    build=_build,
    help=(
        "The rate stays while the validation loss falls (the training loss where no rows validate) and is halved when "
        "it has found no new low for some epochs. It needs no plan of how long to train. The curve shown before the "
        "run is flat, since the falls depend on what the run measures."
    ),
    formula=r"\eta_t = \eta \, \gamma^{k} \qquad k = \text{plateaus so far}",
    source="The manual of PyTorch, torch.optim.lr_scheduler.ReduceLROnPlateau",
    order=90,
)
