"""What commands print: one JSON document or tables on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

#: A text of more characters than this is broken into lines.
_WIDEST: Final = 40


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
    """A table of rows that share their columns, on stdout.

    Columns for which there is no room follow below, beside the first column once more: nothing is cut short.
    """
    from rich.console import Console
    from rich.table import Table

    console = Console()
    names = list(rows[0]) if rows else []
    cells = {name: [_cell(row[name]) for row in rows] for name in names}
    for number, block in enumerate(_blocks(cells, console.width)):
        if number:
            console.print()
        table = Table(box=None, pad_edge=False)
        for name in block:
            table.add_column(name.replace("_", " "), justify="right", width=_needed(name, cells[name]))
        for k in range(len(rows)):
            table.add_row(*(cells[name][k] for name in block))
        console.print(table)


def _cell(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(_cell(v) for v in value)
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _needed(name: str, cells: Sequence[str]) -> int:
    """Characters: a heading may be broken between its words, and a long text anywhere."""
    return max(max(map(len, name.split("_"))), min(max(map(len, cells), default=0), _WIDEST))


def _blocks(cells: Mapping[str, Sequence[str]], width: int) -> list[list[str]]:
    """The columns in blocks that fit, each beginning with the first of all."""
    first, *rest = cells or [""]
    if not cells:
        return []
    start = _needed(first, cells[first])
    blocks, used = [[first]], start
    for name in rest:
        wide = 2 + _needed(name, cells[name])
        if used + wide > width and len(blocks[-1]) > 1:
            blocks.append([first])
            used = start
        blocks[-1].append(name)
        used += wide
    return blocks
