"""The application that every command registers with."""

from __future__ import annotations

from typing import Annotated

import typer

import gdstudio

CANCELLED = 130
BAD_INPUT = 2

app = typer.Typer(
    name="gdstudio",
    help="Gradient Descent Studio. Without a command it opens the window.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Gradient Descent Studio. Without a command it opens the window."""
    if version:
        print(f"gdstudio {gdstudio.__version__}")  # noqa: T201
        raise typer.Exit
