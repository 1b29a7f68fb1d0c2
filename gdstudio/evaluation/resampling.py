"""Many samples of the same rows at once: each is how often every row was drawn, and scores come from the counts.

Calling a score once a sample costs milliseconds however few rows there are; from counts, hundreds of samples of a
thousand rows cost as much as one call.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gdstudio.evaluation.classification import Average, Statistic, known_codes, known_probabilities
from gdstudio.evaluation.predictions import Predictions

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Ranks:
    """Rows with the highest probability first, and where each run of equal ones begins."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Resampling:
    """Samples of the rows of one part.

    Attributes:
        predictions: ``n`` rows with known targets.
        counts: ``(b, n)`` how often each row is in each of the ``b`` samples.
    """

    predictions: Predictions
    counts: Counts
    _ranks: dict[int, _Ranks] = field(default_factory=dict)

    def with_counts(self, counts: Counts) -> Resampling:
        """Other samples of the same rows."""
        return replace(self, counts=counts)

    def mean(self, values: Floats) -> Floats:
        """``(b,)`` mean of ``(n,)`` values."""
        means: Floats = self.counts @ values / self.counts.sum(axis=1)
        return means

    def confusion(self) -> Counts:
        """``(b, c, c)``: rows are targets, columns predictions."""
        target, predicted = known_codes(self.predictions)
        classes = len(self.predictions.classes)
        cells = target * classes + predicted
        found = [np.bincount(cells, weights=one, minlength=classes**2) for one in self.counts]
        return np.array(found).astype(np.int64).reshape(-1, classes, classes)

    def statistic(self, name: Statistic, average: Average, positive: str | None) -> Floats:
        """``(b,)`` precision, recall or F1, NaN where it is not defined; as :func:`classification.statistic`."""
        matrix = self.confusion().astype(np.float64)
        right = np.diagonal(matrix, axis1=1, axis2=2)
        actual, called = matrix.sum(axis=2), matrix.sum(axis=1)
        below = {"precision": called, "recall": actual, "f1": (called + actual) / 2}[name]
        with np.errstate(invalid="ignore"):
            each = right / below
        if average == "auto" and positive is not None:
            one: Floats = each[:, self.predictions.classes.index(positive)]
            return one
        # A class without a value counts as 0, and one that does not occur at all does not count.
        weights = actual if average == "weighted" else (actual + called > 0).astype(np.float64)
        return np.asarray((np.nan_to_num(each) * weights).sum(axis=1) / weights.sum(axis=1))

    def balanced_accuracy(self) -> Floats:
        """``(b,)`` mean recall of the classes that occur."""
        matrix = self.confusion().astype(np.float64)
        actual = matrix.sum(axis=2)
        with np.errstate(invalid="ignore"):
            recall = np.diagonal(matrix, axis1=1, axis2=2) / actual
        return np.asarray(np.nan_to_num(recall).sum(axis=1) / (actual > 0).sum(axis=1))

    def roc_auc(self, column: int) -> Floats:
        """``(b,)`` area under the ROC curve of a class against the rest; NaN where one of the two is missing.

        Source: Hanley and McNeil (1982), The meaning and use of the area under a ROC curve, Radiology 143: the share
        of pairs in the right order, ties counting one half.
        """
        mine, others = self._grouped(column)
        before = np.cumsum(mine, axis=1) - mine
        with np.errstate(invalid="ignore"):
            pairs = (others * (before + 0.5 * mine)).sum(axis=1)
            return np.asarray(pairs / (mine.sum(axis=1) * others.sum(axis=1)))

    def average_precision(self, column: int) -> Floats:
        """``(b,)`` precision at every threshold weighted by the recall gained there; NaN where a side is missing."""
        mine, others = self._grouped(column)
        found, called = np.cumsum(mine, axis=1), np.cumsum(mine + others, axis=1)
        total = mine.sum(axis=1)
        with np.errstate(invalid="ignore"):
            area = (mine * np.nan_to_num(found / called)).sum(axis=1) / total
        return np.where(others.sum(axis=1) > 0, area, np.nan)

    def _grouped(self, column: int) -> tuple[Floats, Floats]:
        """``(b, g)`` rows of the class and others at each probability that occurs, the highest first."""
        target, shares = known_probabilities(self.predictions)
        ranks = self._ranks.get(column)
        if ranks is None:
            order = np.argsort(-shares[:, column], kind="stable")
            ranked = shares[order, column]
            ranks = _Ranks(order, np.append(0, np.flatnonzero(np.diff(ranked)) + 1))
            self._ranks[column] = ranks
        drawn = self.counts[:, ranks.order].astype(np.float64)
        mine = drawn * (target == column)[ranks.order]
        if len(ranks.starts) == drawn.shape[1]:
            return mine, drawn - mine
        grouped = np.add.reduceat(mine, ranks.starts, axis=1)
        return grouped, np.add.reduceat(drawn, ranks.starts, axis=1) - grouped
