"""Finished runs as the window lists them: immutable, so that undo keeps old lists by reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult

#: Hues that can be told apart.
_HUES = 8


@dataclass(frozen=True)
class Run:
    """A finished run in the list.

    Attributes:
        id: Unique in this session.
        name: What the person calls it.
        color: Index of its hue.
        result: What it brought.
        shown: Whether the charts draw it.
    """

    id: int
    name: str
    color: int
    result: RunResult
    shown: bool = True


Runs = tuple[Run, ...]


def next_color(runs: Runs) -> int:
    """The first hue that no listed run has; they repeat when all are taken."""
    used = {run.color for run in runs}
    return next((c for c in range(_HUES) if c not in used), len(runs) % _HUES)


def changed(runs: Runs, run_id: int, **values: Any) -> Runs:
    """The list with attributes of one run replaced."""
    return tuple(replace(run, **values) if run.id == run_id else run for run in runs)


def without(runs: Runs, *run_ids: int) -> Runs:
    """The list without some runs."""
    return tuple(run for run in runs if run.id not in run_ids)


def same_runs(one: Runs, other: Runs) -> bool:
    """Whether both list the same results under the same names; results are compared by identity."""
    return len(one) == len(other) and all(a.result is b.result and a == b for a, b in zip(one, other, strict=True))
