"""Which classes are taken for which, the most frequent mistakes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Mistake:
    """Rows of one class that are predicted to be of another.

    Attributes:
        target, predicted: Places of the classes.
        count: How many rows.
        share: Of all rows of the true class.
    """

    target: int
    predicted: int
    count: int
    share: float


def most_confused(matrix: Sequence[Sequence[int]] | NDArray[np.int64], most: int = 10) -> list[Mistake]:
    """The cells beside the diagonal with the most rows, equal ones by their share of the true class.

    Args:
        matrix: ``(c, c)`` counts, rows are targets, columns predictions.
        most: How many; cells without a row are left out.
    """
    counts = np.asarray(matrix, dtype=np.int64)
    totals = counts.sum(axis=1)
    found = [
        Mistake(int(i), int(j), int(counts[i, j]), float(counts[i, j] / totals[i]))
        for i, j in np.argwhere(counts > 0)
        if i != j
    ]
    return sorted(found, key=lambda mistake: (-mistake.count, -mistake.share))[:most]
