"""All that a run needs to go on as if it had never stopped, on disk.

``checkpoint/`` in a run folder holds

- ``checkpoint.json``: spec, data hash, position and every number of the state that is no tensor. It names the
  other files, with their lengths and checksums, and is written last: until then the older one holds;
- ``state-N.safetensors``: weights, buffers, optimizer state, random streams, kept weights;
- ``steps-N.f64`` and ``epochs-N.f64``: the history's rows as little-endian doubles, a row after the other. New
  rows are appended, so that a save costs the same after a million steps; what lies behind the named length is
  of a save that never came to its end, and is cut off.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import safetensors
import safetensors.torch
from torch import Tensor

from gdstudio.core.errors import StudioError
from gdstudio.core.files import make_folder, write_bytes, write_text
from gdstudio.core.history import Column, RunHistory
from gdstudio.core.regimen import TrainingSpec
from gdstudio.core.spec import ExperimentSpec, differences

CHECKPOINT_VERSION: Final = 1
FOLDER: Final = "checkpoint"
#: What may differ in the spec of a run that goes on: it changes none of the numbers so far.
MAY_CHANGE: Final = ("training.epochs", "training.checkpoint_seconds", "training.lr_changes")

_INDEX = "checkpoint.json"
_TRAIN_AGAIN = "Train the run again from its spec.json."


@dataclass(frozen=True)
class Checkpoint:
    """A run between two steps.

    Attributes:
        spec: The exact experiment, with the rates that were changed by hand so far.
        data_hash: Of the table that it trains on.
        environment: Versions, device and threads, which decide the last digits.
        step: Steps taken.
        steps_per_epoch: With ``step`` the position: epoch and batch.
        state: Nested mappings and lists of tensors, numbers, texts and None.
        steps: The history's rows so far, column → ``(step,)``.
        epochs: … and of the epochs.
        folder: The run folder that holds it; None where it was never written.
    """

    spec: ExperimentSpec
    data_hash: str
    environment: Mapping[str, object]
    step: int
    steps_per_epoch: int
    state: Mapping[str, Any]
    steps: Mapping[str, Column]
    epochs: Mapping[str, Column]
    folder: Path | None = None

    def lengthened(self, settings: TrainingSpec) -> Checkpoint:
        """The same for a run that is to become longer: without the row that only its old end brought.

        Args:
            settings: The training section of the longer run.
        """
        done = self.epochs["epoch"]
        if len(done) and done[-1] % settings.evaluate_every and done[-1] < settings.epochs:
            return replace(self, epochs={name: column[:-1] for name, column in self.epochs.items()})
        return self

    def fill(self, history: RunHistory) -> None:
        """Put the rows into an empty history."""
        for columns, rows in ((history.steps, self.steps), (history.epochs, self.epochs)):
            if len(next(iter(rows.values()))):
                columns.append(rows)

    def lies_in(self, run_folder: Path) -> bool:
        """Whether it was read from this folder."""
        return self.folder is not None and self.folder.resolve() == run_folder.resolve()


class CheckpointWriter:
    """Writes the checkpoints of one run, each whole beside the one before it.

    Args:
        run_folder: The run folder; it must exist.
        continued: What the run goes on from; where that lies in this very folder, its rows are not written again.
    """

    def __init__(self, run_folder: Path, continued: Checkpoint | None = None) -> None:
        self.folder = run_folder / FOLDER
        self._rows: dict[str, dict[str, Any]] = {}
        self._number = 0
        if continued is not None and continued.lies_in(run_folder):
            content = _read_index(run_folder)
            self._number = content["number"]
            for name, rows in (("steps", continued.steps), ("epochs", continued.epochs)):
                if len(next(iter(rows.values()))) == content["rows"][name]["count"]:
                    self._rows[name] = content["rows"][name]
        else:
            discard(run_folder)

    def write(self, checkpoint: Checkpoint) -> None:
        """Write it.

        Raises:
            StudioError: The folder cannot be written; the older checkpoint is whole.
        """
        make_folder(self.folder)
        number = self._number + 1
        rows = {
            "steps": self._append("steps", number, checkpoint.steps),
            "epochs": self._append("epochs", number, checkpoint.epochs),
        }
        tensors: dict[str, Tensor] = {}
        packed = pack_state(checkpoint.state, "", tensors)
        name = f"state-{number}.safetensors"
        saved = safetensors.torch.save(tensors)
        write_bytes(self.folder / name, saved)
        content = {
            "number": number,
            "spec": checkpoint.spec.model_dump(mode="json"),
            "data_hash": checkpoint.data_hash,
            "environment": dict(checkpoint.environment),
            "step": checkpoint.step,
            "steps_per_epoch": checkpoint.steps_per_epoch,
            "state": packed,
            "tensors": {"file": name, "crc32": zlib.crc32(saved)},
            "rows": rows,
        }
        document = {"schema_version": CHECKPOINT_VERSION, "sha256": _digest(content), "content": content}
        write_text(self.folder / _INDEX, json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
        self._rows, self._number = rows, number
        used = {name, *(entry["file"] for entry in rows.values())}
        for path in self.folder.iterdir():
            if _is_ours(path.name) and path.name not in used:
                path.unlink()

    def _append(self, name: str, number: int, columns: Mapping[str, Column]) -> dict[str, Any]:
        """Write the rows that the file lacks; its length and checksum then."""
        new = {"file": f"{name}-{number}.f64", "names": list(columns), "count": 0, "crc32": 0}
        done = self._rows.get(name, new)
        count = len(next(iter(columns.values())))
        block = np.column_stack([columns[n][done["count"] :] for n in done["names"]]).astype("<f8").tobytes()
        path = self.folder / done["file"]
        try:
            with path.open("r+b" if path.exists() else "w+b") as file:
                file.truncate(8 * len(done["names"]) * done["count"])
                file.seek(0, os.SEEK_END)
                file.write(block)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            said = error.strerror or error
            raise StudioError(f"{path} cannot be written: {said}.", "Make room on its disk.") from None
        return {**done, "count": count, "crc32": zlib.crc32(block, done["crc32"])}


def holds_checkpoint(run_folder: Path) -> bool:
    """Whether there is something to go on from."""
    return (run_folder / FOLDER / _INDEX).is_file()


def discard(run_folder: Path) -> None:
    """Remove a run folder's checkpoint, its index first, so that it is never half there."""
    folder = run_folder / FOLDER
    if not folder.is_dir():
        return
    try:
        (folder / _INDEX).unlink(missing_ok=True)
        for path in folder.iterdir():
            if _is_ours(path.name):
                path.unlink()
    except OSError as error:
        raise StudioError(f"{folder} cannot be emptied: {error.strerror or error}.", "Choose another folder.") from None


