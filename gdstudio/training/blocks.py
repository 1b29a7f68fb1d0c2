"""Several recorded steps in one call: the loop itself, with its optimizer, in TorchScript.

A replayed step of a small network still spends nearly half of its time in Python, and asks for Python's lock again
after each call: beside a window that draws, it waits for it. A block of steps is one call without the lock. Its
operations are those of the single steps in their order, so every number is the same to the bit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from torch import Tensor

from gdstudio.training.capture import CapturedGradients, Recorded
from gdstudio.training.direct import DirectStep, Kernel
from gdstudio.training.trainer import Batch

log = logging.getLogger(__name__)

#: Seconds that a block lasts: a pause takes effect, and a chart is told of the loss, between two blocks.
SECONDS: Final = 0.015
#: Steps in a block at most; more of them spare nothing that could be measured.
_LONGEST: Final = 128


@dataclass(frozen=True)
class Bounds:
    """What is done to gradients before a step and to weights after it; 0 is nothing.

    Attributes:
        clip_norm: Largest Euclidean norm of all gradients together.
        clip_value: Largest absolute value of each.
        max_norm: Largest Euclidean norm of the weights that lead into a unit.
        threshold: Times the learning rate, how far each weight is drawn to zero.
    """

    clip_norm: float = 0.0
    clip_value: float = 0.0
    max_norm: float = 0.0
    threshold: float = 0.0


class Beside(Protocol):
    """What stands beside the blocks; a run's recorder does."""

    def free_steps(self) -> int:
        """How many of the coming steps may be taken at once."""

    def rates(self, count: int) -> list[float]:
        """Their learning rates."""

    def measured(self, count: int) -> list[bool]:
        """At which of them the gradient's norm is wanted."""

    def after_block(
        self, losses: list[Tensor], rates: list[float], measured: list[bool], norms: list[Tensor], began: float
    ) -> None:
        """Hears of steps that were taken."""


