"""What the landscape's tab computes in the background: which map, from which weights, with whose paths on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gdstudio.core.errors import StudioError

if TYPE_CHECKING:
    from torch import Tensor

    from gdstudio.evaluation.landscape.planes import Plane
    from gdstudio.evaluation.landscape.progressive import Picture
    from gdstudio.gui.runs import Run
    from gdstudio.training.result import RunResult

#: Steps of a run that can be chosen besides its start and its end.
_MOST_STEPS: Final = 12
START, END = "start", "end"


@dataclass(frozen=True)
class Wanted:
    """What is to be computed.

    Attributes:
        plane: ``random``, ``trajectory``, ``points`` or ``line``.
        on: The part of the data.
        measure: ``loss`` or ``accuracy``.
        grid: Points a side.
        seed: Of random directions.
        penalties: Whether they are added to the loss.
        points: Keys of the weights that the plane or the line goes through, as :func:`places` has them.
        everyone: Whether the other runs' paths are drawn too.
    """

    plane: str
    on: str
    measure: str
    grid: int
    seed: int
    penalties: bool
    points: tuple[str, ...] = ()
    everyone: bool = False


@dataclass(frozen=True, eq=False)
class RoutePoints:
    """A run's path on the plane.

    Attributes:
        run: Which run.
        points: ``(m, 2)``.
        distances: ``(m,)`` off the plane.
    """

    run: Run
    points: Any
    distances: Any


@dataclass(frozen=True, eq=False)
class Found:
    """What a job brought so far.

    Attributes:
        plane: What was mapped.
        routes: The mapped run's path first.
        picture: The newest, finer than those before.
        note: About plane and measurement, in sentences.
    """

    plane: Plane
    routes: tuple[RoutePoints, ...]
    picture: Picture
    note: str


def places(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """Weights that a plane can go through: key and label, the newest run first."""
    found = []
    for run in reversed(runs):
        found += [(f"{run.id}:{END}", f"{run.name}, end"), (f"{run.id}:{START}", f"{run.name}, start")]
        steps = [s.step for s in run.result.snapshots if 0 < s.step < run.result.steps]
        every = max(1, -(-len(steps) // _MOST_STEPS))
        found += [(f"{run.id}:{step}", f"{run.name}, step {step:,}") for step in steps[every - 1 :: every]]
    return found


def compute(
    run: Run,
    runs: Sequence[Run],
    wanted: Wanted,
    *,
    cancelled: Callable[[], bool],
    progress: Callable[[float], object],
) -> Iterator[Found]:
    """Picture after picture, coarse to fine.

    Args:
        run: Whose model, data and loss are mapped.
        runs: Those whose weights may be chosen, or whose paths are drawn.
        wanted: What is asked for.
        cancelled: Is asked between portions.
        progress: Hears the share that is done.

    Raises:
        StudioError: There is no such plane, or nothing to measure.
    """
    from gdstudio.evaluation.landscape.evaluator import Evaluator
    from gdstudio.evaluation.landscape.planes import widened
    from gdstudio.evaluation.landscape.progressive import pictures
    from gdstudio.training.landscape import path_of, problem_of

    result = run.result
    own = path_of(result.model, result.snapshots)
    others, left_out = _others(run, runs) if wanted.everyone else ([], [])
    everyone = [vector for _, path in others for vector in path]
    plane = _plane(run, runs, wanted, own, everyone)
    if everyone and wanted.plane != "trajectory":
        plane = widened(plane, [*everyone, *own])
    problem = problem_of(
        result.spec, result.dataset, result.model, on=wanted.on, measure=wanted.measure,  # type: ignore[arg-type]
        penalties=wanted.penalties,
    )  # fmt: skip
    paths = [(run, own), *others]
    routes = tuple(RoutePoints(whose, *plane.project(path)) for whose, path in paths)
    note = _about(plane, len(problem.features), problem.all_rows, problem.standard_error(own[-1]), len(paths), wanted)
    buffers = len(paths) > 1 or wanted.plane in ("points", "line")
    if buffers and any(True for _ in result.model.buffers()):
        left_out.append(f"Batch normalization's running means are those of {run.name} everywhere.")
    note = " ".join([note, *left_out]).strip()
    for picture in pictures(Evaluator(problem, plane), wanted.grid, cancelled=cancelled, progress=progress):
        yield Found(plane, routes, picture, note)


def _plane(run: Run, runs: Sequence[Run], wanted: Wanted, own: list[Tensor], everyone: list[Tensor]) -> Plane:
    from gdstudio.evaluation.landscape.planes import line_between, points_plane, random_plane, trajectory_plane

    match wanted.plane:
        case "random":
            return random_plane(run.result.model, own[-1], wanted.seed)
        case "trajectory":
            return trajectory_plane([*everyone, *own])
        case "line":
            return line_between([_weights(run.result, runs, key) for key in wanted.points])
        case _:
            return points_plane([_weights(run.result, runs, key) for key in wanted.points])


def _weights(result: RunResult, runs: Sequence[Run], key: str) -> Tensor:
    """The weights that a key names; refuses those of a run with other layers."""
    from gdstudio.evaluation.landscape.vectors import vector_from

    number, _, when = key.partition(":")
    run = next((r for r in runs if str(r.id) == number), None)
    if run is None:
        raise StudioError("A run that the plane should go through was deleted.", "Choose another one.")
    if when == END:
        return vector_from(run.result.model.state_dict(), result.model, f"{run.name}, at its end")
    step = 0 if when == START else int(when)
    kept = next((s for s in run.result.snapshots if s.step == step), None)
    if kept is None:
        raise StudioError(f"{run.name} kept no weights of step {step:,}.", "Choose another step.")
    return vector_from(kept.state, result.model, f"{run.name}, step {step:,}")


def _others(run: Run, runs: Sequence[Run]) -> tuple[list[tuple[Run, list[Tensor]]], list[str]]:
    """The paths of the other shown runs of equal layers on the same data, and why some are missing."""
    from gdstudio.evaluation.landscape.vectors import vector_from

    found: list[tuple[Run, list[Tensor]]] = []
    left_out = []
    for other in runs:
        if other.id == run.id or not other.shown:
            continue
        if other.result.dataset.table.data_hash != run.result.dataset.table.data_hash:
            left_out.append(f"{other.name} was trained on other data, so its path is left out.")
            continue
        try:
            path = [vector_from(s.state, run.result.model) for s in other.result.snapshots]
            found.append((other, [*path, vector_from(other.result.model.state_dict(), run.result.model)]))
        except StudioError:
            left_out.append(f"{other.name} has other layers or broken weights, so its path is left out.")
    return found, left_out


def _about(plane: Plane, rows: int, all_rows: int, error: float | None, paths: int, wanted: Wanted) -> str:
    """Which plane it is and what was measured, as sentences."""
    said = []
    if plane.kind == "random":
        said.append("Each random direction is scaled, unit by unit, to the length of the model's own weights.")
    if plane.explained is not None:
        whose = "run's path" if paths == 1 else "runs' paths"
        said.append(f"The plane holds {sum(plane.explained):.0%} of the variance of the {whose}.")
    if rows < all_rows:
        spread = f"; standard error {error:.2g} in the middle" if error is not None else ""
        said.append(f"Measured on {rows:,} of {all_rows:,} rows{spread}.")
    if wanted.everyone and paths == 1:
        said.append("There is no other shown run whose path could be drawn.")
    return " ".join(said)
