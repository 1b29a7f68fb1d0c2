"""Runs of one architecture with their parameters stacked along a leading axis."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
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
from gdstudio.training.capture import script, worthwhile
from gdstudio.training.direct import direct_step
from gdstudio.training.modules import build_model
from gdstudio.training.objective import make_criterion

log = logging.getLogger(__name__)

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
        self._place(torch.cat([torch.stack([state[name] for state in states]).reshape(-1) for name in self._names]))
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
        steps = specs[0].training.epochs * per_epoch
        self._records = worthwhile(steps, 0, device)
        self._recorded: dict[int, Callable[..., tuple[Tensor, ...]]] = {}

    def __len__(self) -> int:
        return len(self._specs)

    def _place(self, values: Tensor) -> None:
        """Take the values of all parameters of all runs, parameter after parameter, each ``(r, *shape)``.

        One tensor holds them: the optimizer then is one kernel, whatever the layers. The parameters are views of it.
        """
        self._flat = values.to(self._device)
        pieces = self._flat.split([len(self) * shape.numel() for shape in self._shapes])
        self._views = {
            name: nn.Parameter(piece.view(len(self), *shape))
            for name, piece, shape in zip(self._names, pieces, self._shapes, strict=True)
        }
        self._gradient = torch.zeros_like(self._flat)

    def _make_optimizer(self) -> None:
        """An optimizer of rate 1 on a tensor of zeros, which so becomes the step that each run's rate is taken of.

        What draws parameters towards zero looks at the parameters themselves and is done here.
        """
        settings = self._specs[0].optimizer.model_copy(update={"lr": 1.0})
        self._moved = nn.Parameter(torch.zeros_like(self._flat))
        self._moved.grad = self._gradient
        self._optimizer: torch.optim.Optimizer = registry("optimizers")[settings.kind].build(settings, [self._moved])
        (group,) = self._optimizer.param_groups
        self._decay = float(group.get("weight_decay", 0.0))
        self._decoupled = settings.kind == "adamw" or bool(group.get("decoupled_weight_decay", False))
        group["weight_decay"] = 0.0
        self._update = direct_step(self._optimizer)

    def _set_rates(self) -> None:
        rates = torch.tensor([float(spec.get("optimizer.lr")) for spec in self._specs], device=self._device)
        self._rates = self._spread(rates)
        self._l1 = torch.tensor([spec.regularization.l1 for spec in self._specs], device=self._device)
        self._l2 = torch.tensor([spec.regularization.l2 for spec in self._specs], device=self._device)
        self._threshold: Tensor | None = None
        if self._specs[0].regularization.proximal and bool(self._l1.any()):
            # Biases have no penalty, and so no threshold.
            weighs = [torch.full((len(self) * s.numel(),), float(len(s) >= 2)) for s in self._shapes]
            self._threshold = self._spread(self._l1) * self._rates * torch.cat(weighs).to(self._device)
        self._penalized = bool(self._l1.any() or self._l2.any())

    def _spread(self, values: Tensor) -> Tensor:
        """A number ``(r,)`` of each run, for every one of its parameters, in their order."""
        return torch.cat([values.repeat_interleave(shape.numel()) for shape in self._shapes])

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
        size = inputs.shape[1]
        noises = self._noises(size, inputs)
        recorded = self._recorded.get(size)
        if recorded is None and self._records and self.step_number:
            recorded = self._record(size, inputs, targets, noises)
        losses, *gradients = (recorded or self._gradients)(inputs, targets, *noises)
        with torch.no_grad():
            torch.cat([gradient.reshape(-1) for gradient in gradients], out=self._gradient)
            factor = self._factor(self.step_number)
            rates = self._rates if factor == 1 else self._rates * factor
            if self._decay and not self._decoupled:
                self._gradient.add_(self._flat, alpha=self._decay)
            self._moved.zero_()
            self._update()
            if self._decay and self._decoupled:
                self._moved.sub_(self._flat, alpha=self._decay)
            self._flat.addcmul_(self._moved, rates)
            if self._threshold is not None:
                reach = self._threshold * factor
                self._flat.copy_(self._flat.sign() * (self._flat.abs() - reach).clamp_min_(0))
        self.step_number += 1
        return losses.detach()

    def _gradients(self, inputs: Tensor, targets: Tensor, *noises: Tensor) -> tuple[Tensor, ...]:
        """Losses ``(r,)`` with their penalties, and the gradients of all parameters."""
        losses = self._losses(self._outputs(inputs, noises), targets)
        if self._penalized:
            losses = losses + self._penalties()
        return (losses.detach(), *torch.autograd.grad(losses.sum(), list(self._views.values())))

    def _record(
        self, size: int, inputs: Tensor, targets: Tensor, noises: list[Tensor]
    ) -> Callable[..., tuple[Tensor, ...]] | None:
        """The step for batches of this size without Python between its operations; None where that cannot be."""
        try:
            self._recorded[size] = script(self._gradients, (inputs, targets, *noises))
        except Exception as error:  # whatever the tracer cannot follow: the plain way gives the same numbers
            log.debug("The stacked step cannot be recorded: %s", error)
            self._records = False
        return self._recorded.get(size)

    def _noises(self, rows: int, like: Tensor) -> list[Tensor]:
        """Dropout's ``(r, b, width)`` for each of its layers, every run from its own stream."""
        noises: list[Tensor] = []
        width = like.shape[2]
        for _, layer in self._layers:
            if isinstance(layer, nn.Linear):
                width = layer.out_features
            elif isinstance(layer, SeededDropout):
                place = len(noises)
                noises.append(torch.stack([run[place].draw((rows, width), like) for run in self._random]))
        return noises

    def _outputs(self, inputs: Tensor, noises: Sequence[Tensor] = ()) -> Tensor:
        """``(r, b, d) -> (r, b, k)``; without noises as in evaluation."""
        values, left = inputs, list(noises)
        for name, layer in self._layers:
            if isinstance(layer, nn.Linear):
                weight, bias = self._views[f"{name}.weight"], self._views[f"{name}.bias"]
                values = cast(Tensor, _Affine.apply(values, weight, bias))  # type: ignore[no-untyped-call]
            elif isinstance(layer, SeededDropout):
                values = values * left.pop(0) if noises else values
            else:
                values = layer(values)
        return values

    def _penalties(self) -> Tensor:
        """``(r,)``: each run's own factors over its weights."""
        weights = [p.flatten(1) for p in self._views.values() if p.ndim >= 3]
        proximal = self._specs[0].regularization.proximal
        absolute: Any = sum((w.detach() if proximal else w).abs().sum(1) for w in weights)
        squares: Any = sum((w * w).sum(1) for w in weights)
        return cast(Tensor, self._l1 * absolute + self._l2 * squares)

    def keep(self, positions: list[int]) -> None:
        """Go on with some of the runs: the others stop costing."""
        chosen, runs = torch.tensor(positions, device=self._device), len(self)
        state = self._optimizer.state[self._moved]

        def selected(flat: Tensor) -> Tensor:
            pieces = flat.split([runs * shape.numel() for shape in self._shapes])
            return torch.cat([piece.view(runs, -1)[chosen].reshape(-1) for piece in pieces])

        kept = {k: selected(v) if torch.is_tensor(v) and v.ndim else v for k, v in state.items()}
        self._specs = [self._specs[i] for i in positions]
        self._random = [self._random[i] for i in positions]
        self._place(selected(self._flat))
        self._make_optimizer()
        self._optimizer.state[self._moved] = kept
        self._recorded.clear()
        self._set_rates()

    def state(self, position: int) -> dict[str, NDArray[Any]]:
        """One run's parameters as its module's ``state_dict`` has them."""
        return {name: p.detach()[position].cpu().numpy().copy() for name, p in self._views.items()}

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
        chunks = [self._outputs(chunk.expand(len(self), *chunk.shape)) for chunk in features.split(_EVALUATED_AT_ONCE)]
        outputs = torch.cat(chunks, dim=1)
        losses = self._losses(outputs, target.expand(len(self), *target.shape))
        quality = "r2" if self._dataset.task == "regression" else "accuracy"
        score: Callable[[Tensor, Tensor], Tensor] = _r2 if quality == "r2" else _accuracy
        return {
            f"{name}_loss": losses.double().cpu().numpy(),
            f"{name}_{quality}": score(outputs, target).double().cpu().numpy(),
        }


