"""``gdstudio lab``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
from gdstudio.cli.output import print_json, print_rows, say
from gdstudio.cli.progress import ShareProgress, interruptible
from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.files import make_folder
from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec, parse_assignment
from gdstudio.labs.entry import LabEntry


@app.command()
def lab(
    name: Annotated[str, typer.Argument(help="A laboratory; see gdstudio list labs.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder that the result is written to.")],
    sample: SampleOption = None,
    data: DataOption = None,
    target: TargetOption = None,
    spec: SpecOption = None,
    set_: SetOption = None,
    device: DeviceOption = None,
    formula: Annotated[
        str | None, typer.Option("--formula", help="A function to work on, for laboratories that take one.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Answer a question with many runs; settings of the laboratory itself are set as lab.NAME."""
    entry = registry("labs")[name]
    assignments = [parse_assignment(text) for text in set_ or ()]
    own = {path.removeprefix("lab."): value for path, value in assignments if path.startswith("lab.")}
    if formula is not None:
        own["formula"] = formula
    settings = registry("labs").settings({"kind": name, **own})
    rest = [text for text in set_ or () if not parse_assignment(text)[0].startswith("lab.")]
    assert isinstance(entry, LabEntry)
    on_data = entry.wants_data(settings)
    if on_data or spec is not None or sample is not None or data is not None:
        experiment = experiment_of(sample, data, target, spec, rest, device)
    else:
        experiment = with_assignments(ExperimentSpec(), rest, device)
    if out.is_dir() and any(out.iterdir()) and not (out / "result.json").exists():
        raise StudioError(f"The folder {out} holds other files.", "Choose an empty folder or a new name.")
    make_folder(out)
    from gdstudio.data.dataset import prepare
    from gdstudio.data.load import load_table

    # A laboratory on a formula does not look at the data, so none are read.
    dataset = prepare(experiment.data, load_table(experiment.data.source)) if on_data else None
    control = RunControl()
    with interruptible(control), ShareProgress(entry.label) as progress:
        result = entry.build(settings)(experiment, dataset, control, progress.report)
    result.save(out)
    if as_json:
        print_json(result.document())
    else:
        print_rows(result.summary)
    for sentence in result.sentences:
        say(sentence)
    say(f"Result written to {out}.")
    return CANCELLED if control.cancelled else 0
