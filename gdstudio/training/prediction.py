"""Predicting rows that a run has never seen: those of another file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from gdstudio.core.control import Cancelled
from gdstudio.core.registry import Settings
from gdstudio.data.again import load_like
from gdstudio.data.preparation import Preparation
from gdstudio.data.table import Table
from gdstudio.evaluation.predict import BATCH_ROWS
from gdstudio.evaluation.predictions import Predictions
from gdstudio.objectives.entry import LossEntry
from gdstudio.training.result import predict

#: Rows that are prepared and predicted at a time: what they take does not grow with the file. A multiple of what goes
#: through the model at once, so that chunks give the same bits as all rows do.
CHUNK_ROWS = 20 * BATCH_ROWS
#: Rows that must fit before reader settings are taken over.
_LOOKED_AT = 1_000


@dataclass(frozen=True, eq=False)
class FilePredictions:
    """A file's rows and what the model says of them.

    Attributes:
        table: As it was read.
        predictions: With targets where the file has all of them.
        notes: What a person should know, as sentences.
    """

    table: Table
    predictions: Predictions
    notes: tuple[str, ...]


def read_like(path: Path, source: Settings, preparation: Preparation) -> Table:
    """A file's rows, read as the run's own were where that fits; raises StudioError where it cannot be read."""
    return load_like(path, source, lambda frame: preparation.transform(frame.head(_LOOKED_AT)))


def unseen_notes(preparation: Preparation, frame: pd.DataFrame) -> list[str]:
    """What a model cannot know of these rows, as sentences."""
    return [
        f"{count:,} {'row holds' if count == 1 else 'rows hold'} a value in {column!r} that training never saw."
        for column, count in preparation.unseen(frame).items()
    ]


def in_chunks(
    model: nn.Module, loss: LossEntry, preparation: Preparation, frame: pd.DataFrame, *, target: bool = False
) -> Iterator[Predictions]:
    """Predictions of a frame's rows, a chunk after the other.

    Args:
        model: On the CPU.
        loss: Turns outputs into probabilities.
        preparation: Of the run.
        frame: Raw rows.
        target: Whether the target is there and known everywhere.

    Raises:
        StudioError: The frame lacks a column, or holds what cannot be computed with.
    """
    preparation.check(frame)
    for start in range(0, len(frame), CHUNK_ROWS):
        some = frame.iloc[start : start + CHUNK_ROWS]
        rows = np.arange(start, start + len(some), dtype=np.int64)
        known = some[preparation.target] if target else None
        yield predict(model, loss, preparation, preparation.transform(some), rows, known)


def predict_new(
    model: nn.Module,
    loss: LossEntry,
    preparation: Preparation,
    source: Settings,
    path: Path,
    *,
    progress: Callable[[float], object] = lambda share: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> FilePredictions:
    """Read a file and predict its rows, keeping all of them in memory to be looked at.

    Args:
        model: On the CPU.
        loss: Turns outputs into probabilities.
        preparation: Of the run.
        source: What the run's own rows were read from.
        path: The new file.
        progress: Called with the share that is done.
        cancelled: Asked between chunks; once true, :class:`Cancelled` is raised.

    Raises:
        StudioError: The file cannot be read, lacks a column or has no rows.
        Cancelled: ``cancelled`` said so.
    """
    table = read_like(path, source, preparation)
    frame = table.frame
    progress(0.5)
    notes = [*table.notes, *unseen_notes(preparation, frame)]
    known = 0
    if preparation.target in frame.columns:
        known = int(preparation.known_target(frame[preparation.target]).sum())
        if known < len(frame):
            notes.append(f"The target '{preparation.target}' is known in {known:,} of {len(frame):,} rows: not shown.")
    target = known == len(frame)
    chunks: list[Predictions] = []
    for chunk in in_chunks(model, loss, preparation, frame, target=target):
        if cancelled():
            raise Cancelled
        chunks.append(chunk)
        progress(0.5 + 0.5 * min(1.0, len(chunks) * CHUNK_ROWS / len(frame)))
    return FilePredictions(table, joined(chunks), tuple(notes))


def joined(chunks: list[Predictions]) -> Predictions:
    """Chunks, of which there is at least one, as one."""
    first = chunks[0]
    return Predictions(
        rows=np.concatenate([c.rows for c in chunks]),
        target=None if first.target is None else np.concatenate([c.target for c in chunks if c.target is not None]),
        prediction=np.concatenate([c.prediction for c in chunks]),
        probabilities=None
        if first.probabilities is None
        else np.concatenate([c.probabilities for c in chunks if c.probabilities is not None]),
        classes=first.classes,
    )
