"""What a function of the gallery declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gdstudio.core.registry import Entry, Settings


@dataclass(frozen=True)
class Minimum:
    """A point that no neighbour lies below, in the order of the variables, and the value there."""

    point: tuple[float, ...]
    value: float


@dataclass(frozen=True)
class Trial:
    """What an optimizer does from the suggested start.

    Attributes:
        optimizer: Its key.
        lr: Its learning rate.
        steps: More than it needs.
        lowest: Whether it ends in one of the lowest points; it is caught by a higher minimum otherwise.
    """

    optimizer: str
    lr: float
    steps: int
    lowest: bool = True


def _formula_of(settings: Settings) -> str:
    """The formula of an entry as text."""
    from gdstudio.core.registry import registry

    entry = registry("surfaces")[settings.kind]
    assert isinstance(entry, SurfaceEntry)
    return entry.expression


@dataclass(frozen=True, kw_only=True)
class SurfaceEntry(Entry):
    """A function of one or two variables.

    ``build(settings) -> str`` gives the formula.

    Attributes:
        expression: The formula as a person would type it.
        ranges: For each variable, the ends of what is shown.
        start: A start that shows what it teaches.
        minima: The lowest points.
        trial: What an optimizer does from there.
        noise: Standard deviation of the gradient noise that belongs to it.
    """

    expression: str
    ranges: tuple[tuple[float, float], ...]
    start: tuple[float, ...]
    minima: tuple[Minimum, ...]
    trial: Trial
    noise: float = 0.0
    build: Any = _formula_of
