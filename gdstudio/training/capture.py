"""Predict, loss and backward recorded once and replayed: the same operations without Python between them.

On the CPU a small network's step is nearly all overhead: Python, the autograd engine, hooks. The operations of one
batch are recorded with ``make_fx`` and run by TorchScript's interpreter with its optimizer off, since that decomposes
``addmm`` and fuses, which changes last digits. Loss and gradients are then those of the plain loop to the bit.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gdstudio.models.layers.dropout import SeededDropout, dropout_random
from gdstudio.training.cuda_graph import GraphedFunction
from gdstudio.training.trainer import Objective

log = logging.getLogger(__name__)
_SILENCE = threading.Lock()
# For good as well, since a chart that is painted meanwhile sets what warnings do, too, and puts it back.
warnings.filterwarnings("ignore", "The TorchScript type system doesn't support instance-level", UserWarning)

#: Seconds that recording costs, measured: with its imports the first time, without them later.
_FIRST_COST, _COST = 1.0, 0.07
#: Seconds that a step in a block saves, measured: by itself, and for each value between two layers.
_SAVED_PER_STEP, _SAVED_PER_VALUE = 190e-6, 6e-10
#: Batches may have two sizes (all but the last, and the last); models whose steps differ more are not worth it.
_MAX_SIZES = 3


def worthwhile(steps: int, values: int, device: torch.device) -> bool:
    """Whether recording pays.

    Args:
        steps: Steps of the run.
        values: Outputs of all layers for one batch.
        device: Where it runs.
    """
    if device.type == "cuda":  # by what a launch and a capture are said to cost: no card was at hand to measure it
        return steps * _SAVED_PER_STEP > _COST
    imported = "torch.fx.experimental.proxy_tensor" in sys.modules
    saved = steps * (_SAVED_PER_STEP + values * _SAVED_PER_VALUE)
    return device.type == "cpu" and saved > (_COST if imported else _FIRST_COST)


@dataclass(frozen=True)
class Recorded:
    """The operations for batches of one size.

    Attributes:
        replay: ``(inputs, targets, *noises) -> (loss, *gradients)``.
        noises: The shapes of what the dropout layers draw.
        module: The same in TorchScript, to which methods can be added that use it; None for a CUDA graph.
    """

    replay: Callable[..., tuple[Tensor, ...]]
    noises: list[tuple[int, ...]]
    module: torch.jit.ScriptModule | None = None

    def method(self, name: str, source: str) -> Callable[..., Any]:
        """Add a method in TorchScript to the module, in which ``torch`` is what it is here."""
        assert self.module is not None
        self.module.define(source)
        added: Callable[..., Any] = getattr(self.module, name)
        return added


class CapturedGradients:
    """Loss and gradients of a batch, recorded per batch size at its second appearance.

    So the first step is there at once, a tenth of a second before the recording, and sizes that come only once, as the
    short batch of a run of one epoch, are not recorded.

    The parameters' ``grad`` are set as ``backward`` sets them. A model that cannot be recorded makes every call
    fall back to the plain way.

    Args:
        model: Its parameters and buffers are used in place; random streams and buffers are put back after recording.
        objective: As in the plain loop.
        forward: What predicts; None is the model itself.
        pays: ``rows -> bool``: whether batches of so many rows come often enough; None records them all.
    """

    def __init__(
        self,
        model: nn.Module,
        objective: Objective,
        forward: Callable[[Tensor], Tensor] | None = None,
        pays: Callable[[int], bool] | None = None,
    ) -> None:
        self._model = model
        self._forward = forward or model
        self._objective = objective
        self._pays = pays
        self._parameters = [p for p in model.parameters() if p.requires_grad]
        self._dropouts = [m for m in model.modules() if isinstance(m, SeededDropout) and m.p]
        self._recorded: dict[int, Recorded] = {}
        self._seen: set[int] = set()
        self._failed = False

    def __call__(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of one batch; gradients are in the parameters afterwards.

        Args:
            inputs: ``(b, d)``.
            targets: ``(b,)``.
        """
        size = inputs.shape[0]  # several times cheaper than len()
        recorded = self._recorded.get(size)
        if recorded is None:
            wanted = size in self._seen and not self._failed and len(self._recorded) < _MAX_SIZES
            wanted = wanted and (self._pays is None or self._pays(size))
            self._seen.add(size)
            if not wanted or not self._record(inputs, targets):
                return self._plain(inputs, targets)
            recorded = self._recorded[size]
        loss: Tensor
        loss, *gradients = recorded.replay(inputs, targets, *self.noises(recorded, inputs))
        self.keep(gradients)
        return loss

    def recorded(self, size: int) -> Recorded | None:
        """What was recorded for batches of so many rows; None where nothing was yet, or can be."""
        return self._recorded.get(size)

    def noises(self, recorded: Recorded, inputs: Tensor) -> list[Tensor]:
        """The next of each dropout layer, drawn from the model's own stream."""
        return [m.draw(shape, inputs) for m, shape in zip(self._dropouts, recorded.noises, strict=True)]

    def keep(self, gradients: Sequence[Tensor]) -> None:
        """Set the parameters' ``grad``, as ``backward`` does."""
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient

    def _plain(self, inputs: Tensor, targets: Tensor) -> Tensor:
        loss = self._objective(self._forward(inputs), targets)
        self._model.zero_grad()
        loss.backward()
        return loss.detach()

    def _record(self, inputs: Tensor, targets: Tensor) -> bool:
        """Record the step for batches of this size; False, and never again, where the model does not allow it."""
        try:
            with _unchanged(self._model):
                shapes = self._noise_shapes(inputs)
                arguments = (inputs, targets, *(inputs.new_ones(shape) for shape in shapes))
                if inputs.is_cuda:
                    recorded = Recorded(GraphedFunction(self._gradients, arguments), shapes)
                else:
                    module = scripted(self._gradients, arguments)
                    recorded = Recorded(module, shapes, module)
                self._recorded[len(inputs)] = recorded
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
            loss = self._objective(self._forward(inputs), targets)
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


