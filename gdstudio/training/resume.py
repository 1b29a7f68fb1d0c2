"""Taking a run's state out between two steps, and putting it back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec, differences
from gdstudio.models.layers.dropout import dropout_random
from gdstudio.training.checkpoint import MAY_CHANGE, Checkpoint
from gdstudio.training.recorder import Recorder


def state_of(model: nn.Module, optimizer: torch.optim.Optimizer, recorder: Recorder) -> dict[str, Any]:
    """All that decides the steps to come; its tensors are copies where later steps would change them."""
    random = dropout_random(model)
    return {
        "model": {name: _copy(tensor) for name, tensor in model.state_dict().items()},
        # The groups hold settings of the spec and the rate, which is the recorder's.
        "optimizer": {key: dict(state) for key, state in optimizer.state_dict()["state"].items()},
        "recorder": recorder.state(),
        "dropout": None if random is None else random.get_rng_state(),
    }


def restore(
    state: Mapping[str, Any], epoch: int, model: nn.Module, optimizer: torch.optim.Optimizer, recorder: Recorder
) -> None:
    """Put back what :func:`state_of` took, random streams last."""
    model.load_state_dict(state["model"])
    # Copied, since the optimizer takes the tensors themselves and would change them in the checkpoint.
    optimizer.load_state_dict({**optimizer.state_dict(), "state": copy.deepcopy(state["optimizer"])})
    recorder.load_state(state["recorder"], epoch)
    random = dropout_random(model)
    if random is not None:
        random.set_rng_state(state["dropout"])


def spec_to_resume(spec: ExperimentSpec, checkpoint: Checkpoint) -> ExperimentSpec:
    """``spec`` with the rates that were changed by hand.

    Raises:
        StudioError: It differs in more than its length.
    """
    changed = {k: v for k, v in differences(checkpoint.spec, spec).items() if k not in MAY_CHANGE}
    if changed:
        name, (old, new) = next(iter(changed.items()))
        raise StudioError(
            f"The run was started with {name} = {old}; it cannot go on with {new}.",
            "Train the new setting as a run of its own.",
        )
    changes = {"lr_changes": checkpoint.spec.training.lr_changes}
    return spec.model_copy(update={"training": spec.training.model_copy(update=changes)})


def check(checkpoint: Checkpoint, data_hash: str, device: torch.device, per_epoch: int, epochs: int) -> None:
    """Refuse to go on where the numbers could not be those of an uninterrupted run.

    Raises:
        StudioError: Other data, another kind of device, or fewer epochs than were trained.
    """
    if checkpoint.data_hash != data_hash or checkpoint.steps_per_epoch != per_epoch:
        raise StudioError(
            f"The data are not those of the run: their hash is {data_hash[:12]}…, "
            f"the run's {checkpoint.data_hash[:12]}….",
            "Put the old data back, or train the new ones as a run of their own.",
        )
    before = str(checkpoint.environment["device"])
    if torch.device(before).type != device.type:
        raise StudioError(
            f"The run was computed on {before}; on {device.type} it would give other numbers.",
            f"Go on with it on a machine that has {before}.",
        )
    if epochs * per_epoch < checkpoint.step:
        raise StudioError(
            f"The run has taken {checkpoint.step} steps, more than {epochs} epochs of {per_epoch} steps.",
            f"Set training.epochs to at least {-(-checkpoint.step // per_epoch)}.",
        )


def check_length(before: Callable[[int], float] | None, now: Callable[[int], float] | None, steps: int) -> None:
    """Refuse another length where the schedule would have given other rates to the steps that were taken.

    Args:
        before: The schedule over the old number of steps.
        now: … and over the new.
        steps: Steps that were taken.

    Raises:
        StudioError: The two differ in a step that was taken.
    """
    if before is not None and now is not None and any(before(step) != now(step) for step in range(steps)):
        raise StudioError(
            "The schedule depends on the length of the run: a longer one would have had other learning rates so far.",
            "Keep training.epochs as it was, or train a run of the new length from the start.",
        )


def changed_environment(checkpoint: Checkpoint, environment: Mapping[str, object]) -> list[str]:
    """What differs from when the run was started and can change last digits, as sentences."""
    return [
        f"{name} was {checkpoint.environment.get(name)} when the run was started and is {environment[name]} now: "
        "the last digits can differ from an uninterrupted run."
        for name in ("torch", "threads", "device_name", "processor")
        if checkpoint.environment.get(name) != environment[name]
    ]


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().clone()
