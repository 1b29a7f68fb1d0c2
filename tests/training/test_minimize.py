"""Descent on formulas: against closed recursions, against the gallery's own claims, and how it ends."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.history import RunHistory
from gdstudio.core.minimize_spec import FunctionSpec, MinimizeSpec
from gdstudio.core.registry import registry
from gdstudio.objectives.surface_entry import SurfaceEntry
from gdstudio.training.minimize import MinimizeResult, make_objective, minimize

CURVATURE = np.array([2.0, 20.0])
SURFACES = [cast(SurfaceEntry, entry) for entry in registry("surfaces").values()]


def descend(formula: str = "x**2 + 10*y**2", start: tuple[float, ...] = (3.0, 2.0), **values: Any) -> MinimizeResult:
    given = {key.replace("__", "."): value for key, value in values.items()}
    return minimize(MinimizeSpec().with_values({"objective.formula": formula, "training.start": list(start), **given}))


def sgd(x: Any, steps: int, lr: float, momentum: float = 0.0, nesterov: bool = False) -> Any:
    velocity = np.zeros(2)
    for t in range(steps):
        g = CURVATURE * x
        velocity = g if t == 0 else momentum * velocity + g
        x = x - lr * (g + momentum * velocity if nesterov else velocity)
        yield x


def adagrad(x: Any, steps: int, lr: float, eps: float) -> Any:
    total = np.zeros(2)
    for _ in range(steps):
        g = CURVATURE * x
        total = total + g**2
        x = x - lr * g / (np.sqrt(total) + eps)
        yield x


def rmsprop(x: Any, steps: int, lr: float, alpha: float, eps: float) -> Any:
    mean = np.zeros(2)
    for _ in range(steps):
        g = CURVATURE * x
        mean = alpha * mean + (1 - alpha) * g**2
        x = x - lr * g / (np.sqrt(mean) + eps)
        yield x


def adam(x: Any, steps: int, lr: float, beta1: float, beta2: float, eps: float) -> Any:
    m = v = np.zeros(2)
    for t in range(1, steps + 1):
        g = CURVATURE * x
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        x = x - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
        yield x


def setting_of(kind: str, *names: str) -> list[float]:
    settings = registry("optimizers").settings(kind)
    return [float(getattr(settings, name)) for name in names]


@pytest.mark.parametrize(
    ("settings", "recursion"),
    [
        ({"kind": "sgd", "lr": 0.03}, lambda x: sgd(x, 100, 0.03)),
        ({"kind": "sgd", "lr": 0.02, "momentum": 0.9}, lambda x: sgd(x, 100, 0.02, 0.9)),
        ({"kind": "sgd", "lr": 0.02, "momentum": 0.9, "nesterov": True}, lambda x: sgd(x, 100, 0.02, 0.9, True)),
        ({"kind": "adagrad", "lr": 0.5}, lambda x: adagrad(x, 100, 0.5, *setting_of("adagrad", "eps"))),
        ({"kind": "rmsprop", "lr": 0.02}, lambda x: rmsprop(x, 100, 0.02, *setting_of("rmsprop", "alpha", "eps"))),
        ({"kind": "adam", "lr": 0.1}, lambda x: adam(x, 100, 0.1, *setting_of("adam", "beta1", "beta2", "eps"))),
    ],
    ids=["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"],
)
def test_paths_on_a_bowl_are_the_closed_recursions(settings: dict[str, Any], recursion: Any) -> None:
    result = descend(optimizer=settings, training__steps=100, training__tolerance=0)
    expected = np.array([(3.0, 2.0), *recursion(np.array([3.0, 2.0]))])
    np.testing.assert_allclose(result.points, expected, atol=1e-6, rtol=1e-9)
    np.testing.assert_allclose(result.values, result.points**2 @ [1, 10], rtol=1e-12)
    np.testing.assert_allclose(result.gradients, result.points * CURVATURE, rtol=1e-12)


@pytest.mark.parametrize("kind", list(registry("optimizers")))
def test_every_optimizer_walks_down(kind: str) -> None:
    result = descend(optimizer__kind=kind, training__steps=60)
    assert result.values[result.best] < result.values[0]
    assert len(result.states) == result.steps


@pytest.mark.parametrize("entry", SURFACES, ids=lambda e: e.key)
def test_the_minima_of_the_gallery_are_minima(entry: SurfaceEntry) -> None:
    objective = make_objective(FunctionSpec(formula=entry.expression))
    for minimum in entry.minima:
        point = torch.tensor(minimum.point, dtype=torch.float64)
        found, gradient = objective.with_gradient(point)
        assert float(found) == pytest.approx(minimum.value, abs=1e-8)
        assert float(gradient.norm()) < 1e-6
        assert float(torch.linalg.eigvalsh(objective.hessian(point))[0]) > 0
    # No point of a grid over what is shown lies below the lowest that is stated.
    axes = [torch.linspace(*ends, 401, dtype=torch.float64) for ends in entry.ranges]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
    assert float(objective(grid).min()) >= min(m.value for m in entry.minima) - 1e-8


@pytest.mark.parametrize("entry", SURFACES, ids=lambda e: e.key)
def test_optimizers_reach_what_the_gallery_says(entry: SurfaceEntry) -> None:
    result = descend(
        entry.expression,
        entry.start,
        objective__noise=entry.noise,
        optimizer__kind=entry.trial.optimizer,
        optimizer__lr=entry.trial.lr,
        training__steps=entry.trial.steps,
    )
    distance = min(np.abs(result.points[-1] - minimum.point).max() for minimum in entry.minima)
    if entry.noise:
        assert distance < 0.5
        return
    assert (result.status, result.kind) == ("converged", "minimum")
    assert bool(distance < 1e-4) is entry.trial.lowest


def test_the_start_may_be_drawn_and_noise_repeats() -> None:
    spec = MinimizeSpec().with_values({"objective.noise": 0.5, "training.steps": 50, "training.seed": 3})
    one, two = minimize(spec), minimize(spec)
    np.testing.assert_array_equal(one.points, two.points)
    other = minimize(spec.with_values({"training.seed": 4}))
    assert not np.array_equal(one.points[0], other.points[0])
    noise = one.used_gradients - one.gradients[:-1]
    assert 0.3 < noise.std() < 0.7
    np.testing.assert_array_equal(minimize(one.spec).points, one.points)


def test_divergence_is_said_and_the_path_kept() -> None:
    result = descend("x**4", (3.0,), optimizer__lr=0.5)
    assert result.status == "diverged"
    assert "learning rate 0.5" in result.message
    assert result.values[result.best] <= 81


def test_leaving_the_domain_is_said() -> None:
    result = descend("log(x)", (1.0,), optimizer__lr=0.3)
    assert result.status == "diverged"
    assert "log(x)" in result.message
    with pytest.raises(StudioError, match=r"at the start x = -1: look at log\(x\)"):
        descend("log(x)", (-1.0,))


def test_a_saddle_is_not_called_a_minimum() -> None:
    result = descend("x**2 - y**2", (1.0, 0.0))
    assert (result.status, result.kind) == ("converged", "saddle")
    assert descend("0*x", (1.0,)).kind == "flat"


def test_a_cancelled_descent_keeps_its_path() -> None:
    control, history = RunControl(), RunHistory()
    control.cancel()
    result = minimize(MinimizeSpec(), control=control, history=history)
    assert (result.status, result.steps) == ("cancelled", 0)


def test_history_has_a_row_a_step() -> None:
    history = RunHistory()
    result = minimize(MinimizeSpec().with_values({"training.steps": 250, "training.tolerance": 0}), history=history)
    rows = history.steps.snapshot()
    np.testing.assert_array_equal(rows["train_loss"], result.values[:-1])
    np.testing.assert_allclose(rows["gradient_norm"], result.gradient_norms[:-1])


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"training.start": [1]}, "2 variables: x, y"),
        ({"objective.parameters": {"q": 1}}, "no parameter q"),
        ({"training.steps": 10_000_000}, "training.steps lower"),
        ({"training.stps": 3}, "Did you mean steps"),
        ({"optimizer.kind": "adm"}, "adam"),
    ],
)
def test_what_does_not_fit_is_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(StudioError, match=says):
        minimize(MinimizeSpec().with_values(values))
