"""Predict, loss and backward recorded once and replayed: the same operations without Python between them.

On the CPU a small network's step is nearly all overhead: Python, the autograd engine, hooks. The operations of one
batch are recorded with ``make_fx`` and run by TorchScript's interpreter with its optimizer off, since that decomposes
``addmm`` and fuses, which changes last digits. Loss and gradients are then those of the plain loop to the bit.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from gdstudio.models.layers.dropout import SeededDropout, dropout_random
from gdstudio.training.trainer import Objective

log = logging.getLogger(__name__)

#: Seconds that recording costs, measured: with its imports the first time, without them later.
_FIRST_COST, _COST = 1.5, 0.12
#: Seconds that a replayed step saves, measured on networks of 64 to 512 units.
_SAVED_PER_STEP = 150e-6
#: Batches may have two sizes (all but the last, and the last); models whose steps differ more are not worth it.
_MAX_SIZES = 3


def worthwhile(steps: int, device: torch.device) -> bool:
    """Whether recording pays for a run of so many steps on the CPU."""
    imported = "torch.fx.experimental.proxy_tensor" in sys.modules
    return device.type == "cpu" and steps * _SAVED_PER_STEP > (_COST if imported else _FIRST_COST)


class CapturedGradients:
    """Loss and gradients of a batch, recorded per batch size at its first appearance.

    The parameters' ``grad`` are set as ``backward`` sets them. A model that cannot be recorded makes every call
    fall back to the plain way.

    Args:
        model: Its parameters and buffers are used in place; random streams and buffers are put back after recording.
        objective: As in the plain loop.
    """

    def __init__(self, model: nn.Module, objective: Objective) -> None:
        self._model = model
        self._objective = objective
        self._parameters = [p for p in model.parameters() if p.requires_grad]
        self._dropouts = [m for m in model.modules() if isinstance(m, SeededDropout) and m.p]
        self._recorded: dict[int, tuple[Callable[..., tuple[Tensor, ...]], list[tuple[int, ...]]]] = {}
        self._failed = False

    def __call__(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of one batch; gradients are in the parameters afterwards.

        Args:
            inputs: ``(b, d)``.
            targets: ``(b,)``.
        """
        recorded = self._recorded.get(len(inputs))
        if recorded is None:
            if self._failed or len(self._recorded) >= _MAX_SIZES or not self._record(inputs, targets):
                return self._plain(inputs, targets)
            recorded = self._recorded[len(inputs)]
        function, shapes = recorded
        with torch.no_grad():
            noises = [m.draw(shape, inputs) for m, shape in zip(self._dropouts, shapes, strict=True)]
            loss, *gradients = function(inputs, targets, *noises)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        return loss

    def _plain(self, inputs: Tensor, targets: Tensor) -> Tensor:
        loss = self._objective(self._model(inputs), targets)
        self._model.zero_grad()
        loss.backward()
        return loss.detach()

    def _record(self, inputs: Tensor, targets: Tensor) -> bool:
        """Record the step for batches of this size; False, and never again, where the model does not allow it."""
        try:
            with _unchanged(self._model):
                shapes = self._noise_shapes(inputs)
                noises = [torch.ones(shape, dtype=inputs.dtype) for shape in shapes]
                self._recorded[len(inputs)] = (_script(self._gradients, (inputs, targets, *noises)), shapes)
        except Exception as error:  # whatever the tracer cannot follow: the plain loop gives the same numbers
            log.debug("The step cannot be recorded: %s", error)
            self._failed = True
            return False
        return True

    def _gradients(self, inputs: Tensor, targets: Tensor, *noises: Tensor) -> tuple[Tensor, ...]:
        """What is recorded: dropout's noise comes in from outside, so that its stream stays the model's own."""
        for module, noise in zip(self._dropouts, noises, strict=True):
            module.given = noise
        try:
            loss = self._objective(self._model(inputs), targets)
            return (loss.detach(), *torch.autograd.grad(loss, self._parameters))
        finally:
            for module in self._dropouts:
                module.given = None

    def _noise_shapes(self, inputs: Tensor) -> list[tuple[int, ...]]:
        """The shapes that the dropout layers see, in their order."""
        shapes: list[tuple[int, ...]] = []
        hooks = [
            m.register_forward_pre_hook(lambda _, args: shapes.append(tuple(args[0].shape))) for m in self._dropouts
        ]
        try:
            with torch.no_grad():
                self._model(inputs)
        finally:
            for hook in hooks:
                hook.remove()
        return shapes


@contextmanager
def exact_replay() -> Iterator[None]:
    """TorchScript without its optimizer, which would change last digits, for as long as a run replays."""
    before = torch._C._get_graph_executor_optimize()
    torch._C._set_graph_executor_optimize(False)
    try:
        yield
    finally:
        torch._C._set_graph_executor_optimize(before)


@contextmanager
def _unchanged(model: nn.Module) -> Iterator[None]:
    """Put buffers, gradients and dropout's stream back: recording runs the model, training must not notice."""
    random = dropout_random(model)
    state = None if random is None else random.get_rng_state()
    buffers = [b.clone() for b in model.buffers()]
    gradients = [p.grad for p in model.parameters()]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, value in zip(model.buffers(), buffers, strict=True):
                buffer.copy_(value)
        for parameter, gradient in zip(model.parameters(), gradients, strict=True):
            parameter.grad = gradient
        if random is not None:
            random.set_rng_state(state)


def _script(function: Callable[..., Any], arguments: tuple[Tensor, ...]) -> Callable[..., tuple[Tensor, ...]]:
    """The operations of ``function`` as a TorchScript module that holds the parameters themselves."""
    from torch._functorch.compilers import _disable_jit_autocast
    from torch.fx.experimental.proxy_tensor import make_fx

    graph = make_fx(function)(*arguments)
    for node in graph.graph.nodes:
        if isinstance(node.target, torch._ops.OpOverload):
            node.target = node.target.overloadpacket  # TorchScript resolves overloads by itself
    graph.recompile()
    with warnings.catch_warnings(), _disable_jit_autocast():
        # TorchScript is deprecated, and complains of torch's own modules.
        warnings.simplefilter("ignore")
        forward: Callable[..., tuple[Tensor, ...]] = torch.jit.script(graph).forward
    return forward
