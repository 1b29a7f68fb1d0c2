"""``gdstudio export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gdstudio.cli.app import app
from gdstudio.cli.output import say
from gdstudio.core.errors import StudioError, nearest

_FORMATS = ("script", "report")


@app.command()
def export(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A run's folder.")],
    format_: Annotated[str, typer.Option("--format", help="script or report.")],
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="The file that is written.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Run the script and compare every number with the run.")
    ] = False,
) -> int:
    """Write a run as a Python script that stands alone, or as a report in one HTML file."""
    if format_ not in _FORMATS:
        raise StudioError(f"There is no export format {format_!r}.", nearest(format_, _FORMATS))
    if verify and format_ != "script":
        raise StudioError(f"A {format_} is nothing that could be run to verify it.", "Leave --verify out.")
    if format_ == "report":
        from gdstudio.projects.export.report import export_report

        for path in export_report(run_dir, out):
            say(f"Written to {path}.")
        return 0
    from gdstudio.projects.export.runs import export_script

    for path in export_script(run_dir, out):
        say(f"Written to {path}.")
    if verify:
        from gdstudio.projects.export.verify import verify_script

        verdict = verify_script(run_dir, out)
        say(verdict.text)
        return 0 if verdict.identical else 1
    return 0
