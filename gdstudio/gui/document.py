"""What is edited, taken back and saved: one immutable value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gdstudio.core.spec import ExperimentSpec
from gdstudio.gui.runs import Runs, same_runs

if TYPE_CHECKING:
    from gdstudio.data.table import Table
    from gdstudio.gui.race import Race
    from gdstudio.labs.entry import LabResult


@dataclass(frozen=True, eq=False)
class Document:
    """Everything that a person makes in a window; keeping an old one costs a few references.

    Attributes:
        spec: The experiment on screen.
        table: Its rows; None before a table is read.
        runs: Those that have ended, oldest first.
        race: The formula and who walks down it; None for the one that is shown at first.
        notes: What the person has written.
        labs: The newest result of each laboratory that was run, oldest first.
    """

    spec: ExperimentSpec
    table: Table | None = None
    runs: Runs = ()
    race: Race | None = None
    notes: str = ""
    labs: tuple[LabResult, ...] = ()

    def same_as(self, other: Document) -> bool:
        """Whether nothing differs; tables and results are the same where they are the same objects."""
        return (
            self.table is other.table
            and self.notes == other.notes
            and same_runs(self.runs, other.runs)
            and list(map(id, self.labs)) == list(map(id, other.labs))
            and self.race == other.race
            and self.spec == other.spec
        )
