"""A finished run as members of a project: packed once, and from then on carried along as it is.

A run's folder ``runs/<id>/`` holds

- ``spec.json``, ``preparation.json``, ``metrics.json``, ``environment.json``: as in a run folder;
- ``result.json``: how it ended, its notes, the names of the sampled layers;
- ``history.safetensors``: ``steps/<column>``, ``epochs/<column>`` and ``health/<column>``, float64, NaN for "not
  measured"; text would hold the same bits and take a hundred times as long to read;
- ``model.safetensors``, ``snapshots.safetensors`` (``<step>/<name>``): weights;
- ``predictions.safetensors``: ``<part>/rows``, ``<part>/target`` (class numbers or values), and
  ``<part>/probabilities`` or ``<part>/prediction``;
- ``checkpoint.json`` and ``checkpoint.safetensors``, where the run can be gone on with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec

if TYPE_CHECKING:
    from gdstudio.core.history import RunHistory
    from gdstudio.data.dataset import Dataset
    from gdstudio.data.preparation import Preparation
    from gdstudio.evaluation.predictions import Predictions
    from gdstudio.training.checkpoint import Checkpoint
    from gdstudio.training.result import RunResult

#: Member name → content.
Pack = Mapping[str, bytes]

NEEDED: Final = (
    "spec.json", "preparation.json", "metrics.json", "environment.json", "result.json", "history.safetensors",
    "model.safetensors", "snapshots.safetensors", "predictions.safetensors",
)  # fmt: skip
OPTIONAL: Final = ("checkpoint.json", "checkpoint.safetensors")

_COLUMNS = ("steps", "epochs", "health")
_STATUSES = ("finished", "cancelled", "diverged")


@dataclass(frozen=True)
class ProjectRun:
    """A run of a project.

    Attributes:
        id: Unique in the project; the number in its members' names.
        name: What the person calls it.
        color: Index of its hue.
        shown: Whether the charts draw it.
        pack: What it brought, as members; :meth:`result` reads them.
    """

    id: int
    name: str
    color: int
    shown: bool
    pack: Pack

    @cached_property
    def spec(self) -> ExperimentSpec:
        """The exact experiment; raises StudioError where it is damaged."""
        return ExperimentSpec.parse(self._json("spec.json"))

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Part → scores, as in metrics.json; raises StudioError where they are damaged."""
        found: dict[str, Any] = self._json("metrics.json")
        return found

    @cached_property
    def data_hash(self) -> str:
        """Of the table that it was trained on."""
        return str(self._json("environment.json").get("data_hash", ""))

    def result(self, dataset: Dataset | None = None) -> RunResult:
        """The run as it ended.

        Args:
            dataset: Its data, prepared; where None, they are not at hand and the result has a dataset without rows.

        Raises:
            StudioError: A part of it is damaged, or the data are others than it was trained on.
        """
        if dataset is not None and self.data_hash and dataset.table.data_hash != self.data_hash:
            raise StudioError(
                f"{self.name} was trained on other data than those at hand.", "Put the old data back to look at it."
            )
        try:
            return self._result(dataset)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError, RecursionError) as error:
            raise StudioError(
                f"{self.name} in the project is damaged: {str(error)[:80] or type(error).__name__}.",
                "Train it again from its settings.",
            ) from None

    def _result(self, dataset: Dataset | None) -> RunResult:
        import safetensors.torch

        from gdstudio.training.modules import build_module
        from gdstudio.training.result import RunResult

        preparation, said = self._preparation(), self._json("result.json")
        if said["status"] not in _STATUSES:
            raise ValueError("its status is unknown")
        spec = self.spec
        model = build_module(spec, len(preparation.feature_names), preparation.task, len(preparation.classes))
        model.load_state_dict(_load(safetensors.torch.load, self.pack["model.safetensors"]))
        environment = {key: value for key, value in self._json("environment.json").items() if key != "status"}
        history = self._history(tuple(map(str, said["health_layers"])), float(said["health_seconds"]))
        return RunResult(
            spec=spec,
            status=said["status"],
            message=str(said["message"]),
            dataset=dataset or _without_rows(spec, preparation, self.data_hash, tuple(said["notes"])),
            model=model.eval(),
            history=history,
            predictions=self._predictions(preparation.classes),
            metrics=self.metrics,
            environment=environment,
            steps=int(said["steps"]),
            checkpoint=self._checkpoint(history, environment) if "checkpoint.json" in self.pack else None,
        )

    def _json(self, name: str) -> Any:
        try:
            found = json.loads(self.pack[name])
        except (KeyError, ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise StudioError(f"{self.name} in the project is damaged: {name}.", "Train it again from its settings.")
        return found

    def _preparation(self) -> Preparation:
        from gdstudio.data.preparation import Preparation

        return Preparation.model_validate_json(self.pack["preparation.json"])

    def _history(self, layers: tuple[str, ...], seconds: float) -> RunHistory:
        from safetensors.numpy import load

        from gdstudio.core.history import RunHistory, Weights

        history = RunHistory()
        history.health_layers, history.health_seconds = layers, seconds
        arrays = _load(load, self.pack["history.safetensors"])
        for kind in _COLUMNS:
            columns = getattr(history, kind)
            block = {name: arrays[f"{kind}/{name}"] for name in columns.names}
            if len({len(column) for column in block.values()}) != 1:
                raise ValueError("columns of different lengths")
            columns.append(block)
        states: dict[int, dict[str, Any]] = {}
        for key, array in _load(load, self.pack["snapshots.safetensors"]).items():
            step, name = key.split("/", 1)
            states.setdefault(int(step), {})[name] = array
        history.snapshots = tuple(Weights(step, states[step]) for step in sorted(states))
        return history

    def _predictions(self, classes: tuple[str, ...]) -> dict[str, Predictions]:
        import numpy as np
        from safetensors.numpy import load

        from gdstudio.evaluation.predictions import Predictions

        arrays = _load(load, self.pack["predictions.safetensors"])
        names = np.array(classes, dtype=object)
        found = {}
        for part in ("train", "validation", "test"):
            if f"{part}/rows" not in arrays:
                continue
            rows, target = arrays[f"{part}/rows"].astype(np.int64), arrays[f"{part}/target"]
            if not classes:
                found[part] = Predictions(rows, target, arrays[f"{part}/prediction"])
                continue
            shares = arrays[f"{part}/probabilities"]
            found[part] = Predictions(rows, names[target], names[shares.argmax(axis=1)], shares, classes)
        return found

    def _checkpoint(self, history: RunHistory, environment: Mapping[str, Any]) -> Checkpoint:
        import safetensors.torch

        from gdstudio.training.checkpoint import Checkpoint, unpack_state

        content = self._json("checkpoint.json")
        steps, epochs = history.steps.snapshot(), history.epochs.snapshot()
        return Checkpoint(
            spec=ExperimentSpec.parse(content["spec"]),
            data_hash=self.data_hash,
            environment=environment,
            step=int(content["step"]),
            steps_per_epoch=int(content["steps_per_epoch"]),
            state=unpack_state(content["state"], _load(safetensors.torch.load, self.pack["checkpoint.safetensors"])),
            steps={name: column[: content["rows"]["steps"]] for name, column in steps.items()},
            epochs={name: column[: content["rows"]["epochs"]] for name, column in epochs.items()},
        )


def pack_run(result: RunResult) -> Pack:
    """A run as members, without the folder in front of their names; may be called from any thread."""
    import numpy as np
    import safetensors.numpy
    import safetensors.torch

    history = result.history
    columns = {
        f"{kind}/{name}": np.ascontiguousarray(column)
        for kind in _COLUMNS
        for name, column in getattr(history, kind).snapshot().items()
    }
    snapshots = {f"{s.step}/{name}": np.ascontiguousarray(a) for s in result.snapshots for name, a in s.state.items()}
    said = {
        "status": result.status,
        "message": result.message,
        "steps": result.steps,
        "notes": list(result.dataset.notes),
        "health_layers": list(history.health_layers),
        "health_seconds": history.health_seconds,
    }
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in result.model.state_dict().items()}
    pack = {
        "spec.json": result.spec.to_json().encode(),
        "preparation.json": result.dataset.preparation.model_dump_json(indent=1).encode(),
        "metrics.json": _bytes(result.metrics),
        "environment.json": _bytes({**result.environment, "status": result.status}),
        "result.json": _bytes(said),
        "history.safetensors": safetensors.numpy.save(columns),
        "model.safetensors": safetensors.torch.save(state),
        "snapshots.safetensors": safetensors.numpy.save(snapshots),
        "predictions.safetensors": safetensors.numpy.save(_prediction_arrays(result.predictions)),
    }
    if result.checkpoint is not None:
        pack.update(_checkpoint_members(result.checkpoint))
    return pack


