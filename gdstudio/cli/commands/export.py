"""``gdstudio export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gdstudio.cli.app import app
from gdstudio.cli.output import say
from gdstudio.core.errors import StudioError, nearest
from gdstudio.projects.export.formats import FORMATS, export_as


@app.command()
def export(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="The folder of a run, or of a descent.")],
    format_: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="PATH", help="What is written: a file; for csv and tensorboard a folder.")
    ],
    verify: Annotated[
        bool, typer.Option("--verify", help="Run the script and compare every number with the run.")
    ] = False,
) -> int:
    """Hand a run on: as a script that stands alone, a report, a notebook, an ONNX model, tables and more."""
    if format_ not in FORMATS:
        raise StudioError(f"There is no export format {format_!r}.", nearest(format_, FORMATS))
    if verify and format_ != "script":
        raise StudioError(f"Only a script is run to verify it, not {format_}.", "Leave --verify out.")
    files, note = export_as(format_, run_dir, out)
    for path in files:
        say(f"Written to {path}.")
    if note:
        say(note)
    if verify:
        from gdstudio.projects.export.verify import verify_script

        verdict = verify_script(run_dir, out)
        say(verdict.text)
        return 0 if verdict.identical else 1
    return 0
