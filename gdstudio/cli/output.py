"""What commands print: one JSON document or tables on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any


def print_metrics(metrics: Mapping[str, Any]) -> None:
    """A table of the scores that are plain numbers, a column a part."""
    from rich.console import Console
    from rich.table import Table

    parts = [name for name, scores in metrics.items() if scores]
    names = [n for n, v in metrics[parts[0]].items() if isinstance(v, int | float) or v is None] if parts else []
    table = Table(box=None, pad_edge=False)
    table.add_column("score")
    for part in parts:
        table.add_column(part, justify="right")
    for name in names:
        table.add_row(name, *(_number(metrics[part].get(name)) for part in parts))
    Console().print(table)


def _number(value: float | None) -> str:
    if value is None:
        return "not defined"
    return f"{value:.4g}" if isinstance(value, float) else f"{value}"


def print_json(document: Any) -> None:
    """The one JSON document of ``--json``, on stdout."""
    print(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))  # noqa: T201


def say(text: str) -> None:
    """A line for the person, on stderr."""
    print(text, file=sys.stderr)  # noqa: T201


def complain(message: str, hint: str) -> None:
    """What went wrong and what to do, a line each, on stderr."""
    say(" ".join(f"gdstudio: {message}".split()))
    if hint:
        say(" ".join(hint.split()))


def print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """A table of rows that share their columns, on stdout."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in rows[0] if rows else ():
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        table.add_row(*("–" if v is None else f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values()))
    Console().print(table)
