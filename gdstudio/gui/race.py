"""Several optimizers on one formula from one start: what is asked, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.minimize_spec import DescentSpec, FunctionSpec, MinimizeSpec
from gdstudio.core.registry import Settings, registry
from gdstudio.objectives.expression.parse import Expression, parse_formula

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.training.minimize import MinimizeResult

Array = NDArray[np.float64]

#: What torch's optimizers call a running sum or mean of gradients.
_MEMORIES = ("momentum_buffer", "exp_avg")

#: Letters that are taken for parameters with sliders; all others are variables.
PARAMETERS = tuple("abcdkpqrs")
#: Points a side of the map.
_GRID = 161
_USUAL_RANGE = (-4.0, 4.0)
#: Numbers of the points that are worked out at once: a map over two of a thousand variables would take 200 MB.
_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Race:
    """What is asked.

    Attributes:
        objective: The formula.
        training: Start, steps, seed.
        optimizers: Who takes part, in the order of their hues.
        surface: The entry of the gallery that the formula is from; empty for one that was typed.
        ranges: For each axis of the picture, what is shown.
        axes: The variables on the two axes, by their place.
    """

    objective: FunctionSpec
    training: DescentSpec
    optimizers: tuple[Settings, ...]
    surface: str = ""
    ranges: tuple[tuple[float, float], ...] = (_USUAL_RANGE, _USUAL_RANGE)
    axes: tuple[int, int] = (0, 1)

    @property
    def expression(self) -> Expression:
        """The formula, read; raises FormulaError where that is not possible."""
        return parse_formula(self.objective.formula, tuple(self.objective.parameters))

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the coordinates."""
        return self.expression.variables(self.objective.n)

    def spec(self, optimizer: Settings) -> MinimizeSpec:
        """The descent of one of them."""
        return MinimizeSpec(objective=self.objective, optimizer=optimizer, training=self.training)

    def with_formula(self, text: str) -> Race:
        """Another formula; its parameters keep their values, new ones get 1.

        Raises:
            FormulaError: It cannot be read.
        """
        expression = parse_formula(text, PARAMETERS)
        known = self.objective.parameters
        parameters = {name: known.get(name, 1.0) for name in expression.parameters}
        objective = self.objective.model_copy(update={"formula": text, "parameters": parameters})
        count = len(expression.variables(objective.n))
        start = tuple(self.training.start[:count]) + (1.0,) * (count - len(self.training.start))
        training = self.training.model_copy(update={"start": start})
        ranges = (self.ranges[0], self.ranges[1] if len(self.ranges) > 1 else _USUAL_RANGE)
        return replace(self, objective=objective, training=training, surface="", ranges=ranges, axes=(0, 1))

    def with_start(self, x: float, y: float) -> Race:
        """Another start, given on the two axes of the picture."""
        start = list(self.training.start)
        start[self.axes[0]] = x
        if len(start) > 1:
            start[self.axes[1]] = y
        return replace(self, training=self.training.model_copy(update={"start": tuple(start)}))


def race_on(key: str, race: Race | None = None) -> Race:
    """A function of the gallery with its own start and noise.

    Args:
        key: The entry.
        race: Whose optimizers and steps are kept; SGD against Adam for 300 steps otherwise.
    """
    entry: Any = registry("surfaces")[key]
    optimizers: tuple[Settings, ...] = (
        registry("optimizers").settings({"kind": "sgd", "lr": 0.001, "momentum": 0.9}),
        registry("optimizers").settings({"kind": "adam", "lr": 0.1}),
    )
    training = DescentSpec(steps=300, tolerance=1e-8)
    if race is not None:
        optimizers, training = race.optimizers, race.training
    return Race(
        FunctionSpec(formula=entry.expression, noise=entry.noise),
        training.model_copy(update={"start": entry.start}),
        optimizers,
        key,
        entry.ranges,
    )


@dataclass(frozen=True, eq=False)
class Map:
    """The function on a grid: ``x (w,)``, ``y (h,)``, ``values (h, w)``; one y where there is one variable."""

    x: Array
    y: Array
    values: Array


def map_of(race: Race, ranges: tuple[tuple[float, float], ...]) -> Map:
    """The values over the two axes of the picture; the other variables stay at the start."""
    import torch

    from gdstudio.training.minimize import make_objective

    objective = make_objective(race.objective)
    points = torch.tensor(race.training.start, dtype=torch.float64)
    x = np.linspace(*ranges[0], _GRID if objective.dimensions > 1 else 4 * _GRID)
    if objective.dimensions == 1:
        return Map(x, np.zeros(1), objective(torch.from_numpy(x)[:, None]).numpy()[None])
    y = np.linspace(*ranges[1], _GRID)
    rows = []
    for heights in torch.from_numpy(y).split(max(1, _AT_ONCE // (len(x) * objective.dimensions))):
        grid = points.expand(len(heights), len(x), -1).clone()
        grid[..., race.axes[0]] = torch.from_numpy(x)
        grid[..., race.axes[1]] = heights[:, None]
        rows.append(objective(grid))
    return Map(x, y, torch.cat(rows).numpy())


def descend(race: Race, progress: Callable[[float], object], control: RunControl) -> list[MinimizeResult]:
    """Let each optimizer walk down; raises StudioError where the formula or the settings do not allow it.

    Args:
        race: What is asked.
        progress: Gets the share that is done.
        control: A cancel ends the descent that is going between two steps, and begins none.
    """
    from gdstudio.training.minimize import minimize

    results: list[MinimizeResult] = []
    for number, optimizer in enumerate(race.optimizers):
        if control.cancelled:
            break
        progress(number / len(race.optimizers))
        results.append(minimize(race.spec(optimizer), control=control))
    return results


def momenta_of(result: MinimizeResult, axes: Sequence[int]) -> Array | None:
    """What the optimizer remembered of gradients at each point, along two variables.

    Args:
        result: A descent.
        axes: The variables, by their place.

    Returns:
        ``(steps + 1, 2)``, the start's zero; None for an optimizer without such a memory, or where a path was too long
        to keep it.
    """
    key = next((k for k in _MEMORIES if result.states and k in result.states[0]), None)
    if key is None:
        return None
    kept = np.zeros((result.steps + 1, len(axes)))
    for step, state in enumerate(result.states, 1):
        kept[step] = np.asarray(state[key])[list(axes)]
    return kept


def label_of(optimizer: Settings) -> str:
    """What an optimizer is called in a legend, e.g. ``SGD 0.01, momentum 0.9``."""
    said = f"{registry('optimizers')[optimizer.kind].label} {getattr(optimizer, 'lr', 0):g}"
    momentum = getattr(optimizer, "momentum", 0)
    return f"{said}, momentum {momentum:g}" if momentum else said
