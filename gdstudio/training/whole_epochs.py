"""Whole epochs in one call: their steps, and what is measured and kept between them, in TorchScript.

With few rows an epoch is over in a millisecond, half of which is Python between the epochs: portioning the rows,
measuring the curves, keeping the weights. Full-batch descent takes a single step an epoch. What is done here are the
operations of blocks and of single epochs in their order, so every number is the same to the bit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from gdstudio.training.batches import Batches
from gdstudio.training.blocks import SECONDS, Bounds, after_gradients, names
from gdstudio.training.capture import CapturedGradients, holder, silently_scripted
from gdstudio.training.curves import Curves
from gdstudio.training.direct import DirectStep, Kernel
from gdstudio.training.recorder import Recorder

log = logging.getLogger(__name__)

#: An epoch that lasts longer gains nothing here, and blocks of steps let a pause take effect sooner.
_SHORT: Final = 2 * SECONDS


class WholeEpochs:
    """Takes epochs by itself wherever nothing is to happen in or between them but what is measured.

    Args:
        batches: The rows, portioned for each epoch.
        gradients: The recorded gradients; without all sizes of batches recorded, nothing is taken.
        update: The optimizer.
        curves: What is measured after an epoch; without its recording, nothing is taken.
        recorder: Says how many epochs may be taken at once, and is told of them.
        bounds: As the loop's own.
    """

    def __init__(
        self,
        batches: Batches,
        gradients: CapturedGradients,
        update: DirectStep,
        curves: Curves,
        recorder: Recorder,
        bounds: Bounds,
    ) -> None:
        self._batches, self._gradients, self._update = batches, gradients, update
        self._curves, self._recorder, self._bounds = curves, recorder, bounds
        self._loop: _Loop | None = None
        self._possible = batches.are_views
        self._short = True
        self._length = 1

    def left_over(self, epochs: range) -> Iterator[int]:
        """Take the epochs that can be taken whole; give the others, in their order.

        Args:
            epochs: 1-based, the next one first.

        Raises:
            Diverged: A loss is not finite.
        """
        while epochs:
            possible = self._possible and self._curves.recording and self._short and self._ready()
            count = self._recorder.free_epochs(self._batches.per_epoch, self._length) if possible else 0
            if count:
                self._take(epochs[:count])
            else:
                count, began = 1, time.perf_counter()
                yield epochs[0]
                self._short = time.perf_counter() - began < _SHORT
            epochs = epochs[count:]

    def _take(self, epochs: Sequence[int]) -> None:
        """Take these epochs, or those up to the first that is not finite."""
        loop, per_epoch = self._loop, self._batches.per_epoch
        assert loop is not None
        began = time.perf_counter()
        rates = self._recorder.rates(len(epochs) * per_epoch)
        measured = self._recorder.measured(len(rates))
        orders = [self._batches.order(epoch) for epoch in epochs] if self._batches.shuffled else []
        evaluated = [self._recorder.evaluated(epoch) for epoch in epochs]
        losses, norms, rows, gradients = loop.function(
            self._batches.features, self._batches.target, orders, self._batches.portions, evaluated, loop.parts,
            rates, measured, loop.kernel.values, loop.kernel.state, loop.kernel.counter,
            self._recorder.current, self._recorder.finite,
        )  # fmt: skip
        self._gradients.keep(gradients)
        taken, spent = len(losses) // per_epoch, time.perf_counter() - began
        self._short = spent < _SHORT * taken
        self._length = max(1, round(SECONDS * taken / spent))
        measured, evaluated = measured[: len(losses)], evaluated[:taken]
        found = np.full(len(losses), np.nan)
        if norms:
            found[np.flatnonzero(measured)] = torch.stack(norms).double().numpy()
        self._recorder.after_epochs(
            torch.stack(losses), rates[: len(losses)], found, self._rows_of(rows, evaluated), per_epoch, began
        )

    def _rows_of(self, measured: list[Tensor], evaluated: list[bool]) -> list[dict[str, float] | None]:
        """What was measured after each epoch, by name; None where nothing was."""
        values = iter(torch.stack(measured).tolist() if measured else ())
        return [dict(zip(self._curves.columns, next(values), strict=True)) if wanted else None for wanted in evaluated]

    def _ready(self) -> bool:
        """Whether all that epochs consist of is recorded; puts it together the first time."""
        if self._loop is None:
            kernel, parts = self._update.kernel, self._curves.recorded
            recorded = {size: self._gradients.recorded(size) for size in self._batches.sizes}
            modules = {size: r.module for size, r in recorded.items() if r is not None and r.module is not None}
            if kernel is None or not parts or len(modules) < len(recorded):
                return False
            try:
                function = _function(modules, kernel, [module for module, _, _ in parts], self._bounds)
                self._loop = _Loop(kernel, [[rows, target] for _, rows, target in parts], function)
            except Exception as error:  # whatever TorchScript cannot express: single epochs give the same numbers
                log.debug("Epochs cannot be taken whole: %s", error)
                self._possible = False
                return False
        return True


@dataclass(frozen=True)
class _Loop:
    """The loop over epochs; its function is that of :func:`_source`."""

    kernel: Kernel
    parts: list[list[Tensor]]
    function: Callable[..., tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]]


def _function(
    steps: dict[int, torch.jit.ScriptModule],
    kernel: Kernel,
    parts: Sequence[torch.jit.ScriptModule],
    bounds: Bounds,
) -> Callable[..., tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]]:
    """The loop over epochs as a function."""
    recorded = holder()
    for size, module in steps.items():
        recorded.add_module(f"rows_{size}", module)
    for number, module in enumerate(parts):
        recorded.add_module(f"part_{number}", module)
    scripted = silently_scripted(recorded)
    scripted.define(_source(list(steps), kernel, len(parts), bounds))
    function: Callable[..., tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]] = scripted.epochs
    return function


def _source(sizes: Sequence[int], kernel: Kernel, parts: int, bounds: Bounds) -> str:
    """The loop in TorchScript.

    An epoch with a loss that is not finite is the last, and its weights are not kept, as in the plain loop.
    """
    gradients = ", ".join(names(kernel))
    calls = [f"loss, {gradients} = self.rows_{size}.forward(inputs[n], targets[n])" for size in sizes]
    if len(sizes) == 2:
        calls = [f"if sizes[n] == {sizes[0]}:", f"    {calls[0]}", "else:", f"    {calls[1]}"]
    step = "\n            ".join([*calls, *after_gradients(kernel, bounds)])
    measured = [f"loss, score = self.part_{n}.forward(parts[{n}][0], parts[{n}][1])" for n in range(parts)]
    measure = "\n            ".join(line for m in measured for line in (m, "row += [loss.double(), score.double()]"))
    return f"""
