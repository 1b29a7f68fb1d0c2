"""``gdstudio train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gdstudio.cli.app import CANCELLED, app
from gdstudio.cli.options import (
    DataOption,
    DeviceOption,
    JsonOption,
    SampleOption,
    SetOption,
    SpecOption,
    TargetOption,
    experiment_of,
    with_assignments,
)
from gdstudio.cli.output import print_json, print_metrics, say
from gdstudio.cli.progress import RunProgress, interruptible
from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult


@app.command()
def train(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="RUN_DIR", help="The folder that the run is written to; with --resume, its own."),
    ] = None,
    sample: SampleOption = None,
    data: DataOption = None,
    target: TargetOption = None,
    spec: SpecOption = None,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", metavar="RUN_DIR", help="Go on with a run that was stopped or killed."),
    ] = None,
    set_: SetOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> int:
    """Train one experiment and write its run folder, or go on with a run."""
    if resume is not None:
        if (sample, data, target, spec) != (None,) * 4:
            raise StudioError(
                "--resume goes on with the run's own data; it takes no --sample, --data, --target or --spec.",
                "Leave them out.",
            )
        out = out or resume
    if out is None:
        raise StudioError("--out is missing: it names the folder that the run is written to.", "Add e.g. --out run1.")
    experiment = None if resume is not None else experiment_of(sample, data, target, spec, set_, device)
    from gdstudio.training.checkpoint import load_checkpoint
    from gdstudio.training.run import run_experiment
    from gdstudio.training.run_folder import claim

    checkpoint = None if resume is None else load_checkpoint(resume)
    if checkpoint is not None:
        experiment = with_assignments(checkpoint.spec, set_, device)
    assert experiment is not None
    claim(out)
    control = RunControl()
    with interruptible(control), RunProgress() as progress:
        result = run_experiment(
            experiment,
            control=control,
            history=progress.history,
            on_event=progress.hear,
            resume_from=checkpoint,
            checkpoint_to=out,
        )
    result.save(out)
    if result.status == "diverged":
        _explain(result)
    _report(result, out, as_json)
    return CANCELLED if result.status == "cancelled" else 0


def _explain(result: RunResult) -> None:
    """Say why a run diverged, where that can be measured: the first two findings, a line each."""
    from gdstudio.training.doctor import diagnose

    for finding in diagnose(result).findings[:2]:
        edits = " ".join(f"--set {path}={value}" for path, value in finding.remedy.items())
        say(f"Why: {finding.sentence} Try {edits}")


def _report(result: RunResult, out: Path, as_json: bool) -> None:
    if as_json:
        print_json(
            {"run": str(out), "status": result.status, "message": result.message, "steps": result.steps,
             "metrics": result.metrics}
        )  # fmt: skip
        return
    print_metrics(result.metrics)
    say(f"Run written to {out}.")
