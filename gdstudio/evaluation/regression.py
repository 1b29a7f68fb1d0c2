"""What the scores of numbers share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gdstudio.evaluation.entry import UndefinedScoreError
from gdstudio.evaluation.predictions import Predictions


def known_values(predictions: Predictions) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Target and prediction ``(n,)`` in the target's own unit.

    Raises:
        UndefinedScoreError: There are no rows, or predictions that are not finite.
    """
    if not len(predictions):
        raise UndefinedScoreError("There are no rows in this part.")
    target = np.asarray(predictions.target, dtype=np.float64)
    predicted = np.asarray(predictions.prediction, dtype=np.float64)
    if not np.isfinite(predicted).all():
        raise UndefinedScoreError("The model's outputs are not finite numbers.")
    return target, predicted
