"""Gradient descent on a formula: the second kind of experiment, with parameters and no data."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gdstudio.core.control import Cancelled, RunControl
from gdstudio.core.errors import StudioError, nearest
from gdstudio.core.history import RunHistory
from gdstudio.core.minimize_spec import FunctionSpec, MinimizeSpec
from gdstudio.core.registry import registry
from gdstudio.core.seeds import stream_seed
from gdstudio.objectives.expression.evaluate import DTYPE, Objective
from gdstudio.objectives.expression.parse import parse_formula
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.schedule_base import WatchingFactor
from gdstudio.training.device import use_threads

Array = NDArray[np.float64]
Status = Literal["finished", "converged", "diverged", "cancelled"]
Kind = Literal["minimum", "saddle", "maximum", "flat", "unknown"]

#: Numbers of the path that may be kept, 8 bytes each.
_MOST_NUMBERS: Final = 20_000_000
#: Beyond this many numbers the optimizer's memories are no longer kept step by step.
_MOST_STATE: Final = 1_000_000
_BLOCK: Final = 200
#: The Hessian is looked at up to so many variables.
_MOST_HESSIAN: Final = 50


@dataclass(frozen=True)
class MinimizeResult:
    """A descent that has ended, however it ended.

    Attributes:
        spec: What was run, with the start that was drawn.
        variables: ``(d,)`` names of the coordinates.
        status: How it ended.
        message: The same as a sentence.
        points: ``(steps + 1, d)``, the start first.
        values: ``(steps + 1,)`` of the formula at the points.
        gradients: ``(steps + 1, d)`` of the formula at the points, without noise.
        used_gradients: ``(steps, d)`` what the optimizer was given: with noise, where there is any.
        learning_rates: ``(steps,)``.
        states: For each step, the optimizer's memories after it, name → ``(d,)`` or a number; empty where the
            path is too large to keep them.
        kind: What the Hessian says of the last point where the gradient is nearly zero.
    """

    spec: MinimizeSpec
    variables: tuple[str, ...]
    status: Status
    message: str
    points: Array
    values: Array
    gradients: Array
    used_gradients: Array
    learning_rates: Array
    states: tuple[dict[str, Any], ...]
    kind: Kind

    @property
    def steps(self) -> int:
        """Steps that were taken."""
        return len(self.points) - 1

    @property
    def gradient_norms(self) -> Array:
        """``(steps + 1,)`` Euclidean length of the gradient at each point."""
        return np.asarray(np.linalg.norm(self.gradients, axis=1), dtype=np.float64)

    @property
    def best(self) -> int:
        """The step after which the lowest value was met."""
        return int(np.nanargmin(np.where(np.isfinite(self.values), self.values, np.inf)))


def make_objective(spec: FunctionSpec) -> Objective:
    """The function of a spec.

    Raises:
        StudioError: The formula cannot be read, or has no use for a parameter.
    """
    expression = parse_formula(spec.formula, tuple(spec.parameters))
    for name in spec.parameters:
        if name not in expression.parameters:
            raise StudioError(
                f"The formula has no parameter {name}.", nearest(name, (*expression.parameters, *expression.scalars))
            )
    return Objective(expression, dict(spec.parameters), spec.n)


def minimize(
    spec: MinimizeSpec,
    *,
    control: RunControl | None = None,
    history: RunHistory | None = None,
) -> MinimizeResult:
    """Walk down the formula of ``spec``.

    Args:
        spec: The descent.
        control: Pause, single step, cancel, learning rate.
        history: Where rows are written while it goes: step, train_loss, learning_rate and gradient_norm at the
            point from which the step was taken.

    Returns:
        The path, also where it was cancelled or diverged.

    Raises:
        StudioError: The formula cannot be read, has no value at the start, or the settings do not fit it.
    """
    use_threads(spec.training.threads)
    objective = make_objective(spec.objective)
    start = _start(spec, objective)
    if (spec.training.steps + 1) * objective.dimensions > _MOST_NUMBERS:
        raise StudioError(
            f"{spec.training.steps:,} steps of {objective.dimensions:,} variables are a path of more than "
            f"{_MOST_NUMBERS:,} numbers.",
            "Set training.steps lower.",
        )
    return _Descent(spec, objective, start, control or RunControl(), history or RunHistory()).run()


def _start(spec: MinimizeSpec, objective: Objective) -> Tensor:
    given, names = spec.training.start, objective.variables
    if not given:
        generator = torch.Generator().manual_seed(stream_seed(spec.training.seed, "weights"))
        drawn = torch.rand(len(names), generator=generator, dtype=DTYPE)
        return (2 * drawn - 1) * spec.training.start_range
    if len(given) != len(names):
        listed = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
        raise StudioError(
            f"The start has {len(given)} number{'s' * (len(given) != 1)}, and the formula has {len(names)} "
            f"variable{'s' * (len(names) != 1)}: {listed}.",
            "Give one number for each, in this order.",
        )
    return torch.tensor(given, dtype=DTYPE)


class _Descent:
    """One walk, with everything noted on the way."""

    def __init__(
        self, spec: MinimizeSpec, objective: Objective, start: Tensor, control: RunControl, history: RunHistory
    ) -> None:
        self._spec, self._objective, self._control, self._history = spec, objective, control, history
        self._entry = cast(OptimizerEntry, registry("optimizers")[spec.optimizer.kind])
        self._point = torch.nn.Parameter(start.clone())
        try:
            self._optimizer: torch.optim.Optimizer = self._entry.build(spec.optimizer, [self._point])
        except ValueError as error:
            raise StudioError(
                f"{self._entry.label} does not fit a formula: {error}.", "Take another optimizer."
            ) from None
        for group in self._optimizer.param_groups:
            # The plain kernels: each operation rounds as the formula on screen does, so that its numbers add up.
            if group.get("fused"):
                group["fused"] = False
            group["foreach"] = False
        steps = spec.training.steps
        build = registry("schedules")[spec.schedule.kind].build
        self._factor: Callable[[int], float] = build(spec.schedule, steps, 1)
        self._rate = float(spec.get("optimizer.lr"))
        self._noise = torch.Generator().manual_seed(stream_seed(spec.training.seed, "noise"))
        self._keeps_state = steps * objective.dimensions <= _MOST_STATE
        self._states: list[dict[str, Any]] = []
        self._points = [start.clone()]
        self._values: list[float] = []
        self._gradients: list[Tensor] = []
        self._used: list[Tensor] = []
        self._rates: list[float] = []
        self._written = 0

    def run(self) -> MinimizeResult:
        """Take the steps."""
        value, gradient = self._look()
        if not math.isfinite(value):
            raise self._no_value()
        status: Status = "finished"
        message = f"All {self._spec.training.steps:,} steps were taken."
        try:
            for step in range(self._spec.training.steps):
                norm = float(torch.linalg.vector_norm(gradient))
                if norm <= self._spec.training.tolerance and not (self._spec.objective.noise and step == 0):
                    status, message = "converged", self._converged_sentence(step, norm)
                    break
                if self._control.wanted:
                    self._obey()
                self._take(step, gradient)
                value, gradient = self._look()
                if isinstance(self._factor, WatchingFactor):
                    self._factor.observe(value)
                if not (math.isfinite(value) and bool(torch.isfinite(gradient).all())):
                    status, message = "diverged", self._diverged_sentence(step + 1, value)
                    break
                if len(self._rates) - self._written >= _BLOCK:
                    self._write()
        except Cancelled:
            status, message = "cancelled", f"Stopped by hand after {len(self._rates):,} steps."
        self._write()
        kind = self._kind() if status == "converged" else "unknown"
        if status == "converged" and kind in ("saddle", "maximum", "flat"):
            message += {
                "saddle": " It is a saddle, no minimum: some directions lead down.",
                "maximum": " It is a maximum, no minimum.",
                "flat": " The function is flat there.",
            }[kind]
        training = self._spec.training.model_copy(update={"start": tuple(self._points[0].tolist())})
        return MinimizeResult(
            spec=self._spec.model_copy(update={"training": training}),
            variables=self._objective.variables,
            status=status,
            message=message,
            points=torch.stack(self._points).numpy(),
            values=np.array(self._values),
            gradients=torch.stack(self._gradients).numpy(),
            used_gradients=torch.stack(self._used).numpy() if self._used else np.empty((0, len(self._point))),
            learning_rates=np.array(self._rates),
            states=tuple(self._states),
            kind=kind,
        )

    def _look(self) -> tuple[float, Tensor]:
        """Value and gradient where we stand, noted."""
        values, gradient = self._objective.with_gradient(self._point)
        value = float(values)
        self._values.append(value)
        self._gradients.append(gradient)
        return value, gradient

    def _take(self, step: int, gradient: Tensor) -> None:
        rate = self._rate * self._factor(step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        used = self._noisy(gradient)
        self._point.grad = used.clone()
        if self._entry.needs_closure:
            self._optimizer.step(self._measure)
        else:
            self._optimizer.step()
        self._used.append(used)
        self._rates.append(rate)
        self._points.append(self._point.detach().clone())
        if self._keeps_state:
            state = self._optimizer.state[self._point]
            self._states.append({k: _copied(v) for k, v in state.items() if _is_kept(v, len(self._point))})

    def _measure(self) -> float:
        """For an optimizer that searches along a line: the value there, and the gradient put in its place."""
        values, gradient = self._objective.with_gradient(self._point)
        self._point.grad = self._noisy(gradient)
        return float(values)

    def _noisy(self, gradient: Tensor) -> Tensor:
        deviation = self._spec.objective.noise
        if not deviation:
            return gradient
        noise = torch.randn(gradient.shape, generator=self._noise, dtype=DTYPE)
        return gradient + deviation * noise

    def _obey(self) -> None:
        self._write()
        self._control.obey(lambda: None)
        rate = self._control.take_learning_rate()
        if rate is not None:
            self._rate = rate

    def _write(self) -> None:
        first, last = self._written, len(self._rates)
        if first == last:
            return
        norms = torch.linalg.vector_norm(torch.stack(self._gradients[first:last]), dim=1).numpy()
        self._history.steps.append(
            {
                "step": np.arange(first + 1, last + 1, dtype=float),
                "epoch": np.ones(last - first),
                "train_loss": self._values[first:last],
                "learning_rate": self._rates[first:last],
                "gradient_norm": norms,
            }
        )
        self._written = last

    def _no_value(self) -> StudioError:
        where = _where(self._objective.variables, self._points[0])
        part = self._objective.undefined_part(self._points[0])
        return StudioError(
            f"The formula has no finite real value at the start {where}" + (f": look at {part}." if part else "."),
            "Start where every logarithm, root and quotient in it has one.",
        )

    def _diverged_sentence(self, step: int, value: float) -> str:
        if value != value:
            part = self._objective.undefined_part(self._points[-1])
            return f"Stopped at step {step:,}: {part or 'the formula'} has no real value at the new point."
        what = "the value became infinite" if math.isinf(value) else "the gradient has no finite value"
        return f"Diverged at step {step:,}: {what} with learning rate {self._rates[-1]:g}; try a smaller one."

    def _converged_sentence(self, step: int, norm: float) -> str:
        if step == 0:
            return f"The gradient at the start is already {norm:.3g}, so no step was taken."
        return f"Converged after {step:,} steps: the gradient's length is {norm:.3g}."

    def _kind(self) -> Kind:
        """What the second derivatives say of the last point."""
        if self._objective.dimensions > _MOST_HESSIAN:
            return "unknown"
        hessian = self._objective.hessian(self._points[-1])
        if not bool(torch.isfinite(hessian).all()):
            return "unknown"
        curvature = torch.linalg.eigvalsh(hessian)
        small = 1e-9 * max(1.0, float(curvature.abs().max()))
        if float(curvature.abs().max()) <= small:
            return "flat"
        low, high = float(curvature[0]), float(curvature[-1])
        if low < -small:
            return "saddle" if high > small else "maximum"
        return "minimum"


def _where(names: tuple[str, ...], point: Tensor) -> str:
    pairs = [f"{name} = {value:.6g}" for name, value in zip(names[:6], point.tolist(), strict=False)]
    return ", ".join(pairs) + (", …" if len(names) > 6 else "")


def _is_kept(value: Any, dimensions: int) -> bool:
    return isinstance(value, int | float) or (isinstance(value, Tensor) and value.numel() in (1, dimensions))


def _copied(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    return float(value) if value.dim() == 0 else value.detach().clone().numpy()
