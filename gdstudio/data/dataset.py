"""A table made ready to train on: rows split, columns turned into numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.spec import DataSpec, Task
from gdstudio.data.preparation import Preparation
from gdstudio.data.table import Table


@dataclass(frozen=True)
class Part:
    """Rows of one part.

    Attributes:
        rows: ``(n,)`` int64, 0-based rows of the table.
        features: ``(n, d)`` float32, C-contiguous, prepared.
        target: ``(n,)`` int64 class numbers, or float32 values (scaled if the preparation says so).
    """

    rows: NDArray[np.int64]
    features: NDArray[np.float32]
    target: NDArray[np.int64] | NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Dataset:
    """What a run trains on.

    Attributes:
        spec: The data section with every guess filled in.
        table: Where the rows are from.
        task: Binary, multi-class or regression.
        classes: Class names in the order of the class numbers; for two classes the positive one is last.
            Empty for a regression.
        feature_names: ``d`` names of the prepared columns, e.g. ``"education = master"``.
        train, validation, test: The parts; validation and test may be empty.
        preparation: Fitted on the training part alone.
        notes: What was done, as sentences.
    """

    spec: DataSpec
    table: Table
    task: Task
    classes: tuple[str, ...]
    feature_names: tuple[str, ...]
    train: Part
    validation: Part
    test: Part
    preparation: Preparation
    notes: tuple[str, ...]

    @property
    def parts(self) -> Mapping[str, Part]:
        """The parts by name: train, validation, test."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def prepare(spec: DataSpec, table: Table) -> Dataset:
    """Resolve the guesses of ``spec``, split the rows, fit the preparation, transform every part.

    Raises:
        StudioError: The table cannot be trained on as it is; says which column and what to do.
    """
    raise NotImplementedError
