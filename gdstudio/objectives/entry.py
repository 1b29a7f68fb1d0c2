"""What a loss declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gdstudio.core.registry import Entry
from gdstudio.core.spec import Task


@dataclass(frozen=True, kw_only=True)
class LossEntry(Entry):
    """A loss.

    Attributes:
        build: ``(settings) -> Callable[[outputs (n, k), target], scalar]``, the mean over the rows. ``target``
            is ``(n,)`` int64 class numbers for a classification and ``(n,)`` float32 for a regression. A loss for
            classes also takes ``class_weights (classes,)`` and is then the weighted mean
            ``Σ w[y]·L / Σ w[y]``; with None every row counts alike.
        tasks: The tasks it fits; only those offer it.
        default_for: The tasks for which it is the usual one.
        outputs: ``(task, classes) -> k``, the width of the model's output.
        each: ``(settings) -> Callable[[outputs (m, n, k), target (n,) or (m, n)], (m, n)]``, the loss of every row for
            ``m`` models at once, whose mean over the rows is what ``build`` gives without class weights; None where
            that has no quicker way than a model at a time.
        probabilities: ``outputs (n, k) -> (n, classes)`` float64 NumPy array whose rows add to 1; ``None`` for a
            regression.
    """

    tasks: tuple[Task, ...]
    default_for: tuple[Task, ...] = ()
    outputs: Callable[[Task, int], int]
    each: Callable[[Any], Callable[[Any, Any], Any]] | None = None
    probabilities: Callable[[Any], Any] | None = None
