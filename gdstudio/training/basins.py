"""Many starts on one formula at once: where each ends, after how many steps, and which minima there are.

Optimizers that work number by number move a thousand starts as they move one, so all starts are rows of one tensor,
in portions that stay in the cache. Each row takes the very steps that :func:`~gdstudio.training.minimize.minimize`
takes from its start; one that has arrived or diverged leaves, and changes nothing for the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.registry import registry
from gdstudio.objectives.expression.evaluate import DTYPE, Objective
from gdstudio.optim.schedule_base import WatchingFactor
from gdstudio.training.device import use_threads
from gdstudio.training.minima import Minima, find_minima
from gdstudio.training.minimize import make_objective

Array = NDArray[np.float64]
Progress = Callable[[float], None]

#: Optimizers whose step at one number depends on that number's gradients alone.
ELEMENTWISE: Final = (
    "sgd", "adam", "adamw", "adagrad", "rmsprop", "adamax", "nadam", "radam", "adadelta", "rprop",
)  # fmt: skip
#: Starts that move together: some ten columns of so many numbers fit into a second-level cache.
_PORTION: Final = 8_192
#: Steps between two looks at who may leave.
_BETWEEN: Final = 10
_MOST_STARTS: Final = 1_000_000
#: Distance between the starts of the first, coarse picture, in starts of the final one.
_COARSEST: Final = 8


@dataclass(frozen=True)
class Ends:
    """Where starts have come to.

    Attributes:
        points: ``(n, d)``, not finite where the value has become so.
        values: ``(n,)`` of the formula there.
        steps: ``(n,)`` steps that were taken.
        arrived: ``(n,)`` whether the gradient is no longer than the tolerance.
        diverged: ``(n,)`` whether value or gradient are not finite, at the start or later.
        cancelled: Whether it was ended by hand; those that had not begun stand at their start after 0 steps.
    """

    points: Array
    values: Array
    steps: NDArray[np.int64]
    arrived: NDArray[np.bool_]
    diverged: NDArray[np.bool_]
    cancelled: bool = False


@dataclass(frozen=True)
class Basins:
    """The plane, coloured by where its points lead.

    Attributes:
        x: ``(w,)`` first coordinates of the starts, ascending.
        y: ``(h,)`` second coordinates.
        labels: ``(h, w)`` number of the minimum that was reached, -1 where none was within the steps, -2 where
            the descent diverged.
        steps: ``(h, w)`` steps that were taken.
        minima: What the numbers mean.
        variables: Names of the two coordinates.
        final: Whether this is the whole picture; a coarser one has the same corners and fewer points.
    """

    x: Array
    y: Array
    labels: NDArray[np.int64]
    steps: NDArray[np.int64]
    minima: Minima
    variables: tuple[str, ...]
    final: bool

    def shares(self) -> Array:
        """``(m,)`` share of the starts that reached each minimum."""
        counts = [(self.labels == k).mean() for k in range(len(self.minima.points))]
        return np.array(counts, dtype=np.float64)


def basins(
    spec: MinimizeSpec,
    ranges: Sequence[tuple[float, float]],
    *,
    size: int = 200,
    known: Sequence[Sequence[float]] = (),
    control: RunControl | None = None,
    on_progress: Progress | None = None,
    on_picture: Callable[[Basins], None] | None = None,
) -> Basins:
    """Descend from every point of a grid.

    Args:
        spec: Formula of two variables, optimizer, schedule, steps and tolerance; its start and its gradient noise
            are not used.
        ranges: The ends of the grid for the first and the second variable.
        size: Points along each side, 2 … 1,000.
        known: Minima that are known beforehand; they come first in the numbering.
        control: A cancel ends it and keeps what was done.
        on_progress: Called with the share that is done.
        on_picture: Called with each picture that has twice the points of the one before, the last one included.

    Raises:
        StudioError: The formula has not two variables, or the optimizer looks at more than one number at a time.
    """
    objective = make_objective(spec.objective)
    if objective.dimensions != 2:
        raise StudioError(
            f"A plane has two variables, and the formula has {objective.dimensions}.", "Take a formula of x and y."
        )
    if not 2 <= size <= 1_000 or any(not (math.isfinite(a) and math.isfinite(b) and a < b) for a, b in ranges):
        raise StudioError("The grid needs 2 to 1,000 points a side and ranges that ascend.", "E.g. from -5 to 5.")
    axes = [np.linspace(low, high, size) for low, high in ranges]
    grid = np.stack(np.meshgrid(*axes), axis=-1)
    points = np.full((size, size, 2), np.nan)
    steps = np.zeros((size, size), dtype=np.int64)
    known_steps = np.zeros((size, size), dtype=bool)
    diverged = np.zeros((size, size), dtype=bool)
    minima = Minima.of(objective, known)
    radius = 0.01 * max(high - low for low, high in ranges)
    picture: Basins | None = None
    stride = min(_COARSEST, 2 ** int(math.log2(max(1, (size - 1) // 2)))) if size > 4 else 1
    while True:
        new = np.zeros_like(known_steps)
        new[::stride, ::stride] = True
        new &= ~known_steps
        before = float(known_steps.mean())
        ends = descend_from(
            spec, grid[new], control=control,
            on_progress=_part(on_progress, before, float(new.mean())),
        )  # fmt: skip
        if not ends.cancelled or picture is None:
            points[new], steps[new], diverged[new] = ends.points, ends.steps, ends.diverged
            known_steps |= new
            shown = (slice(None, None, stride), slice(None, None, stride))
            flat, bad = points[shown].reshape(-1, 2), diverged[shown].reshape(-1)
            minima, labels = find_minima(objective, flat, ~bad, radius, minima)
            labels[bad] = -2
            taken = steps[shown]
            picture = Basins(
                axes[0][::stride], axes[1][::stride], labels.reshape(taken.shape), taken.copy(), minima,
                objective.variables, stride == 1,
            )  # fmt: skip
            if on_picture is not None:
                on_picture(picture)
        if ends.cancelled or stride == 1:
            return picture
        stride //= 2


def descend_from(
    spec: MinimizeSpec,
    starts: Array,
    *,
    control: RunControl | None = None,
    on_progress: Progress | None = None,
) -> Ends:
    """Descend from every row of ``starts``, each as ``minimize`` would without gradient noise.

    Args:
        spec: Formula, optimizer, schedule, steps and tolerance.
        starts: ``(n, d)``.
        control: A cancel ends it and keeps what was done.
        on_progress: Called with the share that is done.

    Raises:
        StudioError: The optimizer looks at more than one number at a time, or there are too many starts.
    """
    if len(starts) > _MOST_STARTS:
        raise StudioError(f"{len(starts):,} starts are more than {_MOST_STARTS:,}.", "Take fewer.")
    if spec.optimizer.kind not in ELEMENTWISE:
        raise StudioError(
            f"{registry('optimizers')[spec.optimizer.kind].label} cannot move many starts at once, because its step "
            "looks at all numbers together.",
            f"Take one of {', '.join(ELEMENTWISE)}.",
        )
    use_threads(spec.training.threads)
    objective = make_objective(spec.objective)
    control = control or RunControl()
    found = []
    for first in range(0, len(starts), _PORTION):
        portion = torch.from_numpy(np.array(starts[first : first + _PORTION], dtype=np.float64))
        share = _part(on_progress, first / len(starts), len(portion) / len(starts))
        found.append(_Crowd(spec, objective, portion, control).run(share))
    return Ends(
        points=np.concatenate([e.points for e in found]) if found else np.empty((0, objective.dimensions)),
        values=np.concatenate([e.values for e in found]) if found else np.empty(0),
        steps=np.concatenate([e.steps for e in found]) if found else np.empty(0, dtype=np.int64),
        arrived=np.concatenate([e.arrived for e in found]) if found else np.empty(0, dtype=bool),
        diverged=np.concatenate([e.diverged for e in found]) if found else np.empty(0, dtype=bool),
        cancelled=any(e.cancelled for e in found),
    )


def _part(on_progress: Progress | None, first: float, length: float) -> Progress | None:
    """Progress of a part, told as progress of the whole."""
    return None if on_progress is None else lambda share: on_progress(min(1.0, first + length * share))


class _Crowd:
    """Starts that move together."""

    def __init__(self, spec: MinimizeSpec, objective: Objective, starts: Tensor, control: RunControl) -> None:
        self._spec, self._objective, self._control = spec, objective, control
        self._rate = float(spec.get("optimizer.lr"))
        steps = spec.training.steps
        self._factor: Callable[[int], float] = registry("schedules")[spec.schedule.kind].build(spec.schedule, steps, 1)
        if isinstance(self._factor, WatchingFactor):
            raise StudioError(
                "A schedule that watches the loss cannot watch many starts at once.", "Take another schedule."
            )
        self._rows = torch.arange(len(starts))
        self._point = torch.nn.Parameter(starts.clone())
        self._optimizer = self._make_optimizer()
        count = len(starts)
        self._ends = starts.clone()
        self._values = torch.full((count,), math.nan, dtype=DTYPE)
        self._taken = torch.zeros(count, dtype=torch.int64)
        self._arrived = torch.zeros(count, dtype=torch.bool)
        self._diverged = torch.zeros(count, dtype=torch.bool)

    def _make_optimizer(self) -> torch.optim.Optimizer:
        made: torch.optim.Optimizer = registry("optimizers")[self._spec.optimizer.kind].build(
            self._spec.optimizer, [self._point]
        )
        for group in made.param_groups:
            # The plain kernels, as a single descent has them: so a picture tells what a descent will do, to the bit.
            if group.get("fused"):
                group["fused"] = False
            group["foreach"] = False
        return made

    def run(self, progress: Progress | None) -> Ends:
        """Take the steps."""
        total, tolerance = self._spec.training.steps, self._spec.training.tolerance
        gone = torch.zeros(len(self._rows), dtype=torch.bool)
        cancelled = False
        step = 0
        while True:
            values, gradient = self._objective.with_gradient(self._point)
            length = torch.linalg.vector_norm(gradient, dim=1)
            moving = (length > tolerance) & gradient.isfinite().all(1) & values.isfinite()
            leaving = ~moving & ~gone
            if bool(leaving.any()):
                self._note(leaving, values, length <= tolerance, step)
                gone |= leaving
            cancelled = self._control.cancelled
            if step == total or cancelled:
                self._note(~gone, values, torch.zeros_like(gone), step, ended=True)
                break
            if step % _BETWEEN == 0:
                if progress is not None:
                    progress(step / total)
                if bool(gone.all()):
                    break
                if 4 * int(gone.sum()) > len(gone):
                    gradient, gone = gradient[~gone], self._compact(~gone)
            for group in self._optimizer.param_groups:
                group["lr"] = self._rate * self._factor(step)
            self._point.grad = gradient
            self._optimizer.step()
            step += 1
        if progress is not None:
            progress(1.0)
        return Ends(
            self._ends.numpy(), self._values.numpy(), self._taken.numpy(), self._arrived.numpy(),
            self._diverged.numpy(), cancelled,
        )  # fmt: skip

    def _note(self, leaving: Tensor, values: Tensor, arrived: Tensor, step: int, *, ended: bool = False) -> None:
        rows = self._rows[leaving]
        self._ends[rows] = self._point.detach()[leaving]
        self._values[rows] = values[leaving]
        self._taken[rows] = step
        finite = values[leaving].isfinite()
        self._arrived[rows] = arrived[leaving] & finite
        self._diverged[rows] = ~finite if ended else ~(arrived[leaving] & finite)

    def _compact(self, stay: Tensor) -> Tensor:
        """Go on with some of the rows; their memories go with them."""
        state: dict[str, Any] = dict(self._optimizer.state[self._point])
        count = len(self._rows)
        self._rows = self._rows[stay]
        self._point = torch.nn.Parameter(self._point.detach()[stay])
        self._optimizer = self._make_optimizer()
        self._optimizer.state[self._point] = {
            key: value[stay] if isinstance(value, Tensor) and value.dim() and len(value) == count else value
            for key, value in state.items()
        }
        return torch.zeros(len(self._rows), dtype=torch.bool)
