"""The one way anything trains: from a spec to a result."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from gdstudio.core.control import Cancelled, RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.events import Listener, Note, Started, ignore
from gdstudio.core.files import write_text
from gdstudio.core.history import RunHistory
from gdstudio.core.registry import registry
from gdstudio.core.seeds import stream_seed
from gdstudio.core.spec import ExperimentSpec, Task
from gdstudio.data.dataset import Dataset, Part, prepare
from gdstudio.data.load import load_table
from gdstudio.data.table import Table
from gdstudio.objectives.entry import LossEntry
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.limits import after_step, clipping
from gdstudio.training.batches import Batches, Noise
from gdstudio.training.blocks import Blocks, Bounds
from gdstudio.training.capture import CapturedGradients, exact_replay, worthwhile
from gdstudio.training.checkpoint import Checkpoint, CheckpointWriter
from gdstudio.training.curves import Curves, measures_often
from gdstudio.training.device import choose_device, environment, use_threads
from gdstudio.training.direct import DirectStep, direct_step
from gdstudio.training.health import HealthProbe
from gdstudio.training.modules import build_model, loss_entry
from gdstudio.training.objective import make_criterion, with_penalties
from gdstudio.training.precision import forward_in, products
from gdstudio.training.recorder import Recorder
from gdstudio.training.result import RunResult, Status, score_parts
from gdstudio.training.resume import changed_environment, check, check_length, restore, spec_to_resume, state_of
from gdstudio.training.run_folder import begin
from gdstudio.training.stopping import Diverged, Stopped
from gdstudio.training.trainer import train
from gdstudio.training.whole_epochs import WholeEpochs


def run_experiment(
    spec: ExperimentSpec,
    *,
    table: Table | None = None,
    dataset: Dataset | None = None,
    control: RunControl | None = None,
    history: RunHistory | None = None,
    on_event: Listener = ignore,
    resume_from: Checkpoint | None = None,
    checkpoint_to: Path | None = None,
    health: bool = True,
) -> RunResult:
    """Train what ``spec`` describes and score it.

    Args:
        spec: The experiment; what it leaves open is filled in and stands in the result's spec.
        table: The table of ``spec.data.source`` where it is loaded already.
        dataset: The dataset of ``spec.data`` where it is prepared already.
        control: Pause, single step, cancel, learning rate.
        history: Where rows are written while the run goes.
        on_event: Hears of the run's life, on the thread that trains.
        resume_from: A run of this spec to go on from; ``training.epochs`` may be larger than it was.
        checkpoint_to: The run folder that checkpoints are written to while the run goes, as often as
            ``training.checkpoint_seconds`` says. An older run in it is removed once nothing was refused.
        health: Whether each layer's gradient, weights and idle units are sampled; it changes no other number, and so
            it is no part of the spec.

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
    if resume_from is not None:
        spec = spec_to_resume(spec, resume_from)
    loss = loss_entry(spec)
    criterion = make_criterion(spec, dataset, device)
    model = build_model(spec, dataset).to(device)
    batches = batches_of(spec, dataset.train, model, loss.outputs(dataset.task, len(dataset.classes)), device)
    _check(spec, dataset, batches.per_epoch)
    optimizer_entry = cast(OptimizerEntry, registry("optimizers")[spec.optimizer.kind])
    optimizer = optimizer_entry.build(spec.optimizer, list(model.parameters()))
    total = spec.training.epochs * batches.per_epoch
    surroundings = environment(device, spec.training.threads, dataset.table.data_hash)
    schedule = _schedule(spec, total, batches.per_epoch)
    writer: CheckpointWriter | None = None

    def snapshot() -> Checkpoint:
        """The run as it stands between two steps."""
        return Checkpoint(
            spec=_with_changes(spec, recorder),
            data_hash=dataset.table.data_hash,
            environment=surroundings,
            step=recorder.step,
            steps_per_epoch=batches.per_epoch,
            state=state_of(model, optimizer, recorder),
            steps=history.steps.snapshot(),
            epochs=history.epochs.snapshot(),
        )

    def save() -> None:
        try:
            if writer is not None:
                writer.write(snapshot())
        except StudioError as error:  # the run is worth more than its checkpoint
            on_event(Note(f"No checkpoint was written: {error}"))

    often = measures_often(spec)
    curves = Curves(model, criterion, dataset, spec.training.evaluate_rows, device, record=often)
    recorder = Recorder(
        model=model,
        optimizer=optimizer,
        factor=schedule,
        control=control,
        history=history,
        curves=curves,
        settings=spec.training,
        lr=float(spec.get("optimizer.lr")),
        on_event=on_event,
        save=None if checkpoint_to is None else save,
        health=HealthProbe(model, history, dataset.train.features, device) if health else None,
    )
    if resume_from is not None:
        check(resume_from, dataset.table.data_hash, device, batches.per_epoch, spec.training.epochs)
        if resume_from.spec.training.epochs != spec.training.epochs:
            before = resume_from.spec.training.epochs * batches.per_epoch
            check_length(_schedule(spec, before, batches.per_epoch), schedule, resume_from.step)
        restore(resume_from.state, resume_from.step // batches.per_epoch + 1, model, optimizer, recorder)
        resume_from = resume_from.lengthened(spec.training)
        resume_from.fill(history)
        for sentence in changed_environment(resume_from, surroundings):
            on_event(Note(sentence))
    if checkpoint_to is not None and spec.training.checkpoint_seconds:
        if resume_from is None or not resume_from.lies_in(checkpoint_to):
            begin(checkpoint_to, spec)
        else:
            write_text(checkpoint_to / "spec.json", spec.to_json())
        writer = CheckpointWriter(checkpoint_to, resume_from)
        save()
    for note in dataset.notes:
        on_event(Note(note))
    on_event(Started(total_steps=total, steps_per_epoch=batches.per_epoch, device=str(device)))
    objective = with_penalties(criterion, model, spec)
    parameters = list(model.parameters())
    values = batches.batch_size * sum(m.out_features for m in model.modules() if isinstance(m, nn.Linear))
    forward = forward_in(model, spec.training.precision, device)
    if spec.training.precision == "tf32" and device.type != "cuda":
        on_event(Note("TF32 is computed by graphics cards alone: on the processor the products are in float32."))
    gradients: CapturedGradients | None = None
    if spec.training.capture == "on":
        gradients = CapturedGradients(model, objective, forward)
    elif spec.training.capture == "auto" and worthwhile(total, values, device):
        counts = {rows: count * spec.training.epochs for rows, count in batches.sizes.items()}

        def pays(rows: int) -> bool:
            """Whether to record batches of so many rows: also few of them where epochs can be taken whole with them."""
            return often or worthwhile(counts[rows], values, device)

        gradients = CapturedGradients(model, objective, forward, pays)
    update = direct_step(optimizer)
    blocks: Blocks | None = None
    whole: WholeEpochs | None = None
    if gradients is not None and isinstance(update, DirectStep) and device.type == "cpu":
        blocks = Blocks(gradients, update, recorder, _bounds(spec))
        whole = WholeEpochs(batches, gradients, update, curves, recorder, _bounds(spec))
    status: Status = "finished"
    checkpoint: Checkpoint | None = None
    model.train()
    try:
        recorder.check_patience()
        with exact_replay(), products(spec.training.precision, device):
            train(
                forward,
                objective,
                optimizer,
                batches,
                recorder,
                spec.training.epochs,
                update,
                gradients,
                left_over=iter if blocks is None else blocks.left_over,
                left_over_epochs=iter if whole is None else whole.left_over,
                searches=optimizer_entry.needs_closure,
                clip=clipping(parameters, spec.training.clip_norm, spec.training.clip_value),
                project=projection(spec, model, optimizer),
            )
        message = f"Finished after {recorder.step} steps in {recorder.seconds:.1f} s."
    except Stopped:
        message = f"Stopped early after epoch {recorder.step // batches.per_epoch} of {spec.training.epochs}."
    except Cancelled:
        status, message = "cancelled", f"Stopped by hand after {recorder.step} of {total} steps."
    except Diverged as end:
        recorder.restore_finite()
        status, message = "diverged", _divergence_sentence(end)
    except (RuntimeError, MemoryError) as error:
        if (asked := _asked_for(error)) is None:
            raise
        raise StudioError(
            f"The memory of the {'graphics card' if device.type == 'cuda' else 'machine'} ran out at step "
            f"{recorder.step + 1}: {asked}.",
            f"Try a batch size below {batches.batch_size} or a smaller model.",
        ) from None
    spec = _with_changes(spec, recorder)
    if status != "diverged" and spec.training.checkpoint_seconds:
        checkpoint = snapshot()
        if writer is not None:
            writer.write(checkpoint)
            checkpoint = replace(checkpoint, folder=checkpoint_to)
    if status == "finished" and (best := recorder.restore_best()) is not None:
        message += f" The weights of epoch {best.epoch} were taken, with the lowest validation loss, {best.loss:.4g}."
    on_event(Note(message))
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
        environment=surroundings,
        steps=recorder.step,
        checkpoint=checkpoint,
    )


