"""A table made ready to train on: rows split, columns turned into numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.spec import DataSpec, Task
from gdstudio.data.fit import fit_preparation
from gdstudio.data.preparation import Preparation
from gdstudio.data.roles import class_names, resolve, task_of
from gdstudio.data.split import Split, split_rows
from gdstudio.data.table import Table
from gdstudio.data.values import labels, numbers


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
        notes: What was done, as sentences, beginning with what reading did.
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


def prepare(spec: DataSpec, table: Table, *, split: Split | None = None) -> Dataset:
    """Resolve the guesses of ``spec``, split the rows, fit the preparation, transform every part.

    Args:
        spec: Columns, split, preparation.
        table: Whose rows.
        split: The rows of each part where they are chosen already, as in cross-validation; drawn by ``spec.split``
            when None. Rows without a target must not be among them.

    Raises:
        StudioError: The table cannot be trained on as it is; says which column and what to do.
    """
    resolved = resolve(spec, table)
    task = task_of(resolved, table)
    classes = class_names(resolved, table) if task != "regression" else ()
    target = str(resolved.target)
    frame = table.frame
    rows, numbers_of_classes = _usable(frame[target], target, classes)
    notes = list(table.notes)
    notes += [
        f"'{c.name}': {c.reason}" for c in table.columns if c.reason and resolved.columns[c.name].role == "ignore"
    ]
    left_out = len(frame) - len(rows)
    if left_out:
        counted = f"{left_out:,} {'row' if left_out == 1 else 'rows'}"
        notes.append(f"{counted} left out because the target '{target}' is missing there.")
    split = split or split_rows(resolved.split, rows, numbers_of_classes)
    notes.extend(split.notes)
    preparation, said, crossed = fit_preparation(resolved, frame, split.train, task, classes)
    notes.extend(said)
    all_rows = (split.train, split.validation, split.test)
    features = preparation.transform_parts(frame, all_rows)
    for name, block in crossed.items():
        start = preparation.first_input(name)
        features[0][:, start : start + block.shape[1]] = block
    train, validation, test = (
        Part(rows, inputs, preparation.encode_target(frame[target].iloc[rows]))
        for rows, inputs in zip(all_rows, features, strict=True)
    )
    if classes:
        lacking = [
            c for c, count in zip(classes, np.bincount(train.target, minlength=len(classes)), strict=True) if not count
        ]
        if lacking:
            notes.append(f"No training row is of the class {', '.join(map(repr, lacking))}; it cannot be learned.")
    return Dataset(
        spec=resolved,
        table=table,
        task=task,
        classes=classes,
        feature_names=preparation.feature_names,
        train=train,
        validation=validation,
        test=test,
        preparation=preparation,
        notes=tuple(notes),
    )


def usable_rows(spec: DataSpec, table: Table) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """The rows that have a target ``(n,)``, and their class numbers ``(n,)`` or None for a regression.

    Raises:
        StudioError: The target cannot be found, or cannot be read.
    """
    resolved = resolve(spec, table)
    classes = class_names(resolved, table) if task_of(resolved, table) != "regression" else ()
    return _usable(table.frame[str(resolved.target)], str(resolved.target), classes)


def _usable(
    series: pd.Series[Any], target: str, classes: tuple[str, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """The rows that have a target ``(n,)`` and their class numbers ``(n,)``, None for a regression."""
    if not classes:
        return np.flatnonzero(~np.isnan(numbers(series, target))), None
    codes, found = labels(series)
    rows = np.flatnonzero(codes >= 0)
    return rows, np.array([classes.index(name) for name in found], dtype=np.int64)[codes[rows]]
