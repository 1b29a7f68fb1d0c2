"""What a score declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gdstudio.core.registry import Entry
from gdstudio.core.spec import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gdstudio.evaluation.predictions import Predictions
    from gdstudio.evaluation.resampling import Resampling

#: ``(predictions, positive) -> value``; ``positive`` is the positive one of two classes, else None.
Score = Callable[["Predictions", str | None], float]
#: ``(resampling, positive) -> (b,)``: the score of each of many samples, NaN where it has no value.
ResampledScore = Callable[["Resampling", str | None], "NDArray[np.float64]"]


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
        resampled: The same score of many samples of the rows at once, for intervals; None where there is no quicker
            way than to call the score for each.
    """

    definition: str
    tasks: tuple[Task, ...]
    higher_is_better: bool
    best: float
    resampled: Callable[[Any], ResampledScore] | None = None
