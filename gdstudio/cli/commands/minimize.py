"""``gdstudio minimize``."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gdstudio.cli.app import CANCELLED, app
from gdstudio.cli.options import JsonOption, SetOption
from gdstudio.cli.output import print_json
from gdstudio.cli.progress import interruptible
from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_text
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.spec import parse_assignment

if TYPE_CHECKING:
    from gdstudio.training.minimize import MinimizeResult


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
    from gdstudio.training.minimize import minimize as descend

    control = RunControl()
    with interruptible(control):
        result = descend(spec, control=control)
    document = _document(result)
    if out is not None:
        _write(result, document, out)
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


def _document(result: MinimizeResult) -> dict[str, Any]:
    best = result.best

    def point(row: int) -> dict[str, float]:
        return dict(zip(result.variables, result.points[row].tolist(), strict=True))

    norm = float(result.gradient_norms[best])
    return {
        "formula": result.spec.objective.formula,
        "variables": list(result.variables),
        "parameters": dict(result.spec.objective.parameters),
        "optimizer": result.spec.optimizer.model_dump(mode="json"),
        "start": point(0),
        "minimum": point(best),
        "value": float(result.values[best]),
        "gradient_norm": norm if math.isfinite(norm) else None,
        "best_step": best,
        "steps": result.steps,
        "status": result.status,
        "kind": result.kind,
        "message": result.message,
    }


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


def _write(result: MinimizeResult, document: dict[str, Any], folder: Path) -> None:
    import pandas as pd

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudioError(f"{folder} cannot be made: {error.strerror}.", "Choose another folder for --out.") from None
    columns: dict[str, Any] = {"step": range(result.steps + 1)}
    columns.update(zip(result.variables, result.points.T, strict=True))
    columns["value"] = result.values
    columns["gradient_norm"] = result.gradient_norms
    # The rate of a row is that of the step that led to it; the start has none.
    columns["learning_rate"] = [None, *result.learning_rates.tolist()]
    write_text(folder / "spec.json", result.spec.to_json())
    write_text(folder / "result.json", json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    write_text(folder / "history.csv", pd.DataFrame(columns).to_csv(index=False, lineterminator="\n"))
