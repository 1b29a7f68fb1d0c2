"""An optimizer's step without the wrappers around it: the same operations on the same state.

``Optimizer.step`` spends several times the operations' own time on profiling hooks, on grouping tensors and on building
lists that never change during a run. What it does for each tensor is written down here once, in TorchScript, for single
steps and for blocks of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Kernel:
    """A step with all that it needs but the gradients and the learning rate.

    Attributes:
        text: The step in TorchScript, from ``values``, ``gradients``, ``state`` and ``lr``.
        values: Of the parameters.
        state: Lists of the state, each with one tensor a parameter or with none.
        counter: Counts the steps, and 1 as a tensor, since a number would be made one at every step; empty where no
            steps are counted.
    """

    text: str
    values: list[Tensor]
    state: list[list[Tensor]]
    counter: list[Tensor]

    def compiled(self) -> Callable[..., None]:
        """A function that takes one step; its arguments are values, gradients, state, counter and rate."""
        return _compiled(self.text)


@lru_cache(maxsize=64)
def _compiled(text: str) -> Callable[..., None]:
    body = text.replace("\n", "\n    ")
    unit = torch.jit.CompilationUnit(
        f"""
def step(
    values: List[Tensor], gradients: List[Tensor], state: List[List[Tensor]], counter: List[Tensor], lr: float
) -> None:
    {body}
