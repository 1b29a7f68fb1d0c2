"""An optimizer's fused kernel called directly: the same kernel on the same state, without the wrappers around it.

``Optimizer.step`` spends several times the kernel's own time on profiling hooks, on grouping tensors and on building
lists that never change during a run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def direct_step(optimizer: torch.optim.Optimizer) -> Callable[[], None]:
    """A function that does what ``optimizer.step()`` does, to the bit.

    The state stays in the optimizer, so its ``state_dict`` is always right. What has no fused kernel, or more than
    one parameter group, keeps its own ``step``.
    """
    if type(optimizer) in _KERNELS and len(optimizer.param_groups) == 1 and optimizer.param_groups[0].get("fused"):
        return _Direct(optimizer, _KERNELS[type(optimizer)])
    return optimizer.step


#: Makes, from values, state and group, the function that takes a step from the gradients.
_Prepare = Callable[[list[Tensor], list[dict[str, Any]], dict[str, Any]], Callable[[list[Tensor]], None]]


class _Direct:
    """Takes the first step the ordinary way, which makes the state, and every later one directly."""

    def __init__(self, optimizer: torch.optim.Optimizer, prepare: _Prepare) -> None:
        self._optimizer = optimizer
        self._prepare = prepare
        self._parameters: list[Tensor] = optimizer.param_groups[0]["params"]
        self._kernel: Callable[[list[Tensor]], None] | None = None

    def __call__(self) -> None:
        if self._kernel is None:
            self._optimizer.step()
            state = [self._optimizer.state[p] for p in self._parameters]
            values = [p.detach() for p in self._parameters]
            self._kernel = self._prepare(values, state, self._optimizer.param_groups[0])
        else:
            self._kernel([p.grad for p in self._parameters])  # type: ignore[misc]


def _adaptive(kernel: Any) -> _Prepare:
    """Adam and AdamW differ in the kernel alone."""

    def prepare(
        values: list[Tensor], state: list[dict[str, Any]], group: dict[str, Any]
    ) -> Callable[[list[Tensor]], None]:
        count, steps = _counter(state)
        averages, squares = [s["exp_avg"] for s in state], [s["exp_avg_sq"] for s in state]
        largest = [s["max_exp_avg_sq"] for s in state] if group["amsgrad"] else []
        beta1, beta2 = group["betas"]

        def step(gradients: list[Tensor]) -> None:
            count()
            kernel(
                values,
                gradients,
                averages,
                squares,
                largest,
                steps,
                lr=group["lr"],
                beta1=beta1,
                beta2=beta2,
                weight_decay=group["weight_decay"],
                eps=group["eps"],
                amsgrad=group["amsgrad"],
                maximize=group["maximize"],
            )

        return step

    return prepare


def _counter(state: list[dict[str, Any]]) -> tuple[Callable[[], None], list[Tensor]]:
    """What counts a step, and the counters: views of one tensor, so that one operation counts them all."""
    counter = torch.stack([s["step"] for s in state])
    for entry, count in zip(state, counter, strict=True):
        entry["step"] = count
    one = torch.ones_like(counter[0])  # a number would be made a tensor at every step

    def add() -> None:
        counter.add_(one)

    return add, list(counter)


def _adagrad(
    values: list[Tensor], state: list[dict[str, Any]], group: dict[str, Any]
) -> Callable[[list[Tensor]], None]:
    count, steps = _counter(state)
    sums = [s["sum"] for s in state]

    def step(gradients: list[Tensor]) -> None:
        count()
        torch._fused_adagrad_(
            values,
            gradients,
            sums,
            steps,
            lr=group["lr"],
            lr_decay=group["lr_decay"],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            maximize=group["maximize"],
        )

    return step


def _sgd(values: list[Tensor], state: list[dict[str, Any]], group: dict[str, Any]) -> Callable[[list[Tensor]], None]:
    buffers = [s["momentum_buffer"] for s in state] if group["momentum"] else []

    def step(gradients: list[Tensor]) -> None:
        torch._fused_sgd_(
            values,
            gradients,
            buffers,
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            lr=group["lr"],
            dampening=group["dampening"],
            nesterov=group["nesterov"],
            maximize=group["maximize"],
            is_first_step=False,
        )

    return step


_KERNELS: dict[type, _Prepare] = {
    torch.optim.Adam: _adaptive(torch._fused_adam_),
    torch.optim.AdamW: _adaptive(torch._fused_adamw_),
    torch.optim.SGD: _sgd,
    torch.optim.Adagrad: _adagrad,
}
