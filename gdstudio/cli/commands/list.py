"""``gdstudio list``."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from gdstudio.cli.app import app
from gdstudio.cli.options import JsonOption
from gdstudio.cli.output import print_json
from gdstudio.core.errors import StudioError, nearest
from gdstudio.core.fields import describe
from gdstudio.core.registry import FAMILIES, registry


@app.command("list")
def list_(
    family: Annotated[str | None, typer.Argument(help=f"One of {', '.join(FAMILIES)}; all otherwise.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what can be chosen, with every setting and its default."""
    if family is not None and family not in FAMILIES:
        raise StudioError(f"There is no list of {family}.", nearest(family, FAMILIES))
    families = [family] if family else list(FAMILIES)
    listing = {name: [_entry(name, key) for key in registry(name)] for name in families}
    if as_json:
        print_json(listing)
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for name, entries in listing.items():
        table = Table(title=name, title_justify="left", title_style="bold", box=None, pad_edge=False)
        table.add_column("name", no_wrap=True)
        table.add_column("what it is")
        table.add_column("settings")
        for entry in entries:
            settings = ", ".join(f"{s['name']}={json.dumps(s['default'])}" for s in entry["settings"])
            table.add_row(entry["key"], entry["label"], settings)
        console.print(table)
        console.print()


def _entry(family: str, key: str) -> dict[str, Any]:
    entry = registry(family)[key]
    defaults = entry.settings(kind=key).model_dump(mode="json")
    return {
        "key": key,
        "label": entry.label,
        "settings": [{"name": f.name, "label": f.label, "default": defaults[f.name]} for f in describe(entry.settings)],
    }
