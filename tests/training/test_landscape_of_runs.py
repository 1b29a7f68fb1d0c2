"""A landscape and a curvature of a run, or beside one that waits, change nothing in it; runs that cannot be mapped."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.evaluation.landscape.evaluator import Evaluator
from gdstudio.evaluation.landscape.planes import line_between, points_plane, random_plane, trajectory_plane
from gdstudio.evaluation.landscape.progressive import pictures
from gdstudio.training.landscape import curvature_along, curvature_of, data_of, path_of, problem_of, sharpness_of
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment
from gdstudio.training.run_folder import load_run

SPEC = ExperimentSpec().with_values(
    {
        "data.source.kind": "moons", "data.source.size": 200, "model.hidden": [8, 8], "model.dropout": 0.3,
        "model.normalization": "batch", "optimizer.kind": "adam", "optimizer.lr": 0.01, "regularization.l2": 1e-3,
        "training.epochs": 6, "training.batch_size": 30, "schedule.kind": "cosine",
    }
)  # fmt: skip


def look_at(result: RunResult) -> None:
    """Everything that the tab and the command compute."""
    spec, path = result.spec, path_of(result.model, result.snapshots)
    for plane in (
        random_plane(result.model, path[-1], 1), trajectory_plane(path), points_plane([path[0], path[1], path[-1]]),
        line_between([path[0], path[-1]]),
    ):  # fmt: skip
        for on, measure in (("train", "loss"), ("validation", "accuracy")):
            problem = problem_of(spec, result.dataset, result.model, on=on, measure=measure, penalties=True)  # type: ignore[arg-type]
            for plain in (False, True):
                list(pictures(Evaluator(problem, plane, plain=plain), 7))
            problem.sampled(64).standard_error(path[-1])
    curvature_of(problem_of(spec, result.dataset, result.model, penalties=True))
    list(curvature_along(result, most=3))


def same(first: RunResult, second: RunResult) -> None:
    a, b = first.history.steps.snapshot(), second.history.steps.snapshot()
    for name in set(a) - {"seconds"}:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)
    for (name, one), other in zip(first.model.state_dict().items(), second.model.state_dict().values(), strict=True):
        assert torch.equal(one, other), name


@pytest.fixture(scope="module")
def undisturbed() -> RunResult:
    return run_experiment(SPEC)


@contextmanager
def waiting(control: RunControl) -> Iterator[list[RunResult]]:
    """A run that waits after its ninth step and then does what the control says; its result is in the list."""
    control.pause()
    history, ended = RunHistory(), []
    work = lambda: ended.append(run_experiment(SPEC, control=control, history=history))  # noqa: E731
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        for _ in range(9):
            control.step()
        deadline = time.monotonic() + 30
        while len(history.steps) < 8 and time.monotonic() < deadline:
            time.sleep(0.005)
        assert 8 <= len(history.steps) <= 9
        yield ended
        assert len(history.steps) <= 9
    finally:
        control.resume()
        thread.join(60)


def test_looking_at_a_run_that_waits_changes_none_of_its_next_losses(undisturbed: RunResult) -> None:
    with waiting(RunControl()) as ended:
        look_at(undisturbed)
    same(ended[0], undisturbed)


def test_a_run_that_was_looked_at_goes_on_as_if_it_had_not_been(undisturbed: RunResult) -> None:
    control = RunControl()
    with waiting(control) as ended:
        control.cancel()
    half = ended[0]
    assert 0 < half.steps < undisturbed.steps
    assert half.checkpoint is not None
    before = {name: value.clone() for name, value in half.model.state_dict().items()}
    random = torch.get_rng_state()
    look_at(half)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(value, before[name]) for name, value in half.model.state_dict().items())
    assert not half.model.training
    same(run_experiment(SPEC, resume_from=half.checkpoint), undisturbed)


def test_curvature_along_a_run_is_that_of_its_kept_weights(undisturbed: RunResult) -> None:
    found = list(curvature_along(undisturbed, most=4))
    kept = {s.step: s for s in undisturbed.snapshots}
    assert [p.step for p in found] == sorted(p.step for p in found)
    assert {p.step for p in found} <= set(kept)
    assert (found[0].step, len(found)) == (0, 4)
    assert found[0].rate == pytest.approx(0.01)
    assert found[0].rate > found[-1].rate  # the cosine goes down
    # The end's numbers by another way: the model itself, the whole Hessian, and a step up the gradient by hand.
    problem = problem_of(undisturbed.spec, undisturbed.dataset, undisturbed.model, penalties=True)
    model = problem.own_model().double().requires_grad_(True)
    parameters = list(model.parameters())
    shapes = [p.shape for p in parameters]
    names = [name for name, _ in model.named_parameters()]

    def loss(flat: torch.Tensor) -> torch.Tensor:
        pieces = flat.split([s.numel() for s in shapes])
        state = {n: p.view(s) for n, p, s in zip(names, pieces, shapes, strict=True)}
        outputs = torch.func.functional_call(model, state, problem.features.double())
        target = problem.target.double() if problem.target.is_floating_point() else problem.target
        squares = sum((state[n] ** 2).sum() for n, s in zip(names, shapes, strict=True) if len(s) > 1)
        return problem.criterion(outputs, target) + 1e-3 * squares

    flat = torch.cat([p.detach().reshape(-1) for p in parameters])
    values = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, flat))
    assert found[-1].step == undisturbed.steps
    assert found[-1].curvature.largest == pytest.approx(float(values[-1]), rel=1e-2)
    assert found[-1].curvature.trace == pytest.approx(float(values.sum()), abs=4 * found[-1].curvature.trace_error)
    point = flat.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(loss(point), point)
    rise = float(loss(flat + 0.05 * gradient / gradient.norm()) - loss(flat))
    assert sharpness_of(problem) == pytest.approx(rise, rel=1e-6)
    assert found[-1].sharpness == pytest.approx(rise, rel=1e-6)


def test_a_folder_whose_data_are_gone_or_others_is_refused(undisturbed: RunResult, tmp_path: Path) -> None:
    folder = tmp_path / "R"
    undisturbed.save(folder)
    assert data_of(load_run(folder)).table.data_hash == undisturbed.dataset.table.data_hash
    environment = folder / "environment.json"
    text = environment.read_text()
    known = json.loads(text)["data_hash"]
    environment.write_text(text.replace(known, "0" * len(known)))
    with pytest.raises(StudioError, match="have changed"):
        data_of(load_run(folder))
    environment.write_text("[]")
    with pytest.raises(StudioError, match="damaged"):
        data_of(load_run(folder))
    environment.unlink()
    with pytest.raises(StudioError, match="missing"):
        data_of(load_run(folder))