def load_checkpoint(run_folder: Path) -> Checkpoint:
    """The newest whole checkpoint of a run folder.

    Raises:
        StudioError: There is none, it is damaged or of a newer program, or spec.json is another experiment's.
    """
    content = _read_index(run_folder)
    folder = run_folder / FOLDER
    spec = ExperimentSpec.parse(content["spec"])
    _check_spec(run_folder, spec)
    tensors = _read_tensors(folder / content["tensors"]["file"], content["tensors"]["crc32"])
    return Checkpoint(
        spec=spec,
        data_hash=content["data_hash"],
        environment=content["environment"],
        step=content["step"],
        steps_per_epoch=content["steps_per_epoch"],
        state=unpack_state(content["state"], tensors),
        steps=_read_rows(folder, content["rows"]["steps"]),
        epochs=_read_rows(folder, content["rows"]["epochs"]),
        folder=run_folder,
    )


def _read_index(run_folder: Path) -> dict[str, Any]:
    """The content of checkpoint.json, checked against its digest."""
    path = run_folder / FOLDER / _INDEX
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudioError(
            f"{run_folder} holds no checkpoint to go on from.",
            "Name a folder that train --out wrote with training.checkpoint_seconds above 0.",
        ) from None
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise _damaged(path) from None
    version = document.get("schema_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > CHECKPOINT_VERSION:
        raise StudioError(
            f"{path} has schema version {version}; this program reads up to {CHECKPOINT_VERSION}.",
            "Go on with a newer version of the program.",
        )
    if version != CHECKPOINT_VERSION or document.get("sha256") != _digest(document.get("content")):
        raise _damaged(path)
    content: dict[str, Any] = document["content"]
    return content


def _check_spec(run_folder: Path, spec: ExperimentSpec) -> None:
    """Refuse a spec.json that was edited: it would say that other numbers were trained than were."""
    path = run_folder / "spec.json"
    if not path.exists():
        raise StudioError(f"{run_folder} is not a run folder: it has no spec.json.", "Put its spec.json back.")
    changed = [name for name in differences(spec, ExperimentSpec.load(path)) if name not in MAY_CHANGE]
    if changed:
        raise StudioError(
            f"{path} differs from the run's checkpoint in {', '.join(changed)}.",
            "Put the old values back, or train the new ones as a run of their own with --spec.",
        )


def _read_tensors(path: Path, checksum: int) -> dict[str, Tensor]:
    try:
        data = path.read_bytes()
        if zlib.crc32(data) != checksum:
            raise _damaged(path)
        tensors: dict[str, Tensor] = safetensors.torch.load(data)
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror or error}.", _TRAIN_AGAIN) from None
    except safetensors.SafetensorError:
        raise _damaged(path) from None
    return tensors


def _read_rows(folder: Path, expected: Mapping[str, Any]) -> dict[str, Column]:
    path = folder / expected["file"]
    names, count = expected["names"], expected["count"]
    try:
        with path.open("rb") as file:
            data = file.read(8 * len(names) * count)
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror or error}.", _TRAIN_AGAIN) from None
    if len(data) != 8 * len(names) * count or zlib.crc32(data) != expected["crc32"]:
        raise _damaged(path)
    table = np.frombuffer(data, dtype="<f8").reshape(count, len(names)).astype(np.float64)
    return {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(names)}


def pack_state(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """Plain JSON values in which each tensor is a reference; the tensors are gathered by their paths."""
    if isinstance(value, Tensor):
        # A copy: parts of one storage, as the counters of Adam's kernel are, cannot be saved together.
        tensors[path] = value.detach().cpu().contiguous().clone()
        return {"tensor": path}
    if isinstance(value, Mapping):
        return {"mapping": [[key, pack_state(inner, f"{path}/{key}", tensors)] for key, inner in value.items()]}
    if isinstance(value, list | tuple):
        return [pack_state(inner, f"{path}/{i}", tensors) for i, inner in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def unpack_state(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """What :func:`pack_state` was given; tuples are lists."""
    if isinstance(value, dict):
        if "tensor" in value:
            return tensors[value["tensor"]]
        if "float" in value:
            return float(value["float"])
        return {key: unpack_state(inner, tensors) for key, inner in value["mapping"]}
    return [unpack_state(inner, tensors) for inner in value] if isinstance(value, list) else value


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _is_ours(name: str) -> bool:
    """Whether a file is a part of a checkpoint, or what a killed write left of one."""
    return bool(re.fullmatch(r"state-\d+\.safetensors|(steps|epochs)-\d+\.f64|\..+\.part", name))


def _damaged(path: Path) -> StudioError:
    return StudioError(f"{path} is damaged: it does not hold what was written.", _TRAIN_AGAIN)
