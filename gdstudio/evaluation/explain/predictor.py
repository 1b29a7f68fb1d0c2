"""A trained model together with the way from raw columns to its inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from gdstudio.core.errors import StudioError
from gdstudio.data.preparation import Preparation
from gdstudio.evaluation.predict import outputs_of
from gdstudio.evaluation.predictions import Predictions, make_predictions

Floats = NDArray[np.float64]
#: Gets the share that is done, 0 … 1.
Progress = Callable[[float], object]
IsCancelled = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Predictor:
    """What turns raw rows into predictions.

    Attributes:
        model: On the CPU; never changed.
        preparation: Fitted on the training rows.
        probabilities: The loss entry's, from outputs to probabilities; None for a regression.
    """

    model: nn.Module
    preparation: Preparation
    probabilities: Callable[[Any], Floats] | None = None

    def values(self, features: NDArray[np.float32]) -> Floats:
        """What is predicted for prepared rows.

        Args:
            features: ``(n, d)``.

        Returns:
            ``(n, c)`` probabilities of the classes, or ``(n, 1)`` values in the target's own unit.

        Raises:
            StudioError: The model gives values that are not finite.
        """
        outputs = outputs_of(self.model, features)
        if not np.isfinite(outputs).all():
            raise StudioError(
                "The model gives values that are no numbers: its run has diverged.", "Train with a lower learning rate."
            )
        if self.preparation.task == "regression" or self.probabilities is None:
            return cast(Floats, self.preparation.decode_target(outputs[:, :1]))
        return self.probabilities(outputs)

    def predictions(self, features: NDArray[np.float32], target: NDArray[Any]) -> Predictions:
        """Predictions of prepared rows beside what is known.

        Args:
            features: ``(n, d)``.
            target: ``(n,)`` class numbers, or values in the target's own unit.
        """
        return make_predictions(
            outputs_of(self.model, features),
            rows=np.arange(len(features), dtype=np.int64),
            target=target,
            classes=self.preparation.classes,
            probabilities=self.probabilities,
            decode=self.preparation.decode_target,
        )

    def target(self, series: pd.Series[Any]) -> NDArray[Any]:
        """A target column ``(n,)`` as :meth:`predictions` takes it; raises StudioError where a value is unknown."""
        from gdstudio.data.values import numbers

        if self.preparation.task == "regression":
            return numbers(series, self.preparation.target)
        return self.preparation.encode_target(series)

    def inputs_of(self, name: str) -> slice:
        """Places of a raw column's inputs among the ``d``; KeyError where the model does not use it."""
        start = self.preparation.first_input(name)
        column = next(c for c in self.preparation.columns if c.name == name)
        return slice(start, start + len(column.feature_names))


def some_rows(count: int, most: int, seed: int = 0) -> NDArray[np.intp]:
    """At most ``most`` of ``count`` rows ``(m,)``, drawn without putting back, in their order; all where they fit."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
