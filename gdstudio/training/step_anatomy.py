"""One step of a network's training taken apart: batch, prediction, loss, chain through the layers, the weight's move.

The step is taken once more, on a copy, from the state that the run had before it: with the same kernels on the same
numbers it gives the same bits, and the run itself notices nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gdstudio.core.errors import StudioError
from gdstudio.core.history import Moment
from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset
from gdstudio.models.layers.dropout import dropout_random
from gdstudio.optim.anatomy import Line, anatomy
from gdstudio.optim.entry import OptimizerEntry
from gdstudio.optim.limits import clipping
from gdstudio.training.device import choose_device, use_threads
from gdstudio.training.modules import build_model, loss_entry
from gdstudio.training.objective import make_criterion, with_penalties
from gdstudio.training.run import batches_of, complete, projection
from gdstudio.training.trainer import evaluate_again

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Link:
    """A layer in the chain from the inputs to the loss.

    Attributes:
        name: As in the model's ``state_dict``.
        layer: What it is, e.g. ``Linear 6 → 64``.
        inputs: ``(b, i)`` what came into it.
        outputs: ``(b, o)`` what left it.
        gradient: ``(b, o)`` of the batch's loss with its penalties, in the outputs.
    """

    name: str
    layer: str
    inputs: Array
    outputs: Array
    gradient: Array

    @property
    def steepness(self) -> float:
        """Euclidean length of the gradient in all its outputs."""
        return float(np.linalg.norm(self.gradient.astype(np.float64)))


@dataclass(frozen=True, eq=False)
class Contributions:
    """How the rows of a batch make the gradient of one weight: input × gradient of the unit's output, summed.

    Attributes:
        inputs: ``(b,)`` what the weight multiplies; ones for a bias.
        deltas: ``(b,)`` gradient of the loss in the output of the unit that the weight leads into.
        penalty: What the penalties add.
    """

    inputs: Array
    deltas: Array
    penalty: float

    @property
    def products(self) -> Array:
        """``(b,)`` what each row adds."""
        return self.inputs * self.deltas


@dataclass(frozen=True, eq=False)
class StepReport:
    """A step that was taken apart.

    Attributes:
        step: Its number, 1 for the first.
        epoch: Its epoch, 1 for the first.
        rate: Its learning rate.
        rows: ``(b,)`` rows of the source that the batch consists of.
        targets: ``(b,)`` as the loss sees them.
        outputs: ``(b, o)`` of the model.
        loss: Of the batch, without penalties.
        objective: … and with them: what history.csv has.
        chain: The layers, from the inputs to the outputs.
        gradients: Name of a parameter → its gradient, as autograd gave it.
        used: … as the optimizer was given it, clipped where that is asked for.
        before: Name → values before the step.
        stepped: … as the optimizer left them.
        after: … and after all: within the bounds on weights, where there are any.
        memory_before: Name → what the optimizer remembered before the step.
        memory_after: … and after it.
        settings: The optimizer's.
        penalties: L1 and L2 in the gradient.
    """

    step: int
    epoch: int
    rate: float
    rows: Array
    targets: Array
    outputs: Array
    loss: float
    objective: float
    chain: tuple[Link, ...]
    gradients: dict[str, Array]
    used: dict[str, Array]
    before: dict[str, Array]
    stepped: dict[str, Array]
    after: dict[str, Array]
    memory_before: dict[str, dict[str, Any]]
    memory_after: dict[str, dict[str, Any]]
    settings: Any
    penalties: tuple[float, float]

    def contributions(self, name: str, place: tuple[int, ...]) -> Contributions | None:
        """What each row of the batch adds to a weight's gradient; None for a parameter of no linear layer."""
        layer, _, kind = name.rpartition(".")
        link = next((found for found in self.chain if found.name == layer and found.layer.startswith("Linear")), None)
        if link is None:
            return None
        deltas = link.gradient[:, place[0]]
        if kind == "bias":
            return Contributions(np.ones_like(deltas), deltas, 0.0)
        weight, (l1, l2) = float(self.before[name][place]), self.penalties
        return Contributions(link.inputs[:, place[1]], deltas, l1 * float(np.sign(weight)) + 2 * l2 * weight)

    def lines(self, name: str, place: tuple[int, ...]) -> tuple[Line, ...] | None:
        """The optimizer's own numbers for one weight, each with its formula; the last is the new value.

        None where the optimizer's steps are not taken apart.
        """
        before, used = self.before[name][place], self.used[name][place]
        lines = anatomy(
            self.settings,
            rate=self.rate,
            step=self.step,
            point=np.array([before]),
            gradient=np.array([used]),
            memory={k: _at(v, place) for k, v in self.memory_before[name].items()},
            dtype=torch.float32,
        )
        if lines is None:
            return None
        stepped = self.stepped[name][place]
        known = {k: _at(v, place) for k, v in self.memory_after[name].items()}
        known.update({"step": np.array([stepped - before]), "new value": np.array([stepped])})
        # The kernels that train round some of these in another order: what is shown is what they gave.
        shown = []
        for line in lines:
            engine = known.get(line.memory or line.name)
            shown.append(line if engine is None else replace(line, values=np.asarray(engine)))
        shown[1] = replace(shown[1], formula="slope of the loss along this weight")
        if self.gradients[name][place] != used:
            shown[1] = replace(shown[1], formula="clipped")
            raw = np.array([self.gradients[name][place]])
            shown.insert(1, Line("gradient, unclipped", "slope of the loss along this weight", lambda k: "", raw))
        if self.after[name][place] != stepped:
            held = np.array([self.after[name][place]])
            shown.append(Line("new value, held back", "after what regularization does to weights", lambda k: "", held))
        return tuple(shown)


