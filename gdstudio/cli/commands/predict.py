"""``gdstudio predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gdstudio.cli.app import app
from gdstudio.cli.output import say


@app.command()
def predict(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A run's folder.")],
    data: Annotated[Path, typer.Option("--data", help="The file whose rows are predicted.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="Where the predictions are written.")],
) -> None:
    """Predict the rows of a file."""
    from gdstudio.training.run_folder import load_run

    for note in load_run(run_dir).predict_file(data, out):
        say(note)
    say(f"Predictions written to {out}.")