class Blocks:
    """Takes steps in blocks wherever nothing is to happen between them.

    Args:
        gradients: The recorded gradients; batches of a size that is not recorded are left to the loop.
        update: The optimizer; its first step is left to the loop too.
        recorder: Says how many steps may be taken at once, and is told of them.
        bounds: As the loop's own.
    """

    def __init__(self, gradients: CapturedGradients, update: DirectStep, recorder: Beside, bounds: Bounds) -> None:
        self._gradients, self._update, self._recorder, self._bounds = gradients, update, recorder, bounds
        self._loops: dict[int, _Loop] = {}
        self._length = 1
        self._failed = False

    def left_over(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Take the steps of an epoch that can be taken in blocks; give the batches of the others, in their order.

        Raises:
            Diverged: A loss in a block is not finite.
        """
        batches = iter(batches)
        while ahead := list(islice(batches, self._length)):
            while ahead:
                size = ahead[0][0].shape[0]
                free = self._recorder.free_steps()
                if free and (loop := self._loop(size)) is not None:
                    free = min(free, len(ahead))
                    count = next((n for n in range(1, free) if ahead[n][0].shape[0] != size), free)
                    self._take(loop, ahead[:count])
                    del ahead[:count]
                else:
                    yield ahead.pop(0)

    def _take(self, loop: _Loop, batches: Sequence[Batch]) -> None:
        """Take a step for each of the batches, all of the loop's size."""
        count, kernel = len(batches), loop.kernel
        rates, measured = self._recorder.rates(count), self._recorder.measured(count)
        began = time.perf_counter()
        inputs, targets = [b[0] for b in batches], [b[1] for b in batches]
        noises = [self._gradients.noises(loop.recorded, batch) for batch in inputs]
        losses, norms, gradients = loop.function(
            inputs, targets, noises, rates, measured, kernel.values, kernel.state, kernel.counter
        )
        self._gradients.keep(gradients)
        wanted = SECONDS * count / (time.perf_counter() - began)
        self._length = max(1, min(round(wanted), _LONGEST))
        self._recorder.after_block(losses, rates, measured, norms, began)

    def _loop(self, size: int) -> _Loop | None:
        """The loop for batches of so many rows; None where it cannot be, or not yet."""
        if size in self._loops or self._failed:
            return self._loops.get(size)
        recorded, kernel = self._gradients.recorded(size), self._update.kernel
        if recorded is None or recorded.module is None or kernel is None:
            return None
        try:
            function = recorded.method("steps", _source(recorded, kernel, self._bounds))
            self._loops[size] = _Loop(recorded, kernel, function)
        except Exception as error:  # whatever TorchScript cannot express: single steps give the same numbers
            log.debug("Steps cannot be taken in blocks: %s", error)
            self._failed = True
        return self._loops.get(size)


@dataclass(frozen=True)
class _Loop:
    """The loop over batches of one size; its function is that of :func:`_source`."""

    recorded: Recorded
    kernel: Kernel
    function: Callable[..., tuple[list[Tensor], list[Tensor], list[Tensor]]]


def after_gradients(kernel: Kernel, bounds: Bounds) -> list[str]:
    """What a step does from its ``loss`` and gradients ``g0`` … on, in TorchScript.

    Numbers are written so that reading them gives the same ones to the bit.
    """
    matrices = [n for n, value in enumerate(kernel.values) if value.ndim >= 2]
    lines = [
        f"gradients = [{', '.join(names(kernel))}]",
        "losses.append(loss)",
        "if measured[i]:",
        "    norms.append(torch.ops.aten.linalg_vector_norm(torch.stack(torch._foreach_norm(gradients))))",
    ]
    if bounds.clip_norm:  # as torch.nn.utils.clip_grad_norm_
        lines += [
            "total = torch.ops.aten.linalg_vector_norm(torch.stack(torch._foreach_norm(gradients, 2.0)), 2.0)",
            f"torch._foreach_mul_(gradients, torch.clamp({bounds.clip_norm!r} / (total + 1e-6), max=1.0))",
        ]
    if bounds.clip_value:  # as torch.nn.utils.clip_grad_value_
        lines += [
            f"torch._foreach_clamp_min_(gradients, {-bounds.clip_value!r})",
            f"torch._foreach_clamp_max_(gradients, {bounds.clip_value!r})",
        ]
    lines += ["lr = rates[i]", *kernel.text.split("\n")]
    if bounds.threshold:  # as optim.limits.soft_threshold
        lines += [
            f"w = values[{n}]\nw.copy_(torch.ops.aten.softshrink(w, lr * {bounds.threshold!r}))" for n in matrices
        ]
    if bounds.max_norm:  # as optim.limits.max_norm
        lines += [f"values[{n}].renorm_(2, 0, {bounds.max_norm!r})" for n in matrices]
    return [line for text in lines for line in text.split("\n")]


def names(kernel: Kernel) -> list[str]:
    """What TorchScript calls the gradient of each parameter."""
    return [f"g{n}" for n in range(len(kernel.values))]


def _source(recorded: Recorded, kernel: Kernel, bounds: Bounds) -> str:
    """The loop in TorchScript."""
    noises = [f"noises[i][{n}]" for n in range(len(recorded.noises))]
    call = f"loss, {', '.join(names(kernel))} = self.forward({', '.join(['inputs[i]', 'targets[i]', *noises])})"
    body = "\n        ".join([call, *after_gradients(kernel, bounds)])
    return f"""
def steps(
    self, inputs: List[Tensor], targets: List[Tensor], noises: List[List[Tensor]], rates: List[float],
    measured: List[bool], values: List[Tensor], state: List[List[Tensor]], counter: List[Tensor]
) -> Tuple[List[Tensor], List[Tensor], List[Tensor]]:
    losses: List[Tensor] = []
    norms: List[Tensor] = []
    gradients: List[Tensor] = []
    for i in range(len(inputs)):
        {body}
    return losses, norms, gradients
"""
