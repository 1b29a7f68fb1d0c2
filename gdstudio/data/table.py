"""A table in memory: the values as they were read, and what each column seems to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gdstudio.core.registry import Settings
from gdstudio.core.spec import ColumnType, Role


@dataclass(frozen=True)
class Column:
    """What is known or guessed of one column.

    Attributes:
        name: As in the frame.
        type: How its values are understood.
        role: Suggested use.
        reason: Why, as a sentence, where the suggestion is not the usual one.
        categories: The categories of an ordered column, lowest first.
        missing: Number of missing values.
        distinct: Number of different values; an estimate for a large column of numbers that are nearly all different.
    """

    name: str
    type: ColumnType
    role: Role = "feature"
    reason: str = ""
    categories: tuple[str, ...] = ()
    missing: int = 0
    distinct: int = 0


@dataclass(frozen=True)
class Table:
    """Rows with guessed columns and where they came from.

    Attributes:
        frame: One pandas column per column, index 0 … n-1 (the 0-based row in the source).
        columns: In the frame's order; ``role == "target"`` marks the guessed target (at most one).
        name: What the window shows, e.g. the file's name.
        source: The source as it was read: hash and reader settings filled in.
        data_hash: SHA-256 over column names and values; equal for the same file and settings anywhere.
        notes: What reading did that a person should know, as sentences.
        description: For a sample: what it is and where it is from.
    """

    frame: pd.DataFrame
    columns: tuple[Column, ...]
    name: str
    source: Settings
    data_hash: str
    notes: tuple[str, ...] = ()
    description: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