def epochs(
    self, features: Tensor, target: Tensor, orders: List[Tensor], sizes: List[int], evaluated: List[bool],
    parts: List[List[Tensor]], rates: List[float], measured: List[bool], values: List[Tensor],
    state: List[List[Tensor]], counter: List[Tensor], current: List[Tensor], finite: List[Tensor]
) -> Tuple[List[Tensor], List[Tensor], List[Tensor], List[Tensor]]:
    losses: List[Tensor] = []
    norms: List[Tensor] = []
    rows: List[Tensor] = []
    gradients: List[Tensor] = []
    i = 0
    for e in range(len(evaluated)):
        if len(orders) > 0:
            inputs = features.index_select(0, orders[e]).split(sizes)
            targets = target.index_select(0, orders[e]).split(sizes)
        else:
            inputs = features.split(sizes)
            targets = target.split(sizes)
        for n in range(len(sizes)):
            {step}
            i += 1
        ends = losses[i - len(sizes):]
        if evaluated[e]:
            row: List[Tensor] = []
            {measure}
            rows.append(torch.stack(row))
            ends.append(row[0])
        if not bool(torch.stack([end.double() for end in ends]).isfinite().all()):
            break
        torch._foreach_copy_(finite, current)
    return losses, norms, rows, gradients
"""
