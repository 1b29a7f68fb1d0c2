"""Runs with the seconds that each of their steps took."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from gdstudio.core.control import RunControl
from gdstudio.core.history import RunHistory
from gdstudio.labs.entry import Progress
from gdstudio.training.curves import Curves
from gdstudio.training.ensemble import Member, MemberStatus, run_many
from gdstudio.training.objective import make_criterion
from gdstudio.training.run import run_experiment

if TYPE_CHECKING:
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.data.dataset import Dataset

#: How often a run is looked at that must end after some seconds; what it did too much is cut off.
_LOOK = 0.01
#: The engine records its steps once and then repeats them. That falls into the first steps of a run, and is known by
#: their lasting so many times as long as the usual ones.
_EARLY, _LONG = 400, 30
#: More epochs than any budget of time allows, in one that ends by the clock.
_ENDLESS = 10_000_000


@dataclass(frozen=True, eq=False)
class Timed:
    """A run and its clock.

    Attributes:
        member: The run.
        seconds: ``(steps,)`` of training after each step, by the clock on the wall, without the measuring of scores
            and without what makes the first steps ready; empty for a run that was trained together with others, which
            has no clock of its own.
    """

    member: Member
    seconds: NDArray[np.float64]

    @property
    def total(self) -> float | None:
        """After the last step; None without a clock."""
        return float(self.seconds[-1]) if len(self.seconds) else None


def for_epochs(
    specs: Sequence[ExperimentSpec], dataset: Dataset, control: RunControl, progress: Progress
) -> list[Timed]:
    """Every spec for its own epochs: the first of each batch size by itself and timed, further seeds as one."""
    sizes = [spec.training.batch_size for spec in specs]
    alone = [k for k, size in enumerate(sizes) if sizes.index(size) == k]
    others = [k for k in range(len(specs)) if k not in set(alone)]
    found: dict[int, Timed] = {}
    for number, k in enumerate(alone):
        found[k] = _run(_unmeasured(specs[k]), dataset, control)
        progress((number + 1) / len(specs))
    if others:
        share = len(alone) / len(specs)
        members = run_many([specs[k] for k in others], dataset, control=control,
                           on_progress=lambda part: progress(share + (1 - share) * part))  # fmt: skip
        found |= {k: Timed(member, np.empty(0)) for k, member in zip(others, members, strict=True)}
    return [found[k] for k in range(len(specs))]


def for_seconds(
    specs: Sequence[ExperimentSpec], seconds: float, dataset: Dataset, control: RunControl, progress: Progress
) -> list[Timed]:
    """Every spec by itself until its clock has run for so many seconds; steps after that are cut off.

    A schedule and early stopping know the number of epochs, which nobody knows here: the rate stays as it is, and
    nothing stops early. What is scored are the weights at the end, some milliseconds after the last step that is kept.
    """
    found = []
    for number, spec in enumerate(specs):
        endless = spec.with_values({"training.epochs": _ENDLESS, "schedule.kind": "constant", "training.patience": 0})
        one = _run(_unmeasured(endless), dataset, control, seconds)
        kept = max(1, int(np.searchsorted(one.seconds, seconds, side="right")))
        status: MemberStatus = (
            "cancelled" if control.cancelled else "diverged" if one.member.status == "diverged" else "finished"
        )
        member = replace(one.member, status=status, losses=one.member.losses[:kept])
        found.append(Timed(member, one.seconds[:kept]))
        progress((number + 1) / len(specs))
    return found


def _unmeasured(spec: ExperimentSpec) -> ExperimentSpec:
    """Without the measuring between epochs, which is no training; where something listens to it, it stays."""
    if spec.training.patience or spec.schedule.kind == "plateau":
        return spec
    return spec.with_values({"training.evaluate_every": spec.training.epochs})


def _run(spec: ExperimentSpec, dataset: Dataset, control: RunControl, seconds: float | None = None) -> Timed:
    own, history = RunControl(), RunHistory()
    with _watched(own, control, history, seconds):
        result = run_experiment(spec, dataset=dataset, control=own, history=history, health=False)
    columns = history.steps.snapshot()
    losses, clock = columns["train_loss"].copy(), columns["seconds"].copy()
    curves: dict[str, float] = {}
    if result.status != "diverged":
        device = torch.device("cpu")
        criterion = make_criterion(result.spec, dataset, device)
        curves = Curves(result.model, criterion, dataset, spec.training.evaluate_rows, device)()
    state = {name: tensor.numpy().copy() for name, tensor in result.model.state_dict().items()}
    return Timed(Member(result.spec, result.status, losses, state, curves), _from_ready(clock))


def _from_ready(clock: NDArray[np.float64]) -> NDArray[np.float64]:
    """The clock without what makes the first steps ready: a step that did so is taken to last as the usual one."""
    each = np.diff(clock, prepend=0.0)
    usual = float(np.median(each)) if len(each) else 0.0
    early = each[:_EARLY]
    early[early > _LONG * usual] = usual
    early[:1] = usual
    return np.asarray(np.cumsum(each))


@contextmanager
def _watched(own: RunControl, control: RunControl, history: RunHistory, seconds: float | None) -> Iterator[None]:
    """End the run of ``own`` when ``control`` is cancelled, or when its clock has run for so many seconds."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK):
            clock = history.steps.snapshot()["seconds"]
            over = seconds is not None and len(clock) and _from_ready(clock)[-1] >= seconds
            if control.cancelled or over:
                own.cancel()
                return

    watcher = threading.Thread(target=watch, name="budget of time")
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
