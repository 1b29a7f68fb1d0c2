"""Edits of an experiment that touch several of its fields: each makes a new spec from an old one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import Settings
from gdstudio.core.spec import ColumnSpec, DataSpec, ExperimentSpec

if TYPE_CHECKING:
    from gdstudio.data.table import Table
    from gdstudio.training.checkpoint import Checkpoint


def with_columns(spec: ExperimentSpec, columns: Mapping[str, ColumnSpec]) -> ExperimentSpec:
    """The columns are something else."""
    data = spec.data.model_copy(update={"columns": dict(columns)})
    return spec.model_copy(update={"data": data})


def with_target(spec: ExperimentSpec, name: str) -> ExperimentSpec:
    """Another column is predicted; the one that was becomes a feature."""
    columns = dict(spec.data.columns)
    old = spec.data.target
    if old in columns:
        columns[old] = columns[old].model_copy(update={"role": "feature"})
    columns[name] = columns[name].model_copy(update={"role": "target"})
    data = spec.data.model_copy(update={"columns": columns, "target": name, "positive_class": None})
    return spec.model_copy(update={"data": data})


def for_table(spec: ExperimentSpec, table: Table, columns: Mapping[str, ColumnSpec]) -> ExperimentSpec:
    """Another table: roles, target and loss go with the old one; shares and scaling were chosen and stay."""
    data = spec.data.model_copy(
        update={"source": table.source, "target": None, "positive_class": None, "columns": dict(columns)}
    )
    return spec.model_copy(update={"data": data, "loss": None})


def completed(spec: ExperimentSpec, prepared: DataSpec, losses: Mapping[str, Settings]) -> ExperimentSpec:
    """What the preparation found out is filled in, and a loss that fits the target where the old one does not."""
    loss = spec.loss
    if loss is None or loss.kind not in losses:
        loss = next(iter(losses.values()))
    return spec.model_copy(update={"data": prepared, "loss": loss})


def to_train_again(spec: ExperimentSpec) -> ExperimentSpec:
    """A finished run's settings, without the rates that were changed by hand while it went."""
    return spec.model_copy(update={"training": spec.training.model_copy(update={"lr_changes": ()})})


def to_go_on(checkpoint: Checkpoint, epochs: int) -> ExperimentSpec:
    """The settings of a run to go on with; one that took all its steps gets ``epochs``.

    Raises:
        StudioError: It has taken all its steps, and ``epochs`` are no more.
    """
    spec = checkpoint.spec
    if checkpoint.step < spec.training.epochs * checkpoint.steps_per_epoch:
        return spec
    if epochs <= spec.training.epochs:
        raise StudioError(
            f"The run has taken all its {spec.training.epochs} epochs.",
            "Set Epochs in the Training panel to more, then go on with it.",
        )
    return spec.with_values({"training.epochs": epochs})


def changed_rate(before: ExperimentSpec, after: ExperimentSpec) -> float | None:
    """The new learning rate where nothing else of the optimizer differs; None otherwise."""
    old, new = before.optimizer, after.optimizer
    if new == old or new.kind != old.kind or new.model_copy(update={"lr": old.lr}) != old:
        return None
    return float(new.lr)
