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
def _main(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    reset_settings: Annotated[
        bool, typer.Option("--reset-settings", help="Open the window with settings as at first; the old are set aside.")
    ] = False,
    portable: Annotated[
        bool, typer.Option("--portable", help="Open the window, and from now on keep all settings beside the program.")
    ] = False,
) -> None:
    """Gradient Descent Studio. Without a command it opens the window."""
    if reset_settings or portable:
        name = "--reset-settings" if reset_settings else "--portable"
        raise typer.BadParameter(f"{name} is for the window, not for a command.")
    if version:
        print(f"gdstudio {gdstudio.__version__}")  # noqa: T201
        raise typer.Exit
