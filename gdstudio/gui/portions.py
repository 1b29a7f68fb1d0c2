"""Where a step stands on a horizontal axis: among the steps, the epochs, or the examples that were seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult

Axis = Literal["step", "epoch", "examples"]


@dataclass(frozen=True)
class Portions:
    """How a run portions its rows.

    Attributes:
        rows: Rows of the training part.
        batch_size: Rows of a batch; 0 is all of them. The last batch of an epoch has what is left.
    """

    rows: int
    batch_size: int

    @property
    def per_epoch(self) -> int:
        """Steps of an epoch."""
        return -(-self.rows // self._batch)

    @property
    def _batch(self) -> int:
        return min(self.batch_size or self.rows, self.rows) or 1

    def at(self, steps: NDArray[np.float64], axis: Axis) -> NDArray[np.float64]:
        """The places of 1-based steps.

        Args:
            steps: ``(n,)``.
            axis: Which axis.
        """
        if axis == "step" or not self.rows:
            return steps
        if axis == "epoch":
            return steps / self.per_epoch
        whole, more = np.divmod(steps, self.per_epoch)
        seen: NDArray[np.float64] = whole * self.rows + np.minimum(more * self._batch, self.rows)
        return seen


def portions_of(result: RunResult) -> Portions:
    """Those of a finished run."""
    return Portions(len(result.dataset.train), result.spec.training.batch_size)
