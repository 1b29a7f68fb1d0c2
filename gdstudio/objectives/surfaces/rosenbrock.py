"""Rosenbrock: an entry of the gallery of functions."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.registry import Settings
from gdstudio.objectives.surface_entry import Minimum, SurfaceEntry, Trial


class RosenbrockSettings(Settings):
    """Rosenbrock has no settings: all of it stands in its formula."""

    kind: Literal["rosenbrock"] = "rosenbrock"


ENTRY = SurfaceEntry(
    key="rosenbrock",
    label="Rosenbrock",
    settings=RosenbrockSettings,
    expression="(1 - x)**2 + 100*(y - x**2)**2",
    ranges=((-2.0, 2.0), (-1.0, 3.0)),
    start=(-1.5, 2.0),
    minima=(Minimum((1.0, 1.0), 0.0),),
    trial=Trial("adam", 0.02, 10000),
    help=(
        "A banana-shaped valley: finding it is easy, following it to the end is not. Plain descent crawls; "
        "momentum and Adam show what they are for."
    ),
    source="Rosenbrock (1960), An Automatic Method for Finding the Greatest or Least Value of a Function",
    order=30,
)
