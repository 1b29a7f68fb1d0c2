"""How a person reaches a run that is going: pause, single step, cancel, another learning rate."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Cancelled(Exception):  # noqa: N818 - not an error: it is how a run ends early
    """Raised inside a run at a batch boundary after :meth:`RunControl.cancel`."""


class RunControl:
    """Set from any thread, obeyed by the run's own thread between two steps.

    The trainer looks at :attr:`wanted` before every step (one attribute, no lock) and calls
    :meth:`obey` only when it is true, so that control costs nothing while nobody asks.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._paused = False
        self._cancelled = False
        self._steps = 0
        self._lr: float | None = None
        self._interval = 0.0
        self._next = 0.0
        self._weights = False
        self._moment = False
        self.wanted = False

    @property
    def cancelled(self) -> bool:
        """Whether a cancel was asked for."""
        return self._cancelled

    @property
    def paused(self) -> bool:
        """Whether the run waits, or will before its next step."""
        return self._paused

    def pause(self) -> None:
        """Wait before the next step."""
        self._set(_paused=True)

    def resume(self) -> None:
        """Go on."""
        self._set(_paused=False, _steps=0)

    def step(self) -> None:
        """Take one step, then wait; pauses a run that is going."""
        with self._changed:
            self._paused = True
            self._steps += 1
            self._notify()

    def cancel(self) -> None:
        """End the run before its next step, keeping what was done."""
        self._set(_cancelled=True)

    def set_learning_rate(self, lr: float) -> None:
        """Use ``lr`` from the next step on."""
        self._set(_lr=lr)

    def request_weights(self) -> None:
        """Have a copy of the weights put into the history before the next step, e.g. to draw with it."""
        self._set(_weights=True)

    def request_moment(self) -> None:
        """Have everything that decides the next step put into the history before it, to take that step apart."""
        self._set(_weights=True, _moment=True)

    def take_moment_request(self) -> bool:
        """Whether that was asked for since the last call, once."""
        with self._changed:
            asked, self._moment = self._moment, False
            return asked

    def set_pace(self, steps_per_second: float) -> None:
        """Take at most so many steps a second, for watching; 0 takes as many as the machine can."""
        self._set(_interval=1 / steps_per_second if steps_per_second else 0.0)

    def take_learning_rate(self) -> float | None:
        """The rate that was asked for since the last call, once."""
        with self._changed:
            lr, self._lr = self._lr, None
            return lr

    def obey(self, give_weights: Callable[[], None]) -> None:
        """Block while paused; return when a step may be taken.

        Args:
            give_weights: Called on the run's thread when a copy of the weights was asked for, also while paused.

        Raises:
            Cancelled: The run is to end here.
        """
        while True:
            with self._changed:
                while (left := self._seconds_left()) != 0:
                    self._changed.wait(left)
                if self._cancelled:
                    raise Cancelled
                asked, self._weights = self._weights, False
                if not asked:
                    if self._steps:
                        self._steps -= 1
                    self._next = time.monotonic() + self._interval
                    self.wanted = self._paused or self._interval > 0
                    return
            give_weights()

    def _seconds_left(self) -> float | None:
        """How long the run is to wait now: 0 to go on, None until somebody asks; the lock is held."""
        if self._cancelled or self._weights:
            return 0.0
        if self._paused:
            return 0.0 if self._steps else None
        return max(0.0, self._next - time.monotonic()) if self._interval else 0.0

    def _set(self, **values: object) -> None:
        with self._changed:
            for name, value in values.items():
                setattr(self, name, value)
            self._notify()

    def _notify(self) -> None:
        """Wake a waiting run; the lock is held."""
        self.wanted = True
        self._changed.notify_all()
