"""From a model's raw outputs to probabilities, in double precision and without torch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def softmax(outputs: Any) -> NDArray[np.float64]:
    """Probabilities of the classes from one output each.

    Args:
        outputs: ``(n, c)``, anything NumPy takes.

    Returns:
        ``(n, c)``; each row adds to 1. Rows that are not finite give NaN.
    """
    values = np.asarray(outputs, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def logistic(outputs: Any) -> NDArray[np.float64]:
    """Probabilities of two classes from one output ``(n, 1)`` that is positive for the second: ``(n, 2)``."""
    values = np.asarray(outputs, dtype=np.float64)
    return softmax(np.hstack([np.zeros_like(values), values]))


def one_or_each(outputs: Any) -> NDArray[np.float64]:
    """:func:`logistic` for one output a row, :func:`softmax` for several."""
    return logistic(outputs) if np.shape(outputs)[1] == 1 else softmax(outputs)
