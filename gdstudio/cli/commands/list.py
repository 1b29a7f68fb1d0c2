"""``gdstudio list``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from gdstudio.cli.app import app
from gdstudio.cli.options import JsonOption
from gdstudio.cli.output import print_json
from gdstudio.core.errors import StudioError, nearest
from gdstudio.core.listing import listing
from gdstudio.core.registry import FAMILIES


@app.command("list")
def list_(
    family: Annotated[str | None, typer.Argument(help=f"One of {', '.join(FAMILIES)}; all otherwise.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what can be chosen, with every setting and its default."""
    if family is not None and family not in FAMILIES:
        raise StudioError(f"There is no list of {family}.", nearest(family, FAMILIES))
    listed = listing([family] if family else tuple(FAMILIES))
    if as_json:
        print_json(listed)
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for name, entries in listed.items():
        table = Table(title=name, title_justify="left", title_style="bold", box=None, pad_edge=False)
        table.add_column("name", no_wrap=True)
        table.add_column("what it is")
        table.add_column("settings")
        for entry in entries:
            settings = ", ".join(f"{s['name']}={json.dumps(s['default'])}" for s in entry["settings"])
            table.add_row(entry["key"], entry["label"], settings)
        console.print(table)
        console.print()
