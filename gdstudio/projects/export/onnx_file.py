"""A run as an ONNX file, compared with the run's own predictions where onnxruntime is there."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_atomic
from gdstudio.data.dataset import Dataset
from gdstudio.data.preparation import NumericColumn, Preparation
from gdstudio.data.transforms import DateColumn, TransformedColumn, date_parts
from gdstudio.data.values import labels, numbers
from gdstudio.training.landscape import data_of
from gdstudio.training.modules import loss_entry
from gdstudio.training.run_folder import SavedRun, load_run

_EXTRA = "In the environment of gdstudio: pip install 'gdstudio[onnx]'."
#: Of a probability, or of a number in deviations of the target: what rounding in 32 bits may make of it.
_TOLERANCE = 1e-4
_MOST_ROWS = 10_000


@dataclass(frozen=True)
class OnnxFile:
    """What was written.

    Attributes:
        files: The files.
        note: What the comparison with the run's own predictions has shown, as a sentence.
    """

    files: list[Path]
    note: str


def export_onnx(folder: Path, out: Path, dataset: Dataset | None = None) -> OnnxFile:
    """Write the model of a saved run with its preparation.

    Args:
        folder: The run's folder.
        out: The ONNX file.
        dataset: What it was trained on, where that is at hand; it is read again otherwise.

    Raises:
        StudioError: The extra ``onnx`` is not installed, the folder is no run, the model cannot be expressed, its
            predictions are not the run's, or ``out`` cannot be written.
    """
    if importlib.util.find_spec("onnx") is None:
        if getattr(sys, "frozen", False):
            raise StudioError("This program does not bring the package onnx.", "Use gdstudio from its source instead.")
        raise StudioError("Writing ONNX needs the package onnx, which is not installed.", _EXTRA)
    from gdstudio.projects.export.onnx_graph import onnx_model

    run = load_run(folder)
    outputs = loss_entry(run.spec).outputs(run.preparation.task, len(run.preparation.classes))
    content: bytes = onnx_model(run.model, run.preparation, outputs == 1).SerializeToString()
    note = _compared(run, content, dataset)

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    write_atomic(out, write)
    return OnnxFile([out], note)


def feeds(preparation: Preparation, frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Rows of a table as the inputs of the ONNX model, each ``(n, 1)``."""
    made: dict[str, NDArray[Any]] = {}
    for column in preparation.columns:
        series = frame[column.name]
        if isinstance(column, NumericColumn | TransformedColumn):
            made[column.name] = numbers(series, column.name)[:, None]
        elif isinstance(column, DateColumn):
            parts = date_parts(series, column.parts, column.day_first)
            made |= {name: parts[:, [i]] for i, name in enumerate(column.feature_names)}
        else:
            codes, found = labels(series)
            made[column.name] = np.array([*found, ""], dtype=object)[codes][:, None]
    return made


def _compared(run: SavedRun, content: bytes, dataset: Dataset | None) -> str:
    if importlib.util.find_spec("onnxruntime") is None:
        return "It was not compared with the run's predictions: that needs the package onnxruntime."
    try:
        dataset = dataset or data_of(run)
    except StudioError as error:
        return f"It was not compared with the run's predictions: {error.message}"
    import onnxruntime

    from gdstudio.training.result import predict

    rows = dataset.test.rows if len(dataset.test) else dataset.train.rows
    frame = dataset.table.frame.iloc[rows[:_MOST_ROWS]]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    got = session.run(None, feeds(run.preparation, frame))
    features = run.preparation.transform(frame)
    want = predict(run.model, loss_entry(run.spec), run.preparation, features, rows[:_MOST_ROWS], None)
    if run.preparation.classes:
        difference = float(np.abs(got[1] - want.probabilities).max())
        what, unit = "probabilities", ""
    else:
        difference = float(np.abs(got[0] - want.prediction).max()) / run.preparation.target_scale
        what, unit = "predictions", " of the target's deviation"
    if not difference <= _TOLERANCE:
        raise StudioError(
            f"The ONNX model's {what} differ from the run's by up to {difference:.2g}{unit}, so it was not written.",
            "Please report this.",
        )
    return (
        f"On {len(frame):,} {'test' if len(dataset.test) else 'training'} rows, onnxruntime's {what} differ from the "
        f"run's by at most {difference:.1g}{unit}."
    )
