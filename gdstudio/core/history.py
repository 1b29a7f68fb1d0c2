"""What a run measured, row by row: written by one thread, read by any other without a lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

STEP_COLUMNS: Final = ("step", "epoch", "train_loss", "learning_rate", "gradient_norm", "seconds")
EPOCH_COLUMNS: Final = (
    "epoch", "step", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy",
    "train_r2", "validation_r2", "seconds",
)  # fmt: skip

#: One row a layer and a sample; ``layer`` counts from 1.
HEALTH_COLUMNS: Final = ("step", "layer", "gradient_norm", "weight_norm", "update_ratio", "idle_units")


class Columns:
    """Growing float64 columns of one length; ``NaN`` stands for "not measured".

    One writer appends blocks; readers take snapshots. The arrays and the length are published
    together in one tuple, so a reader sees whole rows or none of them.
    """

    def __init__(self, names: Sequence[str], capacity: int = 1024) -> None:
        self.names = tuple(names)
        self._published: tuple[dict[str, Column], int] = (
            {name: np.empty(capacity) for name in self.names},
            0,
        )

    def __len__(self) -> int:
        return self._published[1]

    def append(self, block: Mapping[str, Sequence[float] | Column]) -> None:
        """Add rows; a column that the block lacks becomes ``NaN``.

        Args:
            block: Column name → values, all of one length ``(k,)``.
        """
        count = len(next(iter(block.values())))
        arrays, length = self._published
        capacity = len(next(iter(arrays.values())))
        if length + count > capacity:
            grown = max(2 * capacity, length + count)
            larger = {name: np.empty(grown) for name in self.names}
            for name in self.names:
                larger[name][:length] = arrays[name][:length]
            arrays = larger
        for name in self.names:
            arrays[name][length : length + count] = block.get(name, np.nan)
        self._published = (arrays, length + count)

    def snapshot(self) -> dict[str, Column]:
        """Read-only views of all complete rows; later rows never show in them.

        Returns:
            Column name → ``(n,)``.
        """
        arrays, length = self._published
        views = {}
        for name, array in arrays.items():
            view = array[:length]
            view.flags.writeable = False
            views[name] = view
        return views

    def truncate(self, length: int) -> None:
        """Forget the rows from ``length`` on. Only the writer may call it."""
        arrays, present = self._published
        if length < present:
            # Readers may hold views of the old arrays: the rows that follow go into new ones.
            self._published = ({name: array[:length].copy() for name, array in arrays.items()}, length)


@dataclass(frozen=True)
class Weights:
    """A copy of a model's state after a step.

    Attributes:
        step: The number of steps taken; 0 is before the first.
        state: Name → array, as in the module's ``state_dict``.
    """

    step: int
    state: Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Moment:
    """Everything that decides the next step of a run, between two steps.

    Attributes:
        step: The number of steps taken.
        rate: Learning rate that the next step will have.
        state: Copies of the model's and the optimizer's state and of dropout's stream, as a checkpoint has them.
    """

    step: int
    rate: float
    state: Mapping[str, Any]


class RunHistory:
    """One row a step and one row an epoch, while the run goes and after it.

    Attributes:
        weights: The newest copy of the weights that was asked for; replaced as a whole by the writer.
        moment: The newest of those that were asked for; replaced as a whole by the writer.
        snapshots: Copies of the weights along the run, oldest first; replaced as a whole by the writer.
        health: Norms of each layer at some steps.
        health_layers: Names of those layers, from the inputs to the output; empty where nothing is sampled.
        health_seconds: What the samples have cost.
    """

    def __init__(self) -> None:
        self.weights: Weights | None = None
        self.moment: Moment | None = None
        self.snapshots: tuple[Weights, ...] = ()
        self.health_layers: tuple[str, ...] = ()
        self.health_seconds = 0.0
        self.health = Columns(HEALTH_COLUMNS)
        self.steps = Columns(STEP_COLUMNS)
        self.epochs = Columns(EPOCH_COLUMNS, capacity=128)
