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
)
from gdstudio.cli.output import print_json, print_metrics, say
from gdstudio.cli.progress import RunProgress, interruptible
from gdstudio.core.control import RunControl

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult


@app.command()
def train(
    out: Annotated[Path, typer.Option("--out", metavar="RUN_DIR", help="The folder that the run is written to.")],
    sample: SampleOption = None,
    data: DataOption = None,
    target: TargetOption = None,
    spec: SpecOption = None,
    set_: SetOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> int:
    """Train one experiment and write its run folder."""
    experiment = experiment_of(sample, data, target, spec, set_, device)
    from gdstudio.training.run import run_experiment
    from gdstudio.training.run_folder import claim

    claim(out)
    control = RunControl()
    with interruptible(control), RunProgress() as progress:
        result = run_experiment(experiment, control=control, history=progress.history, on_event=progress.hear)
    result.save(out)
    _report(result, out, as_json)
    return CANCELLED if result.status == "cancelled" else 0


def _report(result: RunResult, out: Path, as_json: bool) -> None:
    if as_json:
        print_json(
            {"run": str(out), "status": result.status, "message": result.message, "steps": result.steps,
             "metrics": result.metrics}
        )  # fmt: skip
        return
    print_metrics(result.metrics)
    say(f"Run written to {out}.")
