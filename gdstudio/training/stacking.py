"""Runs of one architecture with their parameters stacked along a leading axis."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gdstudio.core.registry import registry
from gdstudio.core.seeds import stream_seed
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, Part
from gdstudio.models.layers.dropout import SeededDropout
from gdstudio.training.direct import direct_step
from gdstudio.training.modules import build_model
from gdstudio.training.objective import make_criterion

#: Optimizers whose step is the learning rate times something that does not depend on it, value by value.
_ELEMENTWISE = ("sgd", "adam", "adamw", "adagrad", "rmsprop", "adamax", "nadam", "radam", "adadelta")
#: Settings in which stacked runs may differ.
_FREE = ("optimizer.lr", "regularization.l1", "regularization.l2", "training.seed", "initializer")
_EVALUATED_AT_ONCE = 4_096


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
        modules = [build_model(spec, dataset) for spec in specs]
        self._names = list(modules[0].state_dict())
        states = [module.state_dict() for module in modules]
        self._layers = list(modules[0].named_children())
        self._random = [[m for m in module.modules() if isinstance(m, SeededDropout)] for module in modules]
        self._shapes = [states[0][name].shape for name in self._names]
        rows = [torch.cat([state[name].reshape(-1) for name in self._names]) for state in states]
        # One tensor for all parameters of all runs: the optimizer then is one kernel, whatever the layers.
        self._flat = nn.Parameter(torch.stack(rows).to(device))
        self._criterion = make_criterion(specs[0], dataset, device)
        self._losses = torch.func.vmap(self._criterion)
        self._make_optimizer()
        part = dataset.train
        self._features = torch.from_numpy(part.features).to(device)
        self._target = torch.from_numpy(part.target).to(device)
        size = specs[0].training.batch_size
        self._full = size == 0 or size >= len(part)
        self._size = len(part) if self._full else size
        self.step_number = 0
        per_epoch = -(-len(part) // self._size)
        schedule = specs[0].schedule
        self._factor = registry("schedules")[schedule.kind].build(
            schedule, specs[0].training.epochs * per_epoch, per_epoch
        )
        self._set_rates()

    def __len__(self) -> int:
        return len(self._specs)

    def _make_optimizer(self) -> None:
        """An optimizer of rate 1: its step is what each run's own rate is multiplied with."""
        settings = self._specs[0].optimizer.model_copy(update={"lr": 1.0})
        self._optimizer: torch.optim.Optimizer = registry("optimizers")[settings.kind].build(settings, [self._flat])
        self._update = direct_step(self._optimizer)

    def _set_rates(self) -> None:
        rates = torch.tensor([float(spec.get("optimizer.lr")) for spec in self._specs], device=self._device)
        self._rates = rates.view(-1, 1)
        self._l1 = torch.tensor([spec.regularization.l1 for spec in self._specs], device=self._device)
        self._l2 = torch.tensor([spec.regularization.l2 for spec in self._specs], device=self._device)
        self._threshold: Tensor | None = None
        if self._specs[0].regularization.proximal and bool(self._l1.any()):
            # Biases have no penalty, and so no threshold.
            weighs = torch.cat([torch.full((s.numel(),), float(len(s) >= 2)) for s in self._shapes])
            self._threshold = self._l1.view(-1, 1) * self._rates * weighs.to(self._device)
        self._penalized = bool(self._l1.any() or self._l2.any())

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """``(features (r, b, d), target (r, b))`` of one epoch, each run in its own order."""
        runs, count = len(self), len(self._features)
        if self._full or not self._specs[0].training.shuffle:
            for rows in torch.arange(count, device=self._device).split(self._size):
                x, y = self._features[rows], self._target[rows]
                yield x.expand(runs, *x.shape), y.expand(runs, *y.shape)
            return
        orders = {}
        for spec in self._specs:
            seed = stream_seed(spec.training.seed, "order") + epoch
            if seed not in orders:
                orders[seed] = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
        order = torch.stack([orders[stream_seed(s.training.seed, "order") + epoch] for s in self._specs])
        for rows in order.to(self._device).split(self._size, dim=1):
            yield self._features[rows], self._target[rows]

    def step(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """One step of every run; the losses ``(r,)`` with their penalties, before the step."""
        parameters = self._views()
        losses = self._losses(self._outputs(parameters, inputs, training=True), targets)
        if self._penalized:
            losses = losses + self._penalties(parameters)
        (self._flat.grad,) = torch.autograd.grad(losses.sum(), self._flat)
        before = self._flat.detach().clone()
        self._update()
        with torch.no_grad():
            moved = self._flat.sub_(before)
            torch.addcmul(before, moved, self._rates * self._factor(self.step_number), out=self._flat.detach())
            if self._threshold is not None:
                reach = self._threshold * self._factor(self.step_number)
                self._flat.copy_(self._flat.sign() * (self._flat.abs() - reach).clamp_min_(0))
        self.step_number += 1
        return losses.detach()

    def _views(self) -> dict[str, Tensor]:
        """Name → ``(r, *shape)``, views of the one tensor."""
        pieces = self._flat.split([shape.numel() for shape in self._shapes], dim=1)
        return {n: p.view(-1, *s) for n, p, s in zip(self._names, pieces, self._shapes, strict=True)}

    def _outputs(self, parameters: dict[str, Tensor], inputs: Tensor, training: bool) -> Tensor:
        """``(r, b, d) -> (r, b, k)``."""
        values = inputs
        dropout = 0
        for name, layer in self._layers:
            if isinstance(layer, nn.Linear):
                weight, bias = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
                values = torch.baddbmm(bias.unsqueeze(1), values, weight.transpose(1, 2))
            elif isinstance(layer, SeededDropout):
                if training:
                    shape = values.shape[1:]
                    values = values * torch.stack([run[dropout].draw(shape, values) for run in self._random])
                dropout += 1
            else:
                values = layer(values)
        return values

    def _penalties(self, parameters: dict[str, Tensor]) -> Tensor:
        """``(r,)``: each run's own factors over its weights."""
        weights = [p.flatten(1) for p in parameters.values() if p.ndim >= 3]
        proximal = self._specs[0].regularization.proximal
        absolute: Any = sum((w.detach() if proximal else w).abs().sum(1) for w in weights)
        squares: Any = sum((w * w).sum(1) for w in weights)
        return cast(Tensor, self._l1 * absolute + self._l2 * squares)

    def keep(self, positions: list[int]) -> None:
        """Go on with some of the runs: the others stop costing."""
        chosen = torch.tensor(positions, device=self._device)
        state = self._optimizer.state[self._flat]
        self._specs = [self._specs[i] for i in positions]
        self._random = [self._random[i] for i in positions]
        self._flat = nn.Parameter(self._flat.detach()[chosen])
        self._make_optimizer()
        self._optimizer.state[self._flat] = {
            key: value[chosen] if torch.is_tensor(value) and value.ndim else value for key, value in state.items()
        }
        self._set_rates()

    def state(self, position: int) -> dict[str, NDArray[Any]]:
        """One run's parameters as its module's ``state_dict`` has them."""
        return {name: p.detach()[position].cpu().numpy().copy() for name, p in self._views().items()}

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
            self._outputs(self._views(), chunk.expand(len(self), *chunk.shape), training=False)
            for chunk in features.split(_EVALUATED_AT_ONCE)
        ]
        outputs = torch.cat(chunks, dim=1)
        losses = self._losses(outputs, target.expand(len(self), *target.shape))
        quality = "r2" if self._dataset.task == "regression" else "accuracy"
        score: Callable[[Tensor, Tensor], Tensor] = _r2 if quality == "r2" else _accuracy
        return {
            f"{name}_loss": losses.double().cpu().numpy(),
            f"{name}_{quality}": score(outputs, target).double().cpu().numpy(),
        }


def _accuracy(outputs: Tensor, target: Tensor) -> Tensor:
    """``(r,)`` share of right rows."""
    predicted = outputs[:, :, 0] > 0 if outputs.shape[2] == 1 else outputs.argmax(2)
    return (predicted == target).double().mean(1)


def _r2(outputs: Tensor, target: Tensor) -> Tensor:
    """``(r,)`` coefficients of determination."""
    truth = target.double()
    total = ((truth - truth.mean()) ** 2).sum()
    return 1 - ((truth - outputs[:, :, 0].double()) ** 2).sum(1) / total