def take_apart(spec: ExperimentSpec, dataset: Dataset, moment: Moment, rate: float | None = None) -> StepReport:
    """Take the step that follows ``moment`` once more, with a look at everything on the way.

    Args:
        spec: Of the run.
        dataset: Of the run.
        moment: The run's state before the step.
        rate: Learning rate of the step; the one that was planned when None.

    Raises:
        StudioError: The run's products are not in full precision.
    """
    if spec.training.precision == "bf16":
        raise StudioError(
            "A step whose products are in bfloat16 cannot be taken apart: its numbers are not those that are shown.",
            "Set training.precision to float32.",
        )
    rate = moment.rate if rate is None else rate
    spec = complete(spec, dataset)
    device = choose_device(spec.training.device)
    use_threads(spec.training.threads)
    model = build_model(spec, dataset).to(device)
    model.load_state_dict(moment.state["model"])
    random = dropout_random(model)
    if random is not None:
        random.set_rng_state(moment.state["dropout"])
    entry = cast(OptimizerEntry, registry("optimizers")[spec.optimizer.kind])
    optimizer: torch.optim.Optimizer = entry.build(spec.optimizer, list(model.parameters()))
    optimizer.load_state_dict({**optimizer.state_dict(), "state": copy.deepcopy(moment.state["optimizer"])})
    for group in optimizer.param_groups:
        group["lr"] = rate
    criterion = make_criterion(spec, dataset, device)
    objective = with_penalties(criterion, model, spec)
    outputs_of = loss_entry(spec).outputs(dataset.task, len(dataset.classes))
    batches = batches_of(spec, dataset.train, model, outputs_of, device)
    epoch, number = divmod(moment.step, batches.per_epoch)
    inputs, targets = next(iter(batches.epoch(epoch + 1, number)))
    rows = dataset.train.rows[batches.rows(epoch + 1, number).cpu().numpy()]
    before = _parameters(model)
    memory_before = _memories(model, optimizer)
    model.train()
    with _watched(model) as seen:
        outputs = model(inputs)
    value = objective(outputs, targets)
    value.backward()
    gradients = _gradients(model)
    parameters = list(model.parameters())
    if (clip := clipping(parameters, spec.training.clip_norm, spec.training.clip_value)) is not None:
        clip()
    used = _gradients(model)
    with torch.no_grad():
        plain = float(criterion(outputs, targets))
    chain = tuple(
        Link(name, _layer_name(module), _array(given), _array(made), _array(cast(Tensor, made.grad)))
        for name, module, given, made in seen
    )
    if entry.needs_closure:
        optimizer.step(evaluate_again(model, objective, optimizer, inputs, targets))
    else:
        optimizer.step()
    stepped = _parameters(model)
    if (project := projection(spec, model, optimizer)) is not None:
        project()
    return StepReport(
        step=moment.step + 1,
        epoch=epoch + 1,
        rate=rate,
        rows=rows,
        targets=_array(targets),
        outputs=_array(outputs),
        loss=plain,
        objective=float(value.detach()),
        chain=chain,
        gradients=gradients,
        used=used,
        before=before,
        stepped=stepped,
        after=_parameters(model),
        memory_before=memory_before,
        memory_after=_memories(model, optimizer),
        settings=spec.optimizer,
        penalties=(0.0 if spec.regularization.proximal else spec.regularization.l1, spec.regularization.l2),
    )


@contextmanager
def _watched(model: nn.Module) -> Iterator[list[tuple[str, nn.Module, Tensor, Tensor]]]:
    """What goes into each layer and leaves it, with its gradient kept."""
    seen: list[tuple[str, nn.Module, Tensor, Tensor]] = []

    def note(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], made: Tensor) -> None:
            if made.requires_grad:
                made.retain_grad()
                seen.append((name, module, inputs[0], made))

        return hook

    leaves = [(name, module) for name, module in model.named_modules() if not any(module.children())]
    hooks = [module.register_forward_hook(note(name)) for name, module in leaves]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _layer_name(module: nn.Module) -> str:
    if isinstance(module, nn.Linear):
        return f"Linear {module.in_features} → {module.out_features}"
    return type(module).__name__.removeprefix("Seeded")


def _array(tensor: Tensor) -> Array:
    return tensor.detach().cpu().numpy().copy()


def _parameters(model: nn.Module) -> dict[str, Array]:
    return {name: _array(p) for name, p in model.named_parameters()}


def _gradients(model: nn.Module) -> dict[str, Array]:
    return {name: _array(torch.zeros_like(p) if p.grad is None else p.grad) for name, p in model.named_parameters()}


def _memories(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, dict[str, Any]]:
    """Name of a parameter → what the optimizer remembers for it."""
    return {
        name: {k: _array(v) if isinstance(v, Tensor) else v for k, v in optimizer.state[p].items() if v is not None}
        for name, p in model.named_parameters()
    }


def _at(value: Any, place: tuple[int, ...]) -> Any:
    """The number that belongs to one weight, as an array of one; what is a single number stays."""
    if isinstance(value, np.ndarray) and value.ndim == len(place):
        return np.array([value[place]])
    return value
