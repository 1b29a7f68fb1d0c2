"""What happens to a run as a whole; never a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Started:
    """Data and model are ready; the first step follows."""

    total_steps: int
    steps_per_epoch: int
    device: str


@dataclass(frozen=True)
class Paused:
    """The run waits before the step after ``step``."""

    step: int


@dataclass(frozen=True)
class Resumed:
    """The run goes on after ``step``."""

    step: int


@dataclass(frozen=True)
class LearningRateChanged:
    """From ``step`` on the base learning rate is ``lr``."""

    step: int
    lr: float


@dataclass(frozen=True)
class Note:
    """Something the person should know, as a sentence."""

    text: str


Event = Started | Paused | Resumed | LearningRateChanged | Note
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener for those who do not listen."""
