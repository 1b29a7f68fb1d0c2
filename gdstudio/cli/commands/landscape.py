"""``gdstudio landscape``."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from gdstudio.cli.app import CANCELLED, app
from gdstudio.cli.output import say
from gdstudio.cli.progress import ShareProgress, interruptible
from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError


class PlaneName(Enum):
    """Which plane."""

    random = "random"
    trajectory = "trajectory"
    points = "points"
    line = "line"


class PartName(Enum):
    """Which rows."""

    train = "train"
    validation = "validation"
    test = "test"


class MeasureName(Enum):
    """Which number."""

    loss = "loss"
    accuracy = "accuracy"


#: Runs besides the first that a plane goes through.
_THROUGH = {PlaneName.points: 2, PlaneName.line: 1}


@app.command()
def landscape(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A run's folder.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE.npz", help="Where the numbers go; a .png is put beside them.")
    ],
    grid: Annotated[int, typer.Option("--grid", help="Points a side.")] = 51,
    plane: Annotated[
        PlaneName,
        typer.Option(
            "--plane",
            help="Two random directions, the plane of the run's own path, the plane through the ends of three runs, "
            "or the line from one run's end to another's.",
        ),
    ] = PlaneName.random,
    through: Annotated[
        list[Path] | None,
        typer.Option("--through", metavar="RUN_DIR", help="The other runs: two for points, one for line."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the random directions.")] = 0,
    on: Annotated[PartName, typer.Option("--on", help="The rows that are measured.")] = PartName.train,
    measure: Annotated[
        MeasureName, typer.Option("--measure", help="The loss, or the share of right classes.")
    ] = MeasureName.loss,
    penalty: Annotated[bool, typer.Option("--penalty", help="Add the run's L1 and L2 penalties to the loss.")] = False,
) -> int:
    """Map the loss around a trained model's weights."""
    from gdstudio.evaluation.landscape.progressive import check_grid

    check_grid(grid)
    if out.suffix != ".npz":
        raise StudioError(f"--out names a .npz file, and {out.name} is none.", f"Write --out {out.with_suffix('.npz')}")
    if not out.parent.is_dir():
        raise StudioError(f"There is no folder {out.parent}.", "Make it, or name a file elsewhere.")
    others = through or []
    needed = _THROUGH.get(plane, 0)
    if len(others) != needed:
        raise StudioError(
            f"--plane {plane.value} goes through {needed or 'no'} other run{'s' * (needed != 1)}, and "
            f"{len(others) or 'none'} {'was' if len(others) < 2 else 'were'} named.",
            " ".join(["Write", *["--through RUN_DIR"] * needed]) + "." if needed else "Leave --through out.",
        )
    from gdstudio.evaluation.landscape.evaluator import Evaluator
    from gdstudio.evaluation.landscape.picture import Landscape
    from gdstudio.evaluation.landscape.planes import line_between, points_plane, random_plane, trajectory_plane
    from gdstudio.evaluation.landscape.progressive import pictures
    from gdstudio.evaluation.landscape.vectors import vector_from, vector_of
    from gdstudio.training.device import use_threads
    from gdstudio.training.landscape import data_of, path_of, problem_of
    from gdstudio.training.run_folder import load_run

    run = load_run(run_dir)
    model = run.model
    center = vector_of(model)
    use_threads(run.spec.training.threads)
    ends = [center, *(vector_from(load_run(r).model.state_dict(), model, f"The weights in {r}") for r in others)]
    problem = problem_of(run.spec, data_of(run), model, on=on.value, measure=measure.value, penalties=penalty)
    path = path_of(model, run.snapshots)
    match plane:
        case PlaneName.random:
            laid = random_plane(model, center, seed)
        case PlaneName.trajectory:
            laid = trajectory_plane(path)
        case PlaneName.points:
            laid = points_plane(ends)
        case PlaneName.line:
            laid = line_between(ends)
    control = RunControl()
    picture = None
    with interruptible(control), ShareProgress("Landscape") as progress:
        found = pictures(
            Evaluator(problem, laid),
            grid,
            cancelled=lambda: control.cancelled,
            progress=progress.report,
        )
        for picture in found:  # noqa: B007 - the last one is the finest
            pass
    if picture is None:
        say("Cancelled before there was a picture.")
        return CANCELLED
    projected, distances = laid.project(path)
    made = Landscape(
        laid, picture, projected, distances, problem.measure, problem.standard_error(center),
        len(problem.features), problem.all_rows,
    )  # fmt: skip
    made.save(out)
    made.save_picture(out.with_suffix(".png"))
    if laid.explained is not None:
        say(f"The plane holds {sum(laid.explained):.1%} of the variance of the run's path.")
    if made.standard_error is not None:
        say(f"Measured on {made.rows:,} of {made.all_rows:,} rows; standard error {made.standard_error:.2g}.")
    say(f"Landscape written to {out} and {out.with_suffix('.png')}.")
    return CANCELLED if control.cancelled else 0
