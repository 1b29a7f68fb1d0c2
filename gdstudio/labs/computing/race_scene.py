"""From the runs of a race to the scene that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gdstudio.core.errors import StudioError
from gdstudio.evaluation.boundary import Plane as Grid
from gdstudio.evaluation.boundary import decision_field, make_plane
from gdstudio.evaluation.landscape.evaluator import Evaluator
from gdstudio.evaluation.landscape.planes import Plane, trajectory_plane
from gdstudio.evaluation.landscape.problem import Problem
from gdstudio.evaluation.landscape.progressive import pictures
from gdstudio.evaluation.landscape.vectors import vector_from
from gdstudio.labs.scene import FeaturePlane, Racer, Scene
from gdstudio.training.landscape import problem_of
from gdstudio.training.modules import loss_entry

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.core.history import Weights
    from gdstudio.data.dataset import Dataset
    from gdstudio.training.minimize import MinimizeResult
    from gdstudio.training.result import RunResult

#: Points a side of the plane and of the two features.
_GRID, _FEATURE_GRID = 49, 44
#: So many looks at each racer at most: what plays smoothly, and what a few megabytes hold.
_LOOKS = 40
#: A racer that went so many times as far as the middle one is left out of the plane, or the others would be one dot.
_FAR = 20.0
_MOST_POINTS = 2_000


def scene_of(names: Sequence[str], results: Sequence[RunResult], dataset: Dataset, control: RunControl) -> Scene | None:
    """Looks at every run at the weights that it kept; None where a cancel left nothing to look at.

    Args:
        names: Of the racers.
        results: Their runs, which had one start.
        dataset: What they were trained on.
        control: A cancel ends the work between two of its parts.
    """
    first = results[0]
    problem = problem_of(first.spec, dataset, first.model, penalties=True)
    grid, features = _features(dataset)
    looks = [_looks(result) for result in results]
    vectors = [[vector_from(w.state, r.model) for w in kept] for kept, r in zip(looks, results, strict=True)]
    plane, note = _plane(vectors)
    racers = []
    for name, result, kept, path in zip(names, results, looks, vectors, strict=True):
        if control.cancelled or not kept:
            return None
        points, distances = (
            plane.project(path) if plane is not None else (np.zeros((len(kept), 2)), np.zeros(len(kept)))
        )
        losses, fields = _seen(result, problem, kept, grid, dataset)
        steps = np.array([w.step for w in kept], dtype=np.int64)
        racers.append(Racer(name, steps, losses, points, distances, fields))
    x = y = np.zeros(0)
    values = np.zeros((0, 0))
    if plane is not None:
        for picture in pictures(Evaluator(problem, plane), _GRID, cancelled=lambda: control.cancelled):
            x, y, values = picture.x, picture.y, picture.values
    return Scene(racers, x, y, values, ("First direction", "Second direction"), "Training loss", note, features)


def _looks(result: RunResult) -> list[Weights]:
    """The weights that a run kept and that are numbers, evenly thinned; its first and its last are among them."""
    kept = [w for w in result.snapshots if all(np.isfinite(value).all() for value in w.state.values())]
    if result.status != "diverged" and kept and kept[-1].step < result.steps:
        state = {name: tensor.numpy().copy() for name, tensor in result.model.state_dict().items()}
        kept.append(replace(kept[-1], step=result.steps, state=state))
    if len(kept) <= _LOOKS:
        return kept
    return [kept[k] for k in np.unique(np.linspace(0, len(kept) - 1, _LOOKS).round().astype(int))]


def _plane(paths: Sequence[Sequence[Tensor]]) -> tuple[Plane | None, str]:
    """The plane through the common start along which all racers together moved most, and a sentence about it."""
    start = paths[0][0]
    reaches = [max((float((v - start).norm()) for v in path), default=0.0) for path in paths]
    usual = sorted(reaches)[len(reaches) // 2]
    near = [path for path, reach in zip(paths, reaches, strict=True) if reach <= _FAR * max(usual, 1e-12)]
    try:
        plane = trajectory_plane([*(v for path in near for v in path[1:]), start])
    except StudioError:
        return None, "The racers moved along one line at most, so no plane can be laid through their paths."
    assert plane.explained is not None
    note = (
        "The plane goes through the common start, along the two directions in which all racers together moved most; "
        f"{sum(plane.explained):.0%} of their movement lies in it."
    )
    left = len(paths) - len(near)
    if left:
        note += f" {left} that went more than {_FAR:.0f} times as far as the middle one had no say in it."
    return plane, note


def _features(dataset: Dataset) -> tuple[Grid | None, FeaturePlane | None]:
    """The plane of the features where there are two, both numbers."""
    raw = dataset.preparation.raw_columns
    if len(raw) != 2 or any(dataset.spec.columns[name].type != "numeric" for name in raw):
        return None, None
    frame, part = dataset.table.frame, dataset.train
    grid = make_plane(dataset.preparation, frame.iloc[part.rows], _FEATURE_GRID)
    some = slice(None, None, max(1, -(-len(part) // _MOST_POINTS)))
    points = np.column_stack([frame[name].to_numpy(dtype=np.float64)[part.rows[some]] for name in raw])
    target = np.asarray(dataset.preparation.decode_target(part.target[some]))
    known = np.isfinite(points).all(1)
    return grid, FeaturePlane(grid.names, grid.x, grid.y, points[known], target[known], dataset.classes)


def _seen(
    result: RunResult, problem: Problem, kept: Sequence[Weights], grid: Grid | None, dataset: Dataset
) -> tuple[NDArray[np.float64], NDArray[np.float32] | None]:
    """The loss at each look, and what the model says over the two features."""
    model: nn.Module = replace(problem, model=result.model).own_model()
    entry = loss_entry(result.spec)
    losses, fields = [], []
    for weights in kept:
        model.load_state_dict({name: torch.as_tensor(np.asarray(value)) for name, value in weights.state.items()})
        with torch.no_grad():
            losses.append(float(problem.measured(model(problem.features))) + problem.penalty(model))
        if grid is not None:
            said = decision_field(model, grid, dataset.preparation, entry.probabilities if dataset.classes else None)
            fields.append(said.astype(np.float32))
    return np.array(losses), np.stack(fields) if fields else None


def scene_on_formula(names: Sequence[str], results: Sequence[MinimizeResult]) -> Scene | None:
    """The paths on the function itself; None where it has other than two variables."""
    from gdstudio.training.minimize import make_objective

    if not results or len(results[0].variables) != 2:
        return None
    racers = []
    for name, result in zip(names, results, strict=True):
        finite = np.flatnonzero(np.isfinite(result.points).all(1) & np.isfinite(result.values))
        steps = finite[np.unique((np.linspace(0, 1, 4 * _LOOKS) ** 2 * (len(finite) - 1)).round().astype(int))]
        points = result.points[steps]
        racers.append(Racer(name, steps.astype(np.int64), result.values[steps], points, np.zeros(len(steps))))
    reaches = np.array([np.abs(racer.points - racers[0].points[0]).max() for racer in racers])
    near = [
        r for r, reach in zip(racers, reaches, strict=True) if reach <= _FAR * max(float(np.median(reaches)), 1e-12)
    ]
    seen = np.concatenate([racer.points for racer in near])
    low, high = seen.min(0), seen.max(0)
    half = np.maximum(high - low, 0.3 * max(float((high - low).max()), 1e-3)) * 0.62
    x, y = (np.linspace(m - h, m + h, 2 * _GRID) for m, h in zip((low + high) / 2, half, strict=True))
    across, up = np.meshgrid(x, y)
    objective = make_objective(results[0].spec.objective)
    values = objective(torch.from_numpy(np.stack([across, up], -1))).numpy()
    names_ = results[0].variables
    return Scene(racers, x, y, values, (names_[0], names_[1]), "f", "The paths lie on the function itself.")