class _Affine(torch.autograd.Function):
    """``x·Wᵀ + b`` for every run; the gradient of ``W`` comes out in the order in which it is kept.

    Autograd's own is a transposed view, and putting that in order costs more than the product.
    """

    @staticmethod
    def forward(context: Any, inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """``(r, b, i), (r, o, i), (r, o) -> (r, b, o)``."""
        context.save_for_backward(inputs, weight)
        return torch.baddbmm(bias.unsqueeze(1), inputs, weight.transpose(1, 2))

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """From ``(r, b, o)`` to the gradients of all three."""
        inputs, weight = context.saved_tensors
        (gradient,) = gradients
        below = torch.bmm(gradient, weight) if context.needs_input_grad[0] else None
        return below, torch.bmm(gradient.transpose(1, 2), inputs), gradient.sum(1)


def _accuracy(outputs: Tensor, target: Tensor) -> Tensor:
    """``(r,)`` share of right rows."""
    predicted = outputs[:, :, 0] > 0 if outputs.shape[2] == 1 else outputs.argmax(2)
    return (predicted == target).double().mean(1)


def _r2(outputs: Tensor, target: Tensor) -> Tensor:
    """``(r,)`` coefficients of determination."""
    truth = target.double()
    total = ((truth - truth.mean()) ** 2).sum()
    return 1 - ((truth - outputs[:, :, 0].double()) ** 2).sum(1) / total
