"""A step's loss and gradients as a CUDA graph: one launch instead of one for each of its kernels.

On a graphics card a small network's step is nearly all launches. A graph replays the very kernels of the step on the
same places in memory: its inputs are copied there, and its results are read from where they lie.

Source: https://docs.pytorch.org/docs/stable/notes/cuda.html, section CUDA Graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor

#: Runs before the capture, on a stream of their own, in which libraries choose their kernels and take their memory.
_WARM_UPS: Final = 3


class GraphedFunction:
    """``function`` as a graph.

    Args:
        function: ``(*tensors) -> (loss, *gradients)``, without a look at a value on the card.
        arguments: Of the shapes that it will be called with, on the card.

    Raises:
        RuntimeError: It cannot be captured, or its replay gives other numbers than the function itself.
    """

    def __init__(self, function: Callable[..., Sequence[Tensor]], arguments: Sequence[Tensor]) -> None:
        self._arguments = [argument.clone() for argument in arguments]
        plain = [result.clone() for result in function(*self._arguments)]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                function(*self._arguments)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        # Other threads, a window that asks for the boundary, may use the card meanwhile.
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
            self._results = list(function(*self._arguments))
        for place in (*self._arguments, *self._results):
            place.zero_()  # so that what a replay reads or writes elsewhere shows
        if not all(map(torch.equal, self(*arguments), plain)):
            raise RuntimeError("The graph's replay does not give the numbers of the step.")

    def __call__(self, *arguments: Tensor) -> tuple[Tensor, ...]:
        """Loss and gradients; the next call overwrites the gradients."""
        for place, argument in zip(self._arguments, arguments, strict=True):
            place.copy_(argument, non_blocking=True)
        self._graph.replay()
        loss, *gradients = self._results
        return loss.clone(), *gradients
