"""What a score declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gdstudio.core.registry import Entry
from gdstudio.core.spec import Task

if TYPE_CHECKING:
    from gdstudio.evaluation.predictions import Predictions

#: ``(predictions, positive) -> value``; ``positive`` is the positive one of two classes, else None.
Score = Callable[["Predictions", str | None], float]


class UndefinedScoreError(Exception):
    """The score has no value for these rows.

    Attributes:
        reason: Why, as a sentence for the person.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class ScoreEntry(Entry):
    """A score.

    ``build(settings) -> Score``; a score raises :class:`UndefinedScoreError` rather than give 0 or NaN.

    Attributes:
        definition: What it is, in one sentence.
        tasks: The tasks that it can judge.
        higher_is_better: Whether more is better.
        best: The value that a perfect model gets.
    """

    definition: str
    tasks: tuple[Task, ...]
    higher_is_better: bool
    best: float
