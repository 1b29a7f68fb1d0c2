"""Runs of one architecture with their parameters stacked along a leading axis."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gdstudio.core.registry import registry
from gdstudio.core.seeds import stream_seed
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, Part
from gdstudio.training.capture import scripted, worthwhile
from gdstudio.training.modules import build_model, loss_entry
from gdstudio.training.objective import make_criterion
from gdstudio.training.stacked_model import StackedModel
from gdstudio.training.stacked_update import StackedUpdate

log = logging.getLogger(__name__)

#: Optimizers whose step is the learning rate times something that does not depend on it, value by value.
_ELEMENTWISE = ("sgd", "adam", "adamw", "adagrad", "rmsprop", "adamax", "nadam", "radam", "adadelta")
#: Settings in which stacked runs may differ.
_FREE = ("optimizer.lr", "regularization.l1", "regularization.l2", "training.seed", "initializer")
_EVALUATED_AT_ONCE = 4_096
#: Seconds that steps taken in one call last: a cancel is heard between them.
_SECONDS = 0.05
#: Numbers of a call's batches at most.
_GATHERED = 2**22


def stackable(spec: ExperimentSpec) -> str | None:
    """A key that runs share which can be stacked together; None for one that cannot be.

    The model must be a linear one or a network without normalization, the optimizer one that works value by value,
    and nothing may be switched on that looks at a run as a whole: clipping, early stopping, changes by hand.
    """
    training, regularization = spec.training, spec.regularization
    plain = (
        spec.model.kind in ("linear", "mlp")
        and getattr(spec.model, "normalization", "none") == "none"
        and spec.optimizer.kind in _ELEMENTWISE
        and spec.schedule.kind != "plateau"
        and not training.lr_changes
        and not training.patience
        and training.precision == "float32"
        and not training.clip_norm
        and not training.clip_value
        and not regularization.max_norm
        and not regularization.input_noise
    )
    if not plain:
        return None
    shared = spec.model_dump(mode="json")
    for path in _FREE:
        section, _, name = path.partition(".")
        if name:
            shared[section].pop(name)
        else:
            shared.pop(section)
    return json.dumps(shared, sort_keys=True)


class Stack:
    """Stacked parameters with their optimizer; every run has its own rate, penalties and random streams.

    Args:
        specs: They share a key of :func:`stackable`.
        dataset: What they are trained on.
        device: Where.
    """

    def __init__(self, specs: list[ExperimentSpec], dataset: Dataset, device: torch.device) -> None:
        self._specs = list(specs)
        self._dataset = dataset
        self._device = device
        self._model = StackedModel([build_model(spec, dataset) for spec in specs], device)
        self._losses = _losses(specs[0], dataset, device)
        part = dataset.train
        self._features = torch.from_numpy(part.features).to(device)
        self._target = torch.from_numpy(part.target).to(device)
        size = specs[0].training.batch_size
        self._full = size == 0 or size >= len(part)
        self._size = len(part) if self._full else size
        self.step_number = 0
        self._length = 1
        self.per_epoch = -(-len(part) // self._size)
        schedule, epochs = specs[0].schedule, specs[0].training.epochs
        self._factor = registry("schedules")[schedule.kind].build(schedule, epochs * self.per_epoch, self.per_epoch)
        self._modules: dict[int, torch.jit.ScriptModule | None] = {}
        self._update = StackedUpdate(self._specs, self._model)

    def __len__(self) -> int:
        return len(self._specs)

    def epoch(self, number: int, cancelled: Callable[[], bool]) -> Tensor:
        """Take the steps of an epoch, each run in its own order.

        Args:
            number: From 1 on.
            cancelled: Is asked now and then; no more steps are taken once it says so.

        Returns:
            ``(steps, r)`` losses with their penalties, each before its step.
        """
        order = self._order(number)
        rows, start = len(self._features), 0
        losses: list[Tensor] = []
        while start < rows and not cancelled():
            first, began = start, time.perf_counter()
            stop = min(start + self._length * self._size, rows)
            inputs, targets = self._rows(order, start, stop)
            for size in (self._size, (stop - start) % self._size):
                whole = (stop - start) // size * size if size else 0
                if whole:
                    losses += self._take(inputs[:, :whole].split(size, 1), targets[:, :whole].split(size, 1))
                    inputs, targets = inputs[:, whole:], targets[:, whole:]
                    start += whole
            each = (time.perf_counter() - began) / -(-(stop - first) // self._size)
            most = _GATHERED // (len(self) * self._size * self._features.shape[1])
            self._length = max(1, min(round(_SECONDS / each), most))
        return torch.stack(losses) if losses else torch.empty(0, len(self))

    def _order(self, epoch: int) -> Tensor | None:
        """``(r, n)`` in which order each run sees the rows; None where all see them as they are."""
        if self._full or not self._specs[0].training.shuffle:
            return None
        seeds = [stream_seed(spec.training.seed, "order") + epoch for spec in self._specs]
        orders = {
            seed: torch.randperm(len(self._features), generator=torch.Generator().manual_seed(seed))
            for seed in set(seeds)
        }
        return torch.stack([orders[seed] for seed in seeds]).to(self._device)

    def _rows(self, order: Tensor | None, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """``(features (r, m, d), target (r, m))`` of some rows in their order."""
        runs, count = len(self), stop - start
        if order is None:
            x, y = self._features[start:stop], self._target[start:stop]
            return x.expand(runs, *x.shape), y.expand(runs, *y.shape)
        rows = order[:, start:stop].reshape(-1)
        return self._features[rows].view(runs, count, -1), self._target[rows].view(runs, count)

    def _take(self, inputs: Sequence[Tensor], targets: Sequence[Tensor]) -> list[Tensor]:
        """A step for each of some batches of one size; the losses ``(r,)`` of each with their penalties."""
        count, size = len(inputs), inputs[0].shape[1]
        noises = [self._model.noises(size, batch) for batch in inputs]
        factors = [self._factor(self.step_number + i) for i in range(count)]
        module = self._module(size, inputs[0], targets[0], noises[0])
        losses = self._update.steps(self._gradients, module, inputs, targets, noises, factors)
        self.step_number += count
        return losses

    def _gradients(self, inputs: Tensor, targets: Tensor, *noises: Tensor) -> tuple[Tensor, ...]:
        """Losses ``(r,)`` without penalties; the gradients of all parameters, which are in the model's as well."""
        losses = self._losses(self._model.outputs(inputs, noises), targets)
        return (losses.detach(), *torch.autograd.grad(losses.sum(), self._model.leaves))

    def _module(
        self, size: int, inputs: Tensor, targets: Tensor, noises: list[Tensor]
    ) -> torch.jit.ScriptModule | None:
        """Losses and gradients of batches of this size without Python between their operations; None where not."""
        if size not in self._modules and self.step_number:
            self._modules[size] = None
            epochs = self._specs[0].training.epochs - self.step_number / self.per_epoch
            batches = len(self._features) // self._size if size == self._size else 1
            if worthwhile(round(epochs * batches), size * len(self) * self._model.width, self._device):
                try:
                    self._modules[size] = scripted(self._gradients, (inputs, targets, *noises))
                except Exception as error:  # whatever the tracer cannot follow: the plain way gives the same numbers
                    log.debug("The stacked step cannot be recorded: %s", error)
        return self._modules.get(size)

    def keep(self, positions: list[int]) -> None:
        """Go on with some of the runs: the others stop costing."""
        self._specs = [self._specs[i] for i in positions]
        self._update = self._update.keep(positions, self._specs)
        self._modules.clear()
        self._length = 1

    def state(self, position: int) -> dict[str, NDArray[Any]]:
        """One run's parameters as its module's ``state_dict`` has them."""
        return self._model.state(position)

    def curves(self) -> dict[str, NDArray[np.float64]]:
        """Loss and accuracy or R² of the training and validation parts, ``(r,)`` each, without penalties."""
        found: dict[str, NDArray[np.float64]] = {}
        with torch.no_grad():
            for name, part in (("train", self._dataset.train), ("validation", self._dataset.validation)):
                if len(part):
                    found.update(self._score(name, part))
        return found

    def _score(self, name: str, part: Part) -> dict[str, NDArray[np.float64]]:
        rows = self._specs[0].training.evaluate_rows
        chosen = np.linspace(0, len(part) - 1, min(rows, len(part))).round().astype(np.int64)
        features = torch.from_numpy(part.features[chosen]).to(self._device)
        target = torch.from_numpy(part.target[chosen]).to(self._device)
        chunks = [
            self._model.outputs(chunk.expand(len(self), *chunk.shape)) for chunk in features.split(_EVALUATED_AT_ONCE)
        ]
        outputs = torch.cat(chunks, dim=1)
        losses = self._losses(outputs, target.expand(len(self), *target.shape))
        quality = "r2" if self._dataset.task == "regression" else "accuracy"
        score: Callable[[Tensor, Tensor], Tensor] = _r2 if quality == "r2" else _accuracy
        return {
            f"{name}_loss": losses.double().cpu().numpy(),
            f"{name}_{quality}": score(outputs, target).double().cpu().numpy(),
        }


def _losses(spec: ExperimentSpec, dataset: Dataset, device: torch.device) -> Callable[[Tensor, Tensor], Tensor]:
    """``(outputs (r, b, k), target (r, b)) -> (r,)``, each run's loss without penalties."""
    entry = loss_entry(spec)
    if entry.each is None or spec.training.class_weights != "none":
        return torch.func.vmap(make_criterion(spec, dataset, device))
    each = entry.each(spec.loss)
    return lambda outputs, target: each(outputs, target).mean(1)


def _accuracy(outputs: Tensor, target: Tensor) -> Tensor:
    """``(r,)`` share of right rows."""
    predicted = outputs[:, :, 0] > 0 if outputs.shape[2] == 1 else outputs.argmax(2)
    return (predicted == target).double().mean(1)


def _r2(outputs: Tensor, target: Tensor) -> Tensor:
    """``(r,)`` coefficients of determination."""
    truth = target.double()
    total = ((truth - truth.mean()) ** 2).sum()
    return 1 - ((truth - outputs[:, :, 0].double()) ** 2).sum(1) / total