class RunPacks:
    """Remembers what a result was packed as, so that it is packed once; results are told apart by identity."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[ref[RunResult], Pack]] = {}

    def of(self, result: RunResult) -> Pack:
        """The result's pack, made now where it is not known."""
        known = self._known.get(id(result))
        if known is not None and known[0]() is result:
            return known[1]
        pack = pack_run(result)
        self.remember(result, pack)
        return pack

    def remember(self, result: RunResult, pack: Pack) -> None:
        """What it was read from: it need not be packed again."""
        key = id(result)

        def forget(gone: ref[RunResult]) -> None:
            if key in self._known and self._known[key][0] is gone:
                del self._known[key]

        self._known[key] = (ref(result, forget), pack)


def _prediction_arrays(predictions: Mapping[str, Predictions]) -> dict[str, Any]:
    """Each part's arrays; class names as their numbers."""
    import numpy as np

    arrays: dict[str, Any] = {}
    for part, found in predictions.items():
        short = len(found) == 0 or int(found.rows.max()) < 2**31
        arrays[f"{part}/rows"] = found.rows.astype(np.int32) if short else found.rows
        if found.probabilities is None:
            arrays[f"{part}/target"] = np.ascontiguousarray(found.target, dtype=np.float64)
            arrays[f"{part}/prediction"] = np.ascontiguousarray(found.prediction)
        else:
            arrays[f"{part}/target"] = found.target_codes.astype(np.int32)
            arrays[f"{part}/probabilities"] = np.ascontiguousarray(found.probabilities)
    return arrays