def script(function: Callable[..., Any], arguments: tuple[Tensor, ...]) -> Callable[..., tuple[Tensor, ...]]:
    """The operations of ``function`` in TorchScript, on the parameters themselves."""
    forward: Callable[..., tuple[Tensor, ...]] = scripted(function, arguments).forward
    return forward


def scripted(function: Callable[..., Any], arguments: tuple[Tensor, ...]) -> torch.jit.ScriptModule:
    """The operations of ``function`` as a TorchScript module that holds the parameters themselves."""
    from torch.fx.experimental.proxy_tensor import make_fx

    with _uncollected():
        graph = make_fx(function)(*arguments)
        return _module_of(graph)


def _module_of(graph: torch.fx.GraphModule) -> torch.jit.ScriptModule:
    _share_parameters(graph)
    _straighten(graph)
    for node in graph.graph.nodes:
        if isinstance(node.target, torch._ops.OpOverload):
            node.target = node.target.overloadpacket  # TorchScript resolves overloads by itself
    graph.recompile()
    try:
        return silently_scripted(graph)
    except OSError:  # a frozen program does not find the text of what was just generated
        return _from_text(graph)


def silently_scripted(module: nn.Module) -> torch.jit.ScriptModule:
    """The module in TorchScript, which is deprecated and complains of torch's own modules.

    Its types are never freed: some hundred kilobytes a run stay behind.
    """
    # What warnings do is set for all threads: of two that set it at once, one would end the other's silence.
    with _SILENCE, warnings.catch_warnings(), _without_autocast():
        warnings.simplefilter("ignore")
        made: torch.jit.ScriptModule = torch.jit.script(module)
        return made


def holder() -> nn.Module:
    """An empty module of a class of its own.

    TorchScript gives alike modules of one class one type between them, to which no second ``forward`` can be added.
    """
    made: nn.Module = type("Recorded", (nn.Module,), {})()
    return made


@contextmanager
def _uncollected() -> Iterator[None]:
    """Put garbage collection off: recording makes so many objects that it would set off a walk of all there are.

    That takes a fifth of a second, with what PyTorch has imported; the recording itself takes a third of it.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def _without_autocast() -> Iterator[None]:
    """As ``torch._functorch.compilers`` has it, whose import alone takes a third of a second."""
    before = torch._C._jit_set_autocast_mode(False)
    try:
        yield
    finally:
        torch._C._jit_set_autocast_mode(before)


def _from_text(graph: torch.fx.GraphModule) -> torch.jit.ScriptModule:
    """The same module from the graph's own text, without asking Python where that text lies."""
    buffers = holder()
    for name, value in graph.named_buffers(recurse=False):
        buffers.register_buffer(name, value)
    module = silently_scripted(buffers)
    code = graph.graph.python_code("self")
    # After its last use every name is set to None, behind a semicolon, which TorchScript's own parser does not know.
    text = "\n".join(line.partition(";")[0] for line in code.src.strip().splitlines())
    module._c._define(module._concrete_type, text + "\n", code.globals.get)
    return module


