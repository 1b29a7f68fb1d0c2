"""Predictions in the target's own terms: the arrays that predictions.csv holds and every score is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Predictions:
    """Rows of one part with what the model says about them.

    Attributes:
        rows: ``(n,)`` int64, 0-based rows in the source.
        target: ``(n,)`` class names (object) or float64 values in the target's own unit; None where unknown.
        prediction: ``(n,)``, as the target.
        probabilities: ``(n, c)`` float64, rows add to 1; None for a regression.
        classes: ``c`` class names in the order of the columns; empty for a regression.
    """

    rows: NDArray[np.int64]
    target: NDArray[Any] | None
    prediction: NDArray[Any]
    probabilities: NDArray[np.float64] | None = None
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.prediction)

    @cached_property
    def target_codes(self) -> NDArray[np.intp]:
        """``(n,)`` class numbers of the target; -1 for a class that is not among :attr:`classes`."""
        return _codes(self.target, self.classes)

    @cached_property
    def prediction_codes(self) -> NDArray[np.intp]:
        """``(n,)`` class numbers of the prediction."""
        return _codes(self.prediction, self.classes)


def make_predictions(
    outputs: NDArray[Any],
    *,
    rows: NDArray[np.int64],
    target: NDArray[Any] | None,
    classes: tuple[str, ...] = (),
    probabilities: Callable[[Any], NDArray[np.float64]] | None = None,
    decode: Callable[[NDArray[np.float64]], NDArray[Any]] | None = None,
) -> Predictions:
    """Predictions from a model's outputs.

    Args:
        outputs: ``(n, k)`` raw outputs.
        rows: ``(n,)`` 0-based rows in the source.
        target: ``(n,)`` class numbers, or values in the target's own unit; None where unknown.
        classes: Class names in the order of the class numbers; empty for a regression.
        probabilities: The loss entry's; needed for a classification.
        decode: For a regression, from trained values ``(n,)`` to the target's own unit; None leaves them.
    """
    rows = np.asarray(rows, dtype=np.int64)
    if not classes:
        values = np.asarray(outputs, dtype=np.float64)[:, 0]
        predicted = values if decode is None else np.asarray(decode(values), dtype=np.float64)
        known = None if target is None else np.asarray(target, dtype=np.float64)
        return Predictions(rows=rows, target=known, prediction=predicted)
    if probabilities is None:
        raise ValueError("classes without a way to probabilities")
    shares = probabilities(outputs)
    names = np.array(classes, dtype=object)
    codes = None if target is None else np.asarray(target, dtype=np.intp)
    likeliest = shares.argmax(axis=1)
    made = Predictions(
        rows=rows,
        target=None if codes is None else names[codes],
        prediction=names[likeliest],
        probabilities=shares,
        classes=classes,
    )
    # Known here: finding a million names again would hold every other thread up.
    made.__dict__["prediction_codes"] = likeliest
    if codes is not None:
        made.__dict__["target_codes"] = codes
    return made


def _codes(values: NDArray[Any] | None, classes: tuple[str, ...]) -> NDArray[np.intp]:
    import pandas as pd

    return pd.Index(classes, dtype=object).get_indexer(pd.Index(np.asarray(values, dtype=object), dtype=object))