def _checkpoint_members(checkpoint: Checkpoint) -> dict[str, bytes]:
    import safetensors.torch

    from gdstudio.training.checkpoint import pack_state

    tensors: dict[str, Any] = {}
    content = {
        "spec": checkpoint.spec.model_dump(mode="json"),
        "step": checkpoint.step,
        "steps_per_epoch": checkpoint.steps_per_epoch,
        "state": pack_state(checkpoint.state, "", tensors),
        # Its rows are the first of the run's history.
        "rows": {"steps": len(checkpoint.steps["step"]), "epochs": len(checkpoint.epochs["epoch"])},
    }
    return {"checkpoint.json": _bytes(content), "checkpoint.safetensors": safetensors.torch.save(tensors)}


def _without_rows(spec: ExperimentSpec, preparation: Preparation, data_hash: str, notes: tuple[str, ...]) -> Dataset:
    """What stands for data that are not at hand: the names, and no rows."""
    import numpy as np
    import pandas as pd

    from gdstudio.data.dataset import Dataset, Part
    from gdstudio.data.table import Table

    frame = pd.DataFrame(columns=[*preparation.raw_columns, preparation.target])
    table = Table(frame, (), "data that are not at hand", spec.data.source, data_hash)
    target: Any = np.empty(0, np.int64 if preparation.classes else np.float32)
    width = len(preparation.feature_names)
    none = Part(np.empty(0, np.int64), np.empty((0, width), np.float32), target)
    return Dataset(
        spec.data, table, preparation.task, preparation.classes, preparation.feature_names, none, none, none,
        preparation, notes,
    )  # fmt: skip


def _load(load: Any, data: bytes) -> dict[str, Any]:
    """Tensors by name; a damaged file is a ValueError like any other damage."""
    from safetensors import SafetensorError

    try:
        found: dict[str, Any] = load(data)
    except SafetensorError as error:
        raise ValueError(str(error)) from None
    return found


def _bytes(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()
