"""``gdstudio reproduce``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gdstudio.cli.app import CANCELLED, app
from gdstudio.cli.options import JsonOption
from gdstudio.cli.output import print_json, say
from gdstudio.cli.progress import RunProgress, interruptible
from gdstudio.core.control import Cancelled, RunControl

#: The exit code where the numbers differ; 2 is kept for input that has to be mended.
DIFFERS = 1


@app.command()
def reproduce(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A run's folder, which is only read.")],
    as_json: JsonOption = False,
) -> int:
    """Train a run again and say whether every number is the same; the exit code is 1 where one is not."""
    from gdstudio.projects.reproduce import reproduce as train_again

    control = RunControl()
    try:
        with interruptible(control), RunProgress() as progress:
            found = train_again(run_dir, control=control, history=progress.history, on_event=progress.hear)
    except Cancelled:
        say("Given up before the end; nothing was compared.")
        return CANCELLED
    if as_json:
        print_json({"run": str(run_dir), "identical": found.identical, "message": found.text,
                    "causes": list(found.causes)})  # fmt: skip
    else:
        say(f"{found.text} {found.explanation}".strip())
    return 0 if found.identical else DIFFERS