def projection(spec: ExperimentSpec, model: nn.Module, optimizer: torch.optim.Optimizer) -> Callable[[], None] | None:
    """What regularization does to weights after each step; None where that is nothing."""
    regularization = spec.regularization
    l1 = regularization.l1 if regularization.proximal else 0.0
    return after_step(optimizer, model.parameters(), l1, regularization.max_norm)


def _bounds(spec: ExperimentSpec) -> Bounds:
    """What blocks of steps do to gradients and weights: the same as ``clipping`` and :func:`projection`."""
    training, regularization = spec.training, spec.regularization
    return Bounds(
        clip_norm=training.clip_norm,
        clip_value=training.clip_value,
        max_norm=regularization.max_norm,
        threshold=regularization.l1 if regularization.proximal else 0.0,
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


def _with_changes(spec: ExperimentSpec, recorder: Recorder) -> ExperimentSpec:
    """The spec with the learning rates that were changed by hand."""
    training = spec.training.model_copy(update={"lr_changes": recorder.changes})
    return spec.model_copy(update={"training": training})


def _check(spec: ExperimentSpec, dataset: Dataset, per_epoch: int) -> None:
    """Refuse settings that cannot be meant together on these data."""
    if spec.training.patience and not len(dataset.validation):
        raise StudioError(
            "Stopping early judges by the validation loss, and no rows validate.",
            "Set data.split.validation above 0, or training.patience to 0.",
        )
    warmup, total = getattr(spec.schedule, "warmup_steps", 0), spec.training.epochs * per_epoch
    if warmup >= total and spec.schedule.kind != "constant":
        raise StudioError(
            f"The warm-up takes {warmup} steps and the whole run {total}, so the schedule would never begin.",
            "Set schedule.warmup_steps lower, or train for more epochs.",
        )


def _schedule(spec: ExperimentSpec, total: int, per_epoch: int) -> Callable[[int], float] | None:
    """The schedule's factor by step; None where it is always 1, so that nothing is set each step."""
    if spec.schedule.kind == "constant" and not getattr(spec.schedule, "warmup_steps", 0):
        return None
    return cast(
        "Callable[[int], float]", registry("schedules")[spec.schedule.kind].build(spec.schedule, total, per_epoch)
    )


def batches_of(spec: ExperimentSpec, part: Part, model: nn.Module, outputs: int, device: torch.device) -> Batches:
    """The training part on the device, portioned for a model with so many outputs."""
    normalizes = any(isinstance(m, nn.BatchNorm1d) for m in model.modules())
    if normalizes and (spec.training.batch_size == 1 or len(part) == 1):
        raise StudioError(
            "Batch normalization needs at least two rows in a batch, and training.batch_size is 1.",
            "Take a larger batch, or layer normalization.",
        )
    target = torch.from_numpy(part.target).to(device)
    if outputs == 1 and spec.training.class_weights == "none":
        target = target.float()  # once, rather than in every step: such a loss compares it with the output
    deviation = spec.regularization.input_noise
    return Batches(
        torch.from_numpy(part.features).to(device),
        target,
        spec.training.batch_size,
        seed=stream_seed(spec.training.seed, "order"),
        shuffle=spec.training.shuffle,
        single_row=not normalizes,
        noise=Noise(deviation, stream_seed(spec.training.seed, "noise")) if deviation else None,
    )


def _asked_for(error: Exception) -> str | None:
    """What was asked of the memory when it ran out; None for any other error."""
    text = str(error)
    found = re.search(r"tried to allocate (\d+ bytes|[\d.]+ ?[KMGT]?i?B)", text, re.IGNORECASE)
    if found:
        size = found[1]
        if size.endswith("bytes"):
            size = f"{int(size.split()[0]) / 2**30:,.1f} GiB"
        return f"{size} were asked for"
    return "no more could be had" if isinstance(error, torch.OutOfMemoryError | MemoryError) else None


def _divergence_sentence(end: Diverged) -> str:
    what = "not a number" if end.loss != end.loss else "infinite"
    kept = f"the end of epoch {end.epoch - 1}" if end.epoch > 1 else "the start"
    return (
        f"Stopped at step {end.step} (epoch {end.epoch}): the loss became {what} with learning rate {end.lr:g}. "
        f"The weights of {kept} were kept; try a smaller learning rate."
    )
