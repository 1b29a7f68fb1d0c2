"""From a spec to a module with its initial weights."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from gdstudio.core.errors import StudioError
from gdstudio.core.history import Weights
from gdstudio.core.registry import registry
from gdstudio.core.seeds import stream_seed
from gdstudio.core.spec import ExperimentSpec, Task
from gdstudio.data.dataset import Dataset
from gdstudio.objectives.entry import LossEntry

#: More parameters than this are refused before memory is taken for them, their gradients and moments.
_MAX_PARAMETERS = 500_000_000


def loss_entry(spec: ExperimentSpec) -> LossEntry:
    """The registry entry of the spec's loss, which must be filled in."""
    assert spec.loss is not None
    return cast(LossEntry, registry("losses")[spec.loss.kind])


def build_model(spec: ExperimentSpec, dataset: Dataset) -> nn.Module:
    """The model of ``spec`` for ``dataset``, with weights drawn by the spec's initializer, on the CPU."""
    return build_module(spec, len(dataset.feature_names), dataset.task, len(dataset.classes))


def build_module(spec: ExperimentSpec, inputs: int, task: Task, classes: int) -> nn.Module:
    """The model of ``spec`` with its initial weights.

    Args:
        spec: Model, loss, initializer and seed are read.
        inputs: Prepared columns.
        task: Decides the width of the output, with the loss.
        classes: Number of classes; 0 for a regression.

    Returns:
        A module on the CPU, ``(n, inputs) -> (n, outputs)``. The global generators are left as they were.
    """
    outputs = loss_entry(spec).outputs(task, classes)
    entry = registry("models")[spec.model.kind]
    count = sum(layer.parameters for layer in entry.layers(spec.model, inputs, outputs))  # type: ignore[attr-defined]
    if count > _MAX_PARAMETERS:
        raise StudioError(f"The model would have {count:,} parameters.", "Make its layers smaller.")
    with torch.random.fork_rng(devices=[]):  # constructors draw weights that the initializer replaces
        model = cast(nn.Module, entry.build(spec.model, inputs, outputs, stream_seed(spec.training.seed, "dropout")))
    initialize = registry("initializers")[spec.initializer.kind].build(
        spec.initializer, getattr(spec.model, "activation", "identity")
    )
    generator = torch.Generator().manual_seed(stream_seed(spec.training.seed, "weights"))
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            initialize(layer, generator)
    return model


def module_with(source: nn.Module | Weights, spec: ExperimentSpec, dataset: Dataset) -> nn.Module:
    """A module to evaluate: ``source`` itself, or a new one on the CPU that holds a copied state."""
    if isinstance(source, nn.Module):
        return source
    model = build_model(spec, dataset)
    model.load_state_dict({name: torch.as_tensor(array) for name, array in source.state.items()})
    return model.eval()
