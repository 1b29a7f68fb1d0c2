"""Many runs as one: parameters of one architecture stacked, one batched product for all of them.

On the CPU a small network's step is nearly all overhead, and the overhead of 32 stacked runs is that of one. What
cannot be stacked trains one after another through :func:`run_experiment`; a caller does not see which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.control import RunControl
from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset
from gdstudio.training.capture import exact_replay
from gdstudio.training.device import choose_device, use_threads
from gdstudio.training.run import complete, run_experiment
from gdstudio.training.stacking import Stack, stackable

#: Bytes that the activations of one stack may take; more runs are trained in several stacks.
_STACK_BYTES = 256 * 2**20
#: A stack goes on without its diverged runs once no more than this share is left: to record its steps anew costs more
#: than a few runs whose numbers nobody reads and which do not reach the others.
_CROWDED = 0.75

MemberStatus = Literal["finished", "diverged", "cancelled"]


@dataclass(frozen=True)
class Member:
    """One run of many.

    Attributes:
        spec: What was trained, guesses filled in.
        status: Finished, diverged (its loss is not a number any more), or cancelled with all others.
        losses: ``(steps,)`` loss of each step's batch with its penalties, as history.csv has it; a diverged run ends
            with the step that was not finite.
        state: Name → array as in the module's ``state_dict``; not finite where the run diverged.
        curves: Loss and accuracy or R² of the training and validation parts at the end, as in epochs.csv.
    """

    spec: ExperimentSpec
    status: MemberStatus
    losses: NDArray[np.float64]
    state: dict[str, NDArray[Any]]
    curves: dict[str, float]


def run_many(
    specs: Sequence[ExperimentSpec],
    dataset: Dataset,
    *,
    control: RunControl | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> tuple[Member, ...]:
    """Train every spec on one dataset.

    Args:
        specs: They share the data section; everything else may differ.
        dataset: Prepared from that section.
        control: A cancel ends them all before their next step and keeps what was done.
        on_progress: Called with the share of all run-steps that is done, 0 … 1.

    Returns:
        A member for each spec, in their order. Each equals the spec's own run to about 1e-6 of its values: a
        batched product adds in another order than a single one.

    Raises:
        StudioError: A spec does not fit the data, or settings contradict one another.
    """
    control = control or RunControl()
    specs = [complete(spec, dataset) for spec in specs]
    stacks: dict[str, list[int]] = defaultdict(list)
    single: list[int] = []
    for index, spec in enumerate(specs):
        key = stackable(spec)
        (single if key is None else stacks[key]).append(index)
    total = sum(spec.training.epochs for spec in specs)
    done = 0.0

    def advance(epochs: float) -> None:
        nonlocal done
        done += epochs
        if on_progress is not None:
            on_progress(min(1.0, done / total))

    members: dict[int, Member] = {}
    for indices in stacks.values():
        for chunk in _chunks(indices, specs[indices[0]], dataset):
            found = _run_stack([specs[i] for i in chunk], dataset, control, advance)
            members.update(zip(chunk, found, strict=True))
    for index in single:
        members[index] = _run_single(specs[index], dataset, control)
        advance(specs[index].training.epochs)
    return tuple(members[i] for i in range(len(specs)))


def _chunks(indices: list[int], spec: ExperimentSpec, dataset: Dataset) -> list[list[int]]:
    """Portions whose activations fit into memory together."""
    rows = len(dataset.train) if spec.training.batch_size == 0 else min(spec.training.batch_size, len(dataset.train))
    widths = [len(dataset.feature_names), *getattr(spec.model, "hidden", ()), max(1, len(dataset.classes))]
    each = 4 * rows * sum(widths) * 4
    size = max(1, _STACK_BYTES // max(each, 1))
    return [indices[i : i + size] for i in range(0, len(indices), size)]


def _run_stack(
    specs: list[ExperimentSpec], dataset: Dataset, control: RunControl, advance: Callable[[float], None]
) -> list[Member]:
    """Train specs that stack; those that diverge end with their epoch, and cost nothing once they are a few."""
    with exact_replay():
        return _train_stack(specs, dataset, control, advance)


def _train_stack(
    specs: list[ExperimentSpec], dataset: Dataset, control: RunControl, advance: Callable[[float], None]
) -> list[Member]:
    device = choose_device(specs[0].training.device)
    use_threads(specs[0].training.threads)
    stack = Stack(specs, dataset, device)
    stacked, alive = list(range(len(specs))), set(range(len(specs)))
    losses: list[list[NDArray[np.float64]]] = [[] for _ in specs]
    ended: dict[int, tuple[MemberStatus, dict[str, NDArray[Any]], dict[str, float]]] = {}

    def leave(indices: set[int], status: MemberStatus) -> None:
        curves = stack.curves()
        for index in indices:
            position = stacked.index(index)
            ended[index] = status, stack.state(position), {name: v[position] for name, v in curves.items()}
        alive.difference_update(indices)

    epochs = specs[0].training.epochs
    status: MemberStatus = "finished"
    for epoch in range(1, epochs + 1):
        rows = stack.epoch(epoch, lambda: control.cancelled).double().cpu().numpy()
        advance(len(alive))
        finite = np.isfinite(rows)
        diverged = {index for position, index in enumerate(stacked) if not finite[:, position].all()} & alive
        for position, index in enumerate(stacked):
            if index in alive:
                kept = int(np.argmin(finite[:, position])) + 1 if index in diverged else len(rows)
                losses[index].append(rows[:kept, position])
        if len(rows) < stack.per_epoch:
            status = "cancelled"
            break
        if diverged:
            leave(diverged, "diverged")
            advance(len(diverged) * (epochs - epoch))
            if not alive:
                break
            if len(alive) <= _CROWDED * len(stacked):
                positions = [p for p, index in enumerate(stacked) if index in alive]
                stacked = [stacked[p] for p in positions]
                stack.keep(positions)
    if alive:
        leave(set(alive), status)
    return [
        Member(specs[i], ended[i][0], np.concatenate(losses[i]) if losses[i] else np.empty(0), ended[i][1], ended[i][2])
        for i in range(len(specs))
    ]


def _run_single(spec: ExperimentSpec, dataset: Dataset, control: RunControl) -> Member:
    """The ordinary run, as a member."""
    history = RunHistory()
    result = run_experiment(spec, dataset=dataset, control=control, history=history)
    epochs = history.epochs.snapshot()
    curves = {
        name: float(epochs[name][-1])
        for name in epochs
        if name.startswith(("train_", "validation_")) and len(epochs[name]) and not np.isnan(epochs[name][-1])
    }
    state = {name: tensor.numpy().copy() for name, tensor in result.model.state_dict().items()}
    return Member(result.spec, result.status, history.steps.snapshot()["train_loss"].copy(), state, curves)
