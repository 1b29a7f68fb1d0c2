"""``gdstudio evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gdstudio.cli.app import app
from gdstudio.cli.options import DataOption, JsonOption
from gdstudio.cli.output import print_json, print_metrics


@app.command()
def evaluate(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A run's folder.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a trained run again, on its own data or on a new file."""
    from gdstudio.training.run_folder import load_run

    run = load_run(run_dir)
    metrics = run.evaluate() if data is None else {str(data): run.evaluate_file(data)}
    if as_json:
        print_json(metrics)
    else:
        print_metrics(metrics)
