"""The run folder: what a run leaves on disk, and reading it back."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy
import safetensors.torch
from pydantic import ValidationError
from torch import nn

from gdstudio.core.errors import StudioError, nearest
from gdstudio.core.files import make_folder, write_atomic, write_bytes, write_text
from gdstudio.core.history import Columns, Weights
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.data.preparation import Preparation
from gdstudio.data.table import Table
from gdstudio.evaluation.health import Health
from gdstudio.evaluation.metrics import metrics
from gdstudio.evaluation.predictions import Predictions
from gdstudio.training.checkpoint import CheckpointWriter, discard, holds_checkpoint
from gdstudio.training.health_file import read_health, write_health
from gdstudio.training.modules import build_module, loss_entry

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult

#: Written as whole numbers.
_COUNTS = ("step", "epoch")
#: What :func:`save` writes besides the spec; the scores go first, since they speak of all the others.
_RESULTS = (
    "metrics.json", "predictions.csv", "model.safetensors", "history.csv", "epochs.csv", "preparation.json",
    "environment.json", "log.txt", "snapshots.safetensors", "health.csv",
)  # fmt: skip
#: Kept out of history.csv: nothing in it may depend on the clock.
_CLOCK = ("seconds",)

_TRAIN_AGAIN = "Train the run again from its spec.json."


def claim(folder: Path) -> None:
    """Make the folder before a run spends its time.

    Raises:
        StudioError: It cannot be written, or holds files that are no run's.
    """
    if folder.is_dir() and not (folder / "spec.json").exists() and any(not _is_rest(p) for p in folder.iterdir()):
        raise StudioError(f"The folder {folder} holds other files.", "Choose an empty folder or a new name.")
    make_folder(folder)


def begin(folder: Path, spec: ExperimentSpec) -> None:
    """Make a run folder that can be gone on from once its first checkpoint is written.

    An older run in it is removed, so that files of two runs are never mixed.

    Raises:
        StudioError: It cannot be written, or holds files that are no run's.
    """
    claim(folder)
    discard(folder)
    try:
        for name in _RESULTS:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise StudioError(f"{folder} cannot be emptied: {error.strerror or error}.", "Choose another folder.") from None
    write_text(folder / "spec.json", spec.to_json())


def _is_rest(path: Path) -> bool:
    """Whether a file is what a killed write left."""
    return path.name.startswith(".") and path.name.endswith(".part")


def save(result: RunResult, folder: Path) -> None:
    """Write everything that a run leaves; see :meth:`RunResult.save`."""
    claim(folder)
    checkpoint = result.checkpoint
    if checkpoint is None:
        if result.status != "diverged":
            discard(folder)
    elif checkpoint.folder is None or checkpoint.folder.resolve() != folder.resolve():
        CheckpointWriter(folder).write(checkpoint)
    write_text(folder / "environment.json", _json({**result.environment, "status": result.status}))
    write_text(folder / "preparation.json", result.dataset.preparation.model_dump_json(indent=2) + "\n")
    write_atomic(folder / "history.csv", lambda path: _write_columns(result.history.steps, path, without=_CLOCK))
    write_atomic(folder / "epochs.csv", lambda path: _write_columns(result.history.epochs, path))
    if len(result.history.health):
        write_atomic(folder / "health.csv", lambda path: write_health(result.history, path))
    write_text(folder / "metrics.json", _json(result.metrics))
    if "test" in result.predictions:
        frame = predictions_frame(result.predictions["test"])
        write_atomic(folder / "predictions.csv", lambda path: frame.to_csv(path, index=False, lineterminator="\n"))
    state = {name: tensor.contiguous() for name, tensor in result.model.state_dict().items()}
    # As bytes: its own writing tells of a full disk in an error that is no OSError.
    write_bytes(folder / "model.safetensors", safetensors.torch.save(state))
    kept = {f"{s.step}/{name}": array for s in result.snapshots for name, array in s.state.items()}
    write_bytes(folder / "snapshots.safetensors", safetensors.numpy.save(kept))
    changes = [f"Learning rate {c.lr:g} from step {c.step} on." for c in result.spec.training.lr_changes]
    log = [*result.dataset.notes, *changes, result.message]
    write_text(folder / "log.txt", "\n".join(log) + "\n")
    # Last: a folder with a spec is a run.
    write_text(folder / "spec.json", result.spec.to_json())
    for path in filter(_is_rest, list(folder.iterdir())):
        with contextlib.suppress(OSError):  # the run is whole with it too
            path.unlink()


def predictions_frame(predictions: Predictions) -> pd.DataFrame:
    """The rows of predictions.csv: row, target, prediction, and a probability for each class."""
    columns: dict[str, Any] = {"row": predictions.rows}
    if predictions.target is not None:
        columns["target"] = predictions.target
    columns["prediction"] = predictions.prediction
    if predictions.probabilities is not None:
        for index, name in enumerate(predictions.classes):
            columns[f"probability_{name}"] = predictions.probabilities[:, index]
    return pd.DataFrame(columns)


def load_run(folder: Path) -> SavedRun:
    """A run as it was saved.

    Raises:
        StudioError: It is no run folder, or a file in it is missing or damaged; says which.
    """
    if not (folder / "spec.json").is_file():
        raise StudioError(
            f"{folder} is not a run folder: it has no spec.json.", "Name a folder that train --out wrote."
        )
    spec = ExperimentSpec.load(folder / "spec.json")
    if not (folder / "preparation.json").exists() and holds_checkpoint(folder):
        raise StudioError(
            f"The run in {folder} was interrupted before it ended.", f"Go on with gdstudio train --resume {folder}."
        )
    try:
        text = (folder / "preparation.json").read_text(encoding="utf-8")
        preparation = Preparation.model_validate_json(text)
    except OSError as error:
        raise StudioError(f"{folder / 'preparation.json'} cannot be read: {error.strerror}.") from None
    except (ValidationError, ValueError):
        raise StudioError(f"{folder / 'preparation.json'} is damaged.", _TRAIN_AGAIN) from None
    return SavedRun(folder, spec, preparation)


@dataclass(frozen=True)
class SavedRun:
    """A run folder that was read.

    Attributes:
        folder: Where it lies.
        spec: The exact experiment.
        preparation: Fitted on its training part.
    """

    folder: Path
    spec: ExperimentSpec
    preparation: Preparation

    @cached_property
    def model(self) -> nn.Module:
        """The trained model on the CPU, in evaluation mode; raises StudioError where the weights do not fit."""
        preparation = self.preparation
        model = build_module(self.spec, len(preparation.feature_names), preparation.task, len(preparation.classes))
        path = self.folder / "model.safetensors"
        try:
            model.load_state_dict(safetensors.torch.load_file(path))
        except OSError as error:
            raise StudioError(f"{path} cannot be read: {error.strerror or error}.") from None
        except (RuntimeError, safetensors.SafetensorError):
            raise StudioError(f"{path} is damaged or of another model.", _TRAIN_AGAIN) from None
        return model.eval()

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions, device, threads, hash of the data, and how the run ended; raises StudioError where damaged."""
        path = self.folder / "environment.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise StudioError(f"{path} cannot be read: {error.strerror or error}.", _TRAIN_AGAIN) from None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise StudioError(f"{path} is damaged.", _TRAIN_AGAIN)
        return found

    @property
    def status(self) -> str:
        """How it ended: finished, cancelled or diverged; raises StudioError as :attr:`environment` does."""
        known = self.environment.get("status")
        if known in ("finished", "cancelled", "diverged"):
            return str(known)
        try:  # folders of version 0.1 say it in their log alone
            last = (self.folder / "log.txt").read_text(encoding="utf-8").strip().splitlines()[-1]
        except (OSError, IndexError, ValueError):
            return "finished"
        return (
            "cancelled"
            if last.startswith("Stopped by hand")
            else "diverged"
            if last.startswith("Stopped at step")
            else "finished"
        )

    @cached_property
    def snapshots(self) -> tuple[Weights, ...]:
        """Weights along the run, oldest first; none where it kept none. Raises StudioError where they are damaged."""
        path = self.folder / "snapshots.safetensors"
        if not path.exists():
            return ()
        states: dict[int, dict[str, Any]] = {}
        try:
            for key, array in safetensors.numpy.load_file(path).items():
                step, name = key.split("/", 1)
                states.setdefault(int(step), {})[name] = array
        except OSError as error:
            raise StudioError(f"{path} cannot be read: {error.strerror or error}.") from None
        except (ValueError, safetensors.SafetensorError):
            raise StudioError(f"{path} is damaged.", _TRAIN_AGAIN) from None
        return tuple(Weights(step, states[step]) for step in sorted(states))

    @cached_property
    def health(self) -> Health:
        """What was sampled of the layers; empty where nothing was. Raises StudioError where the file is damaged."""
        return read_health(self.folder / "health.csv")

    def evaluate(self) -> dict[str, Any]:
        """Scores of every part of the run's own data, as in metrics.json.

        Raises:
            StudioError: The data are gone or are other data than the run was trained on.
        """
        from gdstudio.training.result import score_parts

        dataset = prepare(self.spec.data, load_table(self.spec.data.source))
        return score_parts(self.model, loss_entry(self.spec), dataset)[1]

    def evaluate_file(self, path: Path) -> dict[str, Any]:
        """Scores on all rows of another file whose target is known.

        Raises:
            StudioError: The file cannot be read, or lacks a column or the target.
        """
        from gdstudio.training.result import predict

        frame, target = self._read(path).frame, self.preparation.target
        if target not in frame.columns:
            raise StudioError(f"{path} has no column {target!r} to compare with.", nearest(target, frame.columns))
        rows = np.flatnonzero(self.preparation.known_target(frame[target]))
        if not len(rows):
            raise StudioError(f"No row of {path} has a target {target!r} that the run knows.")
        frame = frame.iloc[rows]
        features = self.preparation.transform(frame)
        predictions = predict(self.model, loss_entry(self.spec), self.preparation, features, rows, frame[target])
        return metrics(predictions, self.preparation.classes, self.preparation.task)

    def predict_file(self, path: Path, out: Path) -> list[str]:
        """Write the predictions of a file's rows.

        Returns:
            What a person should know, as sentences: e.g. categories that training never saw.

        Raises:
            StudioError: The file cannot be read or lacks a column, or ``out`` cannot be written.
        """
        from gdstudio.training.prediction import in_chunks, unseen_notes

        read = self._read(path)
        chunks = in_chunks(self.model, loss_entry(self.spec), self.preparation, read.frame)

        def write(temporary: Path) -> None:
            # Each chunk is written before the next is predicted: what is in memory does not grow with the file.
            with temporary.open("w", encoding="utf-8", newline="") as stream:
                for number, chunk in enumerate(chunks):
                    predictions_frame(chunk).to_csv(stream, index=False, header=not number, lineterminator="\n")

        write_atomic(out, write)
        return [*read.notes, *unseen_notes(self.preparation, read.frame)]

    def _read(self, path: Path) -> Table:
        """A file's rows, read with the run's own settings where they fit."""
        from gdstudio.training.prediction import read_like

        return read_like(path, self.spec.data.source, self.preparation)


def _write_columns(columns: Columns, path: Path, without: Sequence[str] = ()) -> None:
    """A CSV whose floats read back to the same bits; NaN, "not measured", is an empty cell."""
    arrays = {name: array for name, array in columns.snapshot().items() if name not in without}
    frame = pd.DataFrame({k: v.astype(np.int64) if k in _COUNTS else v for k, v in arrays.items()})
    frame.to_csv(path, index=False, lineterminator="\n")


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
