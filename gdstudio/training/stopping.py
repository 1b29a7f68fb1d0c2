"""How a run ends before its last step: it has seen the best of itself, or diverges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Stopped(Exception):  # noqa: N818 - not an error: it is how a run ends early
    """The validation loss has found no new low for as long as the person was willing to wait."""


class Diverged(Exception):  # noqa: N818 - not an error of the program: it is how a run can end
    """The loss is no longer a finite number.

    Attributes:
        step: The step (1-based) whose loss was not finite.
        epoch: Its epoch (1-based).
        lr: The learning rate of that step.
    """

    def __init__(self, step: int, epoch: int, lr: float, loss: float) -> None:
        super().__init__(f"step {step}")
        self.step, self.epoch, self.lr, self.loss = step, epoch, lr, loss


class EarlyStopping:
    """Remembers the lowest validation loss and when it was.

    Source: Goodfellow, Bengio, Courville (2016), Deep Learning, algorithm 7.1.

    Args:
        patience: Epochs without a new low after which the run ends.
        min_delta: A new low must be lower than the lowest by more than this.
    """

    def __init__(self, patience: int, min_delta: float) -> None:
        self._patience = patience
        self._min_delta = min_delta
        self.epoch = 0
        self.loss: float | None = None
        self._last = 0

    def observe(self, epoch: int, loss: float) -> bool:
        """Take note of a measured loss; whether it is a new low. A NaN never is."""
        self._last = epoch
        if loss != loss or (self.loss is not None and not loss < self.loss - self._min_delta):
            return False
        self.epoch, self.loss = epoch, loss
        return True

    @property
    def exhausted(self) -> bool:
        """Whether the run is to end."""
        return self._last - self.epoch >= self._patience

    def state(self) -> dict[str, Any]:
        """What :meth:`load_state` needs."""
        return {"epoch": self.epoch, "loss": self.loss, "last": self._last}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of :meth:`state`."""
        self.epoch, self.loss, self._last = state["epoch"], state["loss"], state["last"]
