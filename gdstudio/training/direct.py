"""An optimizer's fused kernel called directly: the same kernel on the same state, without the wrappers around it.

``Optimizer.step`` spends several times the kernel's own time on profiling hooks, on grouping tensors and on building
lists that never change during a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Kernel:
    """A fused kernel of torch with all that it needs but the gradients and the learning rate.

    Attributes:
        name: Its name in ``torch``.
        values: Of the parameters; its first argument. The gradients are its second.
        lists: Of the state, in the order of the arguments behind those two.
        constants: Its other settings, none of which changes during a run.
        counter: Counts the steps, and 1 as a tensor, since a number would be made one at every step; None where the
            kernel counts none.
    """

    name: str
    values: list[Tensor]
    lists: tuple[list[Tensor], ...]
    constants: Mapping[str, float | bool]
    counter: tuple[Tensor, Tensor] | None = None

    def __call__(self, gradients: list[Tensor], lr: float) -> None:
        """Take a step."""
        if self.counter is not None:
            self.counter[0].add_(self.counter[1])
        getattr(torch, self.name)(self.values, gradients, *self.lists, lr=lr, **self.constants)


def direct_step(optimizer: torch.optim.Optimizer) -> DirectStep | Callable[[], None]:
    """A function that does what ``optimizer.step()`` does, to the bit.

    The state stays in the optimizer, so its ``state_dict`` is always right. What has no fused kernel, or more than
    one parameter group, keeps its own ``step``.
    """
    if type(optimizer) in _KERNELS and len(optimizer.param_groups) == 1 and optimizer.param_groups[0].get("fused"):
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

    def __call__(self) -> None:
        """Take a step from the gradients that the parameters hold."""
        if self.kernel is not None:
            self.kernel([p.grad for p in self._parameters], self._group["lr"])  # type: ignore[misc]
            return
        self._optimizer.step()
        state = [self._optimizer.state[p] for p in self._parameters]
        self.kernel = _KERNELS[type(self._optimizer)]([p.detach() for p in self._parameters], state, self._group)


#: Makes a kernel from values, state and group.
_Prepare = Callable[[list[Tensor], list[dict[str, Any]], dict[str, Any]], Kernel]


def _adaptive(name: str) -> _Prepare:
    """Adam and AdamW differ in the kernel alone."""

    def prepare(values: list[Tensor], state: list[dict[str, Any]], group: dict[str, Any]) -> Kernel:
        counter, steps = _counter(state)
        averages, squares = [s["exp_avg"] for s in state], [s["exp_avg_sq"] for s in state]
        largest = [s["max_exp_avg_sq"] for s in state] if group["amsgrad"] else []
        constants = {
            "beta1": group["betas"][0],
            "beta2": group["betas"][1],
            "weight_decay": group["weight_decay"],
            "eps": group["eps"],
            "amsgrad": group["amsgrad"],
            "maximize": group["maximize"],
        }
        return Kernel(name, values, (averages, squares, largest, steps), constants, counter)

    return prepare


def _counter(state: list[dict[str, Any]]) -> tuple[tuple[Tensor, Tensor], list[Tensor]]:
    """What counts a step, and the counters: views of one tensor, so that one operation counts them all."""
    counter = torch.stack([s["step"] for s in state])
    for entry, count in zip(state, counter, strict=True):
        entry["step"] = count
    return (counter, torch.ones_like(counter[0])), list(counter)


def _adagrad(values: list[Tensor], state: list[dict[str, Any]], group: dict[str, Any]) -> Kernel:
    counter, steps = _counter(state)
    constants = {name: group[name] for name in ("lr_decay", "weight_decay", "eps", "maximize")}
    return Kernel("_fused_adagrad_", values, ([s["sum"] for s in state], steps), constants, counter)


def _sgd(values: list[Tensor], state: list[dict[str, Any]], group: dict[str, Any]) -> Kernel:
    buffers = [s["momentum_buffer"] for s in state] if group["momentum"] else []
    constants = {name: group[name] for name in ("weight_decay", "momentum", "dampening", "nesterov", "maximize")}
    return Kernel("_fused_sgd_", values, (buffers,), {**constants, "is_first_step": False})


_KERNELS: dict[type, _Prepare] = {
    torch.optim.Adam: _adaptive("_fused_adam_"),
    torch.optim.AdamW: _adaptive("_fused_adamw_"),
    torch.optim.SGD: _sgd,
    torch.optim.Adagrad: _adagrad,
}