"""
    )
    function: Callable[..., None] = unit.step
    return function


def direct_step(optimizer: torch.optim.Optimizer) -> DirectStep | Callable[[], None]:
    """A function that does what ``optimizer.step()`` does, to the bit.

    The state stays in the optimizer, so its ``state_dict`` is always right. What is not written down here, or has more
    than one parameter group, keeps its own ``step``.
    """
    if (
        type(optimizer) in _KERNELS
        and len(optimizer.param_groups) == 1
        and optimizer.param_groups[0].get("fused", True)
    ):
        return DirectStep(optimizer)
    return optimizer.step


class DirectStep:
    """Takes the first step the ordinary way, which makes the state, and every later one directly.

    Attributes:
        kernel: None before the first step.
    """

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        (self._group,) = optimizer.param_groups
        self._parameters: list[Tensor] = self._group["params"]
        self.kernel: Kernel | None = None
        self._function: Callable[..., None] | None = None

    def __call__(self) -> None:
        """Take a step from the gradients that the parameters hold."""
        if self._function is not None and (kernel := self.kernel) is not None:
            gradients = [p.grad for p in self._parameters]
            self._function(kernel.values, gradients, kernel.state, kernel.counter, self._group["lr"])
            return
        self._optimizer.step()
        state = [self._optimizer.state[p] for p in self._parameters]
        self.kernel = _KERNELS[type(self._optimizer)]([p.detach() for p in self._parameters], state, self._group)
        self._function = self.kernel.compiled()


#: Makes a kernel from values, state and group.
_Prepare = Callable[[list[Tensor], list[dict[str, Any]], dict[str, Any]], Kernel]


def _adaptive(name: str) -> _Prepare:
    """Adam and AdamW differ in the kernel alone."""

    def prepare(values: list[Tensor], state: list[dict[str, Any]], group: dict[str, Any]) -> Kernel:
        counter, steps = _counter(state)
        lists = [[s["exp_avg"] for s in state], [s["exp_avg_sq"] for s in state], [], steps]
        if group["amsgrad"]:
            lists[2] = [s["max_exp_avg_sq"] for s in state]
        beta1, beta2 = group["betas"]
        constants = _constants(group, "weight_decay", "eps", "amsgrad", "maximize")
        return Kernel(
            f"{_COUNT}\ntorch.{name}(values, gradients, state[0], state[1], state[2], state[3], "
            f"lr=lr, beta1={beta1!r}, beta2={beta2!r}, {constants})",
            values,
            lists,
            counter,
        )

    return prepare


def _adagrad(values: list[Tensor], state: list[dict[str, Any]], group: dict[str, Any]) -> Kernel:
    counter, steps = _counter(state)
    constants = _constants(group, "lr_decay", "weight_decay", "eps", "maximize")
    text = f"{_COUNT}\ntorch._fused_adagrad_(values, gradients, state[0], state[1], lr=lr, {constants})"
    return Kernel(text, values, [[s["sum"] for s in state], steps], counter)


def _sgd(values: list[Tensor], state: list[dict[str, Any]], group: dict[str, Any]) -> Kernel:
    buffers = [s["momentum_buffer"] for s in state] if group["momentum"] else []
    constants = _constants(group, "weight_decay", "momentum", "dampening", "nesterov", "maximize")
    text = f"torch._fused_sgd_(values, gradients, state[0], lr=lr, is_first_step=False, {constants})"
    return Kernel(text, values, [buffers], [])


def _rmsprop(values: list[Tensor], state: list[dict[str, Any]], group: dict[str, Any]) -> Kernel:
    """The operations of ``torch.optim.rmsprop._single_tensor_rmsprop``, each over all parameters."""
    counter, _ = _counter(state)
    centered, momentum, alpha = group["centered"], group["momentum"], group["alpha"]
    lines = [
        _decayed(group),
        f"torch._foreach_mul_(state[0], {alpha!r})",
        f"torch._foreach_addcmul_(state[0], pulls, pulls, {1 - alpha!r})",
    ]
    if centered:
        lines += [
            f"torch._foreach_lerp_(state[1], pulls, {1 - alpha!r})",
            "roots = torch._foreach_addcmul(state[0], state[1], state[1], -1)",
            "torch._foreach_sqrt_(roots)",
        ]
    else:
        lines.append("roots = torch._foreach_sqrt(state[0])")
    lines.append(f"torch._foreach_add_(roots, {group['eps']!r})")
    if momentum:
        lines += [
            f"torch._foreach_mul_(state[2], {momentum!r})",
            "torch._foreach_addcdiv_(state[2], pulls, roots)",
            "torch._foreach_add_(values, state[2], alpha=-lr)",
        ]
    else:
        lines.append("torch._foreach_addcdiv_(values, pulls, roots, -lr)")
    lists = [
        [s["square_avg"] for s in state],
        [s["grad_avg"] for s in state] if centered else [],
        [s["momentum_buffer"] for s in state] if momentum else [],
    ]
    return Kernel("\n".join([_COUNT, *lines]), values, lists, counter)


def _adadelta(values: list[Tensor], state: list[dict[str, Any]], group: dict[str, Any]) -> Kernel:
    """The operations of ``torch.optim.adadelta._single_tensor_adadelta``, each over all parameters."""
    counter, _ = _counter(state)
    rho, eps = group["rho"], group["eps"]
    lines = [
        _decayed(group),
        f"torch._foreach_mul_(state[0], {rho!r})",
        f"torch._foreach_addcmul_(state[0], pulls, pulls, {1 - rho!r})",
        f"roots = torch._foreach_add(state[0], {eps!r})",
        "torch._foreach_sqrt_(roots)",
        f"moves = torch._foreach_add(state[1], {eps!r})",
        "torch._foreach_sqrt_(moves)",
        "torch._foreach_div_(moves, roots)",
        "torch._foreach_mul_(moves, pulls)",
        f"torch._foreach_mul_(state[1], {rho!r})",
        f"torch._foreach_addcmul_(state[1], moves, moves, {1 - rho!r})",
        "torch._foreach_add_(values, moves, alpha=-lr)",
    ]
    lists = [[s["square_avg"] for s in state], [s["acc_delta"] for s in state]]
    return Kernel("\n".join([_COUNT, *lines]), values, lists, counter)


_COUNT = "counter[0].add_(counter[1])"


def _counter(state: list[dict[str, Any]]) -> tuple[list[Tensor], list[Tensor]]:
    """What counts a step, and the counters: views of one tensor, so that one operation counts them all."""
    counter = torch.stack([s["step"] for s in state])
    for entry, count in zip(state, counter, strict=True):
        entry["step"] = count
    return [counter, torch.ones_like(counter[0])], list(counter)


def _decayed(group: dict[str, Any]) -> str:
    """``pulls``: the gradients with the decay of the weights."""
    decay = group["weight_decay"]
    return f"pulls = torch._foreach_add(gradients, values, alpha={decay!r})" if decay else "pulls = gradients"


def _constants(group: dict[str, Any], *names: str) -> str:
    """Settings as arguments, written so that reading them gives the same numbers to the bit."""
    values = [group[name] for name in names]
    numbers = [value if isinstance(value, bool) else float(value) for value in values]
    return ", ".join(f"{name}={number!r}" for name, number in zip(names, numbers, strict=True))


_KERNELS: dict[type, _Prepare] = {
    torch.optim.Adam: _adaptive("_fused_adam_"),
    torch.optim.AdamW: _adaptive("_fused_adamw_"),
    torch.optim.SGD: _sgd,
    torch.optim.Adagrad: _adagrad,
    torch.optim.RMSprop: _rmsprop,
    torch.optim.Adadelta: _adadelta,
}