def _share_parameters(graph: torch.fx.GraphModule) -> None:
    """Let the graph work on the parameters' values alone, so that replaying it needs no ``no_grad`` around it."""
    for name, parameter in list(graph.named_parameters(recurse=False)):
        delattr(graph, name)
        graph.register_buffer(name, parameter.detach())


def _straighten(graph: torch.fx.GraphModule) -> None:
    """Leave out what autograd does for its own sake and what changes no bit.

    That is: ``detach``, a transpose of a transpose, and the product with the ones that ``backward`` starts from.
    The transpose of a parameter is made once, since it is a view that follows the parameter.
    """
    aten = torch.ops.aten
    for node in list(graph.graph.nodes):
        first = node.args[0] if node.args else None
        if not isinstance(first, torch.fx.Node):
            continue
        stands_for: object = None
        if node.target is aten.detach.default:
            stands_for = first
        elif node.target is aten.t.default and first.target is aten.t.default:
            stands_for = first.args[0]
        elif node.target is aten.mul.Tensor and _is_one(node.args[1]) and len(first.users) == 1:
            # With other users, something later may write into the product and must not write into its factor.
            stands_for = first
        if isinstance(stands_for, torch.fx.Node):
            node.replace_all_uses_with(stands_for)
    graph.graph.eliminate_dead_code()
    for node in list(graph.graph.nodes):
        if node.target in (aten.relu.default, aten.threshold_backward.default) and _may_overwrite(node.args[0]):
            # Fresh memory for a large layer costs more than the operation itself.
            if node.target is aten.relu.default:
                node.target = aten.relu_.default
            else:
                node.target = aten.threshold_backward.grad_input
                node.kwargs = {"grad_input": node.args[0]}
        if node.target is aten.div_.Scalar:
            # A number is made a tensor at every call.
            with graph.graph.inserting_before(node):
                node.args = (node.args[0], _constant(graph, float(node.args[1])))
            node.target = aten.div_.Tensor
        if node.target is aten.view.default and _is_column_sum(node.args[0], node.args[1]):
            total = node.args[0]
            total.args = (total.args[0], [0], False)
            node.replace_all_uses_with(total)
        if node.target is aten.t.default and node.args[0].op == "get_attr":
            name = f"{node.args[0].target}_t"
            graph.register_buffer(name, getattr(graph, node.args[0].target).t())
            with graph.graph.inserting_before(node):
                node.replace_all_uses_with(graph.graph.get_attr(name))
    graph.graph.eliminate_dead_code()


def _constant(graph: torch.fx.GraphModule, value: float) -> torch.fx.Node:
    """A node that gives a number as a tensor."""
    name = f"_constant_{sum(1 for _ in graph.buffers())}"
    graph.register_buffer(name, torch.tensor(value))
    return graph.graph.get_attr(name)


def _is_column_sum(node: object, shape: object) -> bool:
    """Whether a node sums columns into a row that is only there to be seen as a vector."""
    return (
        isinstance(node, torch.fx.Node)
        and node.target is torch.ops.aten.sum.dim_IntList
        and list(node.args[1:]) == [[0], True]
        and len(node.users) == 1
        and len(shape) == 1  # type: ignore[arg-type]
    )


def _may_overwrite(node: object) -> bool:
    """Whether a node is a matrix product that nothing else reads."""
    products = (torch.ops.aten.mm.default, torch.ops.aten.addmm.default)
    return isinstance(node, torch.fx.Node) and node.target in products and len(node.users) == 1


def _is_one(value: object) -> bool:
    """Whether a node is the gradient of the loss by itself."""
    return (
        isinstance(value, torch.fx.Node)
        and value.target is torch.ops.aten.ones_like.default
        and (value.meta["tensor_meta"].shape == () if "tensor_meta" in value.meta else value.meta["val"].ndim == 0)
    )
