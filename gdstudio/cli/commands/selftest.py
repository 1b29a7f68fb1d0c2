"""``gdstudio selftest``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gdstudio.cli.app import app
from gdstudio.cli.output import say

FAILED = 1


@app.command()
def selftest(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where each step's time and verdict are written.")
    ] = None,
) -> int:
    """Try on this machine what the program is for; the exit code is 0 only when all of it works."""
    from gdstudio.core.files import write_text
    from gdstudio.selftest.run import Outcome, run_selftest

    def tell(outcome: Outcome) -> None:
        say(f"{outcome.verdict:>8}  {outcome.seconds:6.1f} s  {outcome.label}: {outcome.said}")

    document = run_selftest(tell)
    if out is not None:
        write_text(out, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    say("All of it works." if document["passed"] else "Something does not work.")
    return 0 if document["passed"] else FAILED
