"""The one way anything trains: from a spec to a result."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn

from gdstudio.core.control import Cancelled, RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.events import Listener, Note, Started, ignore
from gdstudio.core.history import RunHistory
from gdstudio.core.registry import registry
from gdstudio.core.seeds import stream_seed
from gdstudio.core.spec import ExperimentSpec, Task
from gdstudio.data.dataset import Dataset, Part, prepare
from gdstudio.data.load import load_table
from gdstudio.data.table import Table
from gdstudio.objectives.entry import LossEntry
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.penalties import penalty
from gdstudio.training.batches import Batches
from gdstudio.training.capture import CapturedGradients, exact_replay, worthwhile
from gdstudio.training.curves import Curves
from gdstudio.training.device import choose_device, environment, use_threads
from gdstudio.training.modules import build_model, loss_entry
from gdstudio.training.recorder import Diverged, Recorder
from gdstudio.training.result import RunResult, Status, score_parts
from gdstudio.training.trainer import Objective, train


def run_experiment(
    spec: ExperimentSpec,
    *,
    table: Table | None = None,
    dataset: Dataset | None = None,
    control: RunControl | None = None,
    history: RunHistory | None = None,
    on_event: Listener = ignore,
) -> RunResult:
    """Train what ``spec`` describes and score it.

    Args:
        spec: The experiment; what it leaves open is filled in and stands in the result's spec.
        table: The table of ``spec.data.source`` where it is loaded already.
        dataset: The dataset of ``spec.data`` where it is prepared already.
        control: Pause, single step, cancel, learning rate.
        history: Where rows are written while the run goes.
        on_event: Hears of the run's life, on the thread that trains.

    Returns:
        The result, also when the run was cancelled or diverged: it keeps what was done.

    Raises:
        StudioError: Data, model and settings do not fit one another; says which and what to do.
    """
    control = control or RunControl()
    history = history or RunHistory()
    device = choose_device(spec.training.device)
    use_threads(spec.training.threads)
    if dataset is None:
        table = table or load_table(spec.data.source)
        dataset = prepare(spec.data, table)
    spec = complete(spec, dataset)
    loss = loss_entry(spec)
    criterion = loss.build(spec.loss)
    model = build_model(spec, dataset).to(device)
    batches = _batches(spec, dataset.train, model, device)
    optimizer_entry = cast(OptimizerEntry, registry("optimizers")[spec.optimizer.kind])
    optimizer = optimizer_entry.build(spec.optimizer, list(model.parameters()))
    lr = float(spec.get("optimizer.lr"))
    total = spec.training.epochs * batches.per_epoch
    recorder = Recorder(
        model=model,
        optimizer=optimizer,
        factor=_schedule(spec, total, batches.per_epoch),
        control=control,
        history=history,
        curves=Curves(model, criterion, dataset, spec.training.evaluate_rows, device),
        settings=spec.training,
        lr=lr,
        on_event=on_event,
    )
    for note in dataset.notes:
        on_event(Note(note))
    on_event(Started(total_steps=total, steps_per_epoch=batches.per_epoch, device=str(device)))
    objective = _objective(criterion, model, spec)
    capture = spec.training.capture == "on" or (spec.training.capture == "auto" and worthwhile(total, device))
    gradients = CapturedGradients(model, objective) if capture else None
    status: Status = "finished"
    model.train()
    began = time.perf_counter()
    try:
        with exact_replay():
            train(
                model,
                objective,
                optimizer,
                batches,
                recorder,
                spec.training.epochs,
                gradients,
                searches=optimizer_entry.needs_closure,
            )
        message = f"Finished after {recorder.step} steps in {time.perf_counter() - began:.1f} s."
    except Cancelled:
        status, message = "cancelled", f"Stopped by hand after {recorder.step} of {total} steps."
    except Diverged as end:
        recorder.restore_finite()
        status, message = "diverged", _divergence_sentence(end)
    except torch.OutOfMemoryError as error:
        raise StudioError(
            f"The graphics card ran out of memory at step {recorder.step + 1}: {str(error).splitlines()[0]}",
            f"Try a batch size below {batches.batch_size} or a smaller model.",
        ) from None
    on_event(Note(message))
    training = spec.training.model_copy(update={"lr_changes": recorder.changes})
    spec = spec.model_copy(update={"training": training})
    model = model.cpu().eval()
    predictions, scores = score_parts(model, loss, dataset)
    return RunResult(
        spec=spec,
        status=status,
        message=message,
        dataset=dataset,
        model=model,
        history=history,
        predictions=predictions,
        metrics=scores,
        environment=environment(device, spec.training.threads, dataset.table.data_hash),
        steps=recorder.step,
    )


def complete(spec: ExperimentSpec, dataset: Dataset) -> ExperimentSpec:
    """The spec with every guess about the data and the usual loss filled in.

    Raises:
        StudioError: The loss does not fit the target.
    """
    chosen = spec.loss or default_loss(dataset.task)
    spec = spec.model_copy(update={"data": dataset.spec, "loss": chosen})
    entry = loss_entry(spec)
    if dataset.task not in entry.tasks:
        fitting = [e.key for e in registry("losses").values() if dataset.task in cast(LossEntry, e).tasks]
        kind = TASK_NAMES[dataset.task]
        raise StudioError(
            f"The loss {entry.key} does not fit the target {dataset.spec.target!r}, which is a {kind}.",
            f"Losses that fit: {', '.join(fitting)}.",
        )
    return spec


#: How sentences speak of a task.
TASK_NAMES: dict[Task, str] = {
    "binary": "choice between two classes",
    "multiclass": "choice among several classes",
    "regression": "number",
}


def default_loss(task: Task) -> Any:
    """The settings of the usual loss for a task."""
    for entry in registry("losses").values():
        if task in cast(LossEntry, entry).default_for:
            return entry.settings(kind=entry.key)
    raise LookupError(task)


def _objective(criterion: Callable[[Tensor, Tensor], Tensor], model: nn.Module, spec: ExperimentSpec) -> Objective:
    """The loss with the penalties that are not zero."""
    l1, l2 = spec.regularization.l1, spec.regularization.l2
    if not l1 and not l2:
        return criterion
    parameters = list(model.parameters())
    return lambda outputs, target: criterion(outputs, target) + penalty(parameters, l1, l2)


def _schedule(spec: ExperimentSpec, total: int, per_epoch: int) -> Callable[[int], float] | None:
    """The schedule's factor by step; None where it is always 1, so that nothing is set each step."""
    if spec.schedule.kind == "constant" and not getattr(spec.schedule, "warmup_steps", 0):
        return None
    return cast(
        "Callable[[int], float]", registry("schedules")[spec.schedule.kind].build(spec.schedule, total, per_epoch)
    )


def _batches(spec: ExperimentSpec, part: Part, model: nn.Module, device: torch.device) -> Batches:
    """The training part on the device, portioned."""
    normalizes = any(isinstance(m, nn.BatchNorm1d) for m in model.modules())
    if normalizes and (spec.training.batch_size == 1 or len(part) == 1):
        raise StudioError(
            "Batch normalization needs at least two rows in a batch, and training.batch_size is 1.",
            "Take a larger batch, or layer normalization.",
        )
    return Batches(
        torch.from_numpy(part.features).to(device),
        torch.from_numpy(part.target).to(device),
        spec.training.batch_size,
        seed=stream_seed(spec.training.seed, "order"),
        shuffle=spec.training.shuffle,
        single_row=not normalizes,
    )


def _divergence_sentence(end: Diverged) -> str:
    what = "not a number" if end.loss != end.loss else "infinite"
    kept = f"the end of epoch {end.epoch - 1}" if end.epoch > 1 else "the start"
    return (
        f"Stopped at step {end.step} (epoch {end.epoch}): the loss became {what} with learning rate {end.lr:g}. "
        f"The weights of {kept} were kept; try a smaller learning rate."
    )
