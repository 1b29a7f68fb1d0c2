"""Copies of the weights along a run, few enough to keep: denser early, where a run moves most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from gdstudio.core.history import RunHistory, Weights

#: So many are kept at most …
LIMIT: Final = 64
#: … and together they take at most so many bytes.
MAX_BYTES: Final = 64 * 2**20


class Snapshots:
    """Keeps a bounded number of copies, whose steps depend on nothing but the steps it was offered.

    They are about evenly spaced in the square root of the step. When there are too many, the spacing is doubled and
    what stands closer is dropped; the first and the newest stay.

    Args:
        model: Whose state is copied.
        history: Where the copies are published, as one tuple that is replaced and never changed.
        limit: So many are kept at most.
        max_bytes: Together they take at most so much.
    """

    def __init__(self, model: nn.Module, history: RunHistory, limit: int = LIMIT, max_bytes: int = MAX_BYTES) -> None:
        self._model = model
        self._history = history
        size = sum(t.numel() * t.element_size() for t in model.state_dict().values())
        self._limit = min(limit, max_bytes // max(size, 1))
        self._spacing = 0.0

    def wants(self, step: int) -> bool:
        """Whether the last copy is so far from ``step`` that another one is kept."""
        kept = self._history.snapshots
        return self._limit >= 3 and not (kept and _distance(kept[-1], step) <= self._spacing)

    def offer(self, step: int) -> None:
        """Copy the state as it is after ``step``, unless the last copy is near."""
        if not self.wants(step):
            return
        kept = (*self._history.snapshots, Weights(step, _copied(self._model.state_dict())))
        while len(kept) > self._limit:
            self._spacing = max(2 * self._spacing, 2 * step**0.5 / self._limit)
            kept = _thinned(kept, self._spacing)
        self._history.snapshots = kept


def _distance(earlier: Weights, step: int) -> float:
    return float(step**0.5 - earlier.step**0.5)


def _thinned(snapshots: tuple[Weights, ...], spacing: float) -> tuple[Weights, ...]:
    kept = [snapshots[0]]
    for snapshot in snapshots[1:-1]:
        if _distance(kept[-1], snapshot.step) >= spacing:
            kept.append(snapshot)
    return (*kept, snapshots[-1])


def _copied(state: Mapping[str, Tensor]) -> dict[str, NDArray[np.generic]]:
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in state.items()}
