"""``gdstudio minimize``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from gdstudio.cli.app import CANCELLED, app
from gdstudio.cli.options import JsonOption, SetOption
from gdstudio.cli.output import print_json
from gdstudio.cli.progress import interruptible
from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.spec import parse_assignment


# Without this, a formula such as -x**2 or a start such as -1,2 would be taken for options.
@app.command(context_settings={"ignore_unknown_options": True})
def minimize(
    formula: Annotated[str, typer.Argument(help='E.g. "x**2 + 10*y**2".')],
    start: Annotated[
        str | None, typer.Option("--start", help="A number for each variable, alphabetical: 3,2. Random otherwise.")
    ] = None,
    set_: SetOption = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write spec, result and path here.")] = None,
    as_json: JsonOption = False,
) -> int:
    """Minimize a formula by gradient descent."""
    values: dict[str, Any] = {"objective.formula": formula}
    if start is not None:
        values["training.start"] = _numbers(start)
    values.update(parse_assignment(text) for text in set_ or ())
    spec = MinimizeSpec().with_values(values)
    from gdstudio.projects.descents import document_of, save_descent
    from gdstudio.training.minimize import minimize as descend

    control = RunControl()
    with interruptible(control):
        result = descend(spec, control=control)
    document = document_of(result)
    if out is not None:
        save_descent(result, out)
    if as_json:
        print_json(document)
    else:
        _print(document)
    return CANCELLED if result.status == "cancelled" else 0


def _numbers(text: str) -> list[float]:
    numbers = []
    for place, part in enumerate(text.strip("()[] ").split(","), 1):
        try:
            number = float(part)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise StudioError(
                f"Number {place} of --start is {part.strip()[:40]!r}, which is no number.", "Write for example 3,2."
            )
        numbers.append(number)
    return numbers


def _print(document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    names = list(document["variables"])
    table = Table(box=None, pad_edge=False)
    for title in ("", "start", "lowest point"):
        table.add_column(title, justify="right" if title else "left")
    for name in names[:20]:
        table.add_row(name, f"{document['start'][name]:.6g}", f"{document['minimum'][name]:.6g}")
    table.add_row("value", "", f"{document['value']:.6g}")
    norm = document["gradient_norm"]
    table.add_row("gradient norm", "", "not finite" if norm is None else f"{norm:.3g}")
    table.add_row("at step", "", f"{document['best_step']} of {document['steps']}")
    console = Console(markup=False)
    console.print(table)
    if len(names) > 20:
        console.print(f"… and {len(names) - 20} variables more; see --json.")
    console.print(f"Status: {document['status']}. {document['message']}")
