"""Two classes, one threshold: what follows from every choice of it, and which choice is best for a goal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gdstudio.evaluation.curves import against_the_rest
from gdstudio.evaluation.entry import UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Goal = Literal["f1", "accuracy", "youden", "cost", "recall"]

#: What most programs use: the class that is likelier.
USUAL = 0.5
#: The threshold that gives the model's own predictions: where both classes are equally likely it names the first.
AS_PREDICTED = float(np.nextafter(USUAL, 1.0))


@dataclass(frozen=True)
class Costs:
    """What a wrong prediction costs, in any unit; a right one costs nothing.

    Attributes:
        false_positive: Of taking another row for the class.
        false_negative: Of missing a row of the class.
    """

    false_positive: float = 1.0
    false_negative: float = 1.0


@dataclass(frozen=True, eq=False)
class Sweep:
    """Confusion counts at every threshold that makes a difference.

    A row counts as the class from the threshold on. Statistics that are not defined somewhere are NaN there.

    Attributes:
        thresholds: ``(m,)``, falling; the first is infinite: no row is of the class.
        true_positive, false_positive: ``(m,)``.
        positives, negatives: Rows of the class, and all others.
    """

    thresholds: Floats
    true_positive: Counts
    false_positive: Counts
    positives: int
    negatives: int

    @property
    def false_negative(self) -> Counts:
        """``(m,)`` rows of the class that are missed."""
        return self.positives - self.true_positive

    @property
    def true_negative(self) -> Counts:
        """``(m,)`` others that are rightly left alone."""
        return self.negatives - self.false_positive

    @property
    def precision(self) -> Floats:
        """``(m,)``; NaN where no row is called the class."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> Floats:
        """``(m,)``."""
        return self.true_positive / self.positives

    @property
    def specificity(self) -> Floats:
        """``(m,)`` share of the others that is left alone."""
        return self.true_negative / self.negatives

    @property
    def f1(self) -> Floats:
        """``(m,)`` harmonic mean of precision and recall."""
        return 2 * self.true_positive / (self.true_positive + self.false_positive + self.positives)

    @property
    def accuracy(self) -> Floats:
        """``(m,)``."""
        return (self.true_positive + self.true_negative) / (self.positives + self.negatives)

    @property
    def youden(self) -> Floats:
        """``(m,)`` recall + specificity − 1; Youden (1950), Index for rating diagnostic tests, Cancer 3."""
        return self.recall + self.specificity - 1

    def cost(self, costs: Costs) -> Floats:
        """``(m,)`` in all; Elkan (2001), The foundations of cost-sensitive learning."""
        return self.false_positive * costs.false_positive + self.false_negative * costs.false_negative

    def place(self, threshold: float) -> int:
        """The entry that holds at ``threshold``, which need not be one of :attr:`thresholds`."""
        return int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1

    def at(self, threshold: float) -> Outcome:
        """What follows from a threshold."""
        place = self.place(threshold)
        found, alarms = int(self.true_positive[place]), int(self.false_positive[place])
        return Outcome(threshold, found, alarms, self.positives - found, self.negatives - alarms)


@dataclass(frozen=True)
class Outcome:
    """What follows from one threshold on one part.

    Attributes:
        threshold: A row counts as the class from this probability on.
        true_positive, false_positive, false_negative, true_negative: Numbers of rows.
    """

    threshold: float
    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def matrix(self) -> NDArray[np.int64]:
        """``(2, 2)`` counts, rows are targets, columns predictions, the class last."""
        rows = ((self.true_negative, self.false_positive), (self.false_negative, self.true_positive))
        return np.array(rows, dtype=np.int64)

    @property
    def precision(self) -> float:
        """Raises UndefinedScoreError where no row is called the class."""
        called = self.true_positive + self.false_positive
        if not called:
            raise UndefinedScoreError("No row reaches this threshold, so there is nothing to be precise about.")
        return self.true_positive / called

    @property
    def recall(self) -> float:
        """Share of the class that is found: the true positive rate."""
        return self.true_positive / (self.true_positive + self.false_negative)

    @property
    def specificity(self) -> float:
        """Share of the others that is left alone: 1 − false positive rate."""
        return self.true_negative / (self.true_negative + self.false_positive)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.true_positive / (2 * self.true_positive + self.false_positive + self.false_negative)

    @property
    def accuracy(self) -> float:
        """Share of the rows that are right."""
        return (self.true_positive + self.true_negative) / int(self.matrix.sum())

    @property
    def youden(self) -> float:
        """Recall + specificity − 1."""
        return self.recall + self.specificity - 1

    def cost(self, costs: Costs) -> float:
        """Of all wrong rows together."""
        return self.false_positive * costs.false_positive + self.false_negative * costs.false_negative


def sweep(predictions: Predictions, cls: str) -> Sweep:
    """Confusion counts of a class against the rest at every threshold.

    Source: Fawcett (2006), An introduction to ROC analysis, Pattern Recognition Letters 27, algorithm 1.

    Raises:
        UndefinedScoreError: There are no rows of the class, or no others, or no probabilities.
    """
    is_class, share = against_the_rest(predictions, cls)
    order = np.argsort(-share, kind="stable")
    ranked = share[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(order) - 1)
    found = np.cumsum(is_class[order])[last]
    thresholds = np.concatenate(([np.inf], ranked[last]))
    true_positive = np.concatenate(([0], found))
    false_positive = np.concatenate(([0], last + 1 - found))
    positives = int(is_class.sum())
    return Sweep(thresholds, true_positive, false_positive, positives, len(order) - positives)


def best_threshold(swept: Sweep, goal: Goal, costs: Costs | None = None, recall: float = 0.9) -> float:
    """The threshold that serves a goal best on the rows of a sweep: take the validation part's, report another's.

    It lies halfway between two probabilities that occur, as a support vector machine's boundary does; of several that
    are equally good it is the one closest to 0.5.

    Args:
        swept: Of the rows on which it is picked.
        goal: What is made as large as possible; the cost is made as small as possible. ``recall`` makes the precision
            as large as possible among the thresholds that find at least so much of the class.
        costs: For the goal ``cost``; equal ones when None.
        recall: For the goal ``recall``: what must be found, 0 … 1.
    """
    if goal == "recall":
        values = np.where(swept.recall >= recall, np.nan_to_num(swept.precision), -1.0)
    else:
        values = -swept.cost(costs or Costs()) if goal == "cost" else getattr(swept, goal)
    lower = np.append(swept.thresholds[1:], 0.0)
    upper = np.where(np.isinf(swept.thresholds), np.maximum(1.0, np.nextafter(lower, np.inf)), swept.thresholds)
    halfway = (lower + upper) / 2
    # Between neighbouring doubles the middle is one of them, and the lower one would take in another row.
    halfway = np.where(halfway > lower, halfway, upper)
    # Rows count from the threshold on: down to the next probability, nothing changes.
    halfway[-1] = min(USUAL, float(swept.thresholds[-1]))
    inside = (lower < USUAL) & (upper >= USUAL)
    halfway = np.where(inside, USUAL, halfway)
    best = np.flatnonzero(values >= values.max() - 1e-12 * max(1.0, abs(float(values.max()))))
    return float(halfway[best[np.argmin(np.abs(halfway[best] - USUAL))]])


def _ratio(part: Counts, whole: Counts) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(part / whole, dtype=np.float64)
