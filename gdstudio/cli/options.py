"""Options that several commands share, and the experiment that they describe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec, FileSource, parse_assignment

SampleOption = Annotated[str | None, typer.Option("--sample", help="A sample by name; see gdstudio list samples.")]
DataOption = Annotated[Path | None, typer.Option("--data", help="A table file.")]
TargetOption = Annotated[str | None, typer.Option("--target", help="The column to predict; guessed otherwise.")]
SpecOption = Annotated[Path | None, typer.Option("--spec", help="An experiment as JSON, e.g. a run's spec.json.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting, e.g. optimizer.lr=0.01.")
]
DeviceOption = Annotated[str | None, typer.Option("--device", help="auto, cpu or cuda.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def experiment_of(
    sample: str | None,
    data: Path | None,
    target: str | None,
    spec: Path | None,
    assignments: Sequence[str] | None,
    device: str | None,
) -> ExperimentSpec:
    """The experiment that the options describe; raises StudioError where they contradict each other."""
    sources = [name for name, given in (("--sample", sample), ("--data", data), ("--spec", spec)) if given is not None]
    if len(sources) != 1:
        said = "none was given" if not sources else f"{' and '.join(sources)} were given together"
        raise StudioError(
            f"One of --sample, --data and --spec says what to train on; {said}.", "See gdstudio train --help."
        )
    experiment = ExperimentSpec.load(spec) if spec is not None else ExperimentSpec()
    values: dict[str, Any] = {}
    if sample is not None:
        values["data.source.kind"] = sample
    elif data is not None:
        values["data.source"] = FileSource(path=str(data)).model_dump(mode="json")
    if target is not None:
        values["data.target"] = target
    return with_assignments(experiment.with_values(values), assignments, device)


def with_assignments(
    experiment: ExperimentSpec, assignments: Sequence[str] | None, device: str | None
) -> ExperimentSpec:
    """The experiment with the values of ``--set`` and ``--device``."""
    values = dict(parse_assignment(text) for text in assignments or ())
    if device is not None:
        values["training.device"] = device
    return experiment.with_values(values)
