"""A run obeys between two steps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from gdstudio.core.control import Cancelled, RunControl


def _nothing() -> None:
    pass


def test_nothing_is_wanted_until_somebody_asks() -> None:
    assert not RunControl().wanted


def test_cancelling_ends_a_run_that_waits() -> None:
    control = RunControl()
    control.pause()
    ended = threading.Event()

    def run() -> None:
        with pytest.raises(Cancelled):
            control.obey(_nothing)
        ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    control.cancel()
    thread.join(5)
    assert ended.is_set()


@pytest.mark.parametrize("release", [RunControl.resume, RunControl.step])
def test_a_waiting_run_goes_on_when_released(release: Callable[[RunControl], None]) -> None:
    control = RunControl()
    control.pause()
    thread = threading.Thread(target=control.obey, args=(_nothing,))
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    release(control)
    thread.join(5)
    assert not thread.is_alive()


def test_each_step_lets_exactly_one_step_pass() -> None:
    control = RunControl()
    control.step()
    control.step()
    control.obey(_nothing)
    control.obey(_nothing)
    thread = threading.Thread(target=control.obey, args=(_nothing,))
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    control.resume()
    thread.join(5)
    assert not control.wanted


def test_weights_are_given_while_the_run_waits() -> None:
    control = RunControl()
    control.pause()
    given = threading.Event()
    thread = threading.Thread(target=control.obey, args=(given.set,))
    thread.start()
    control.request_weights()
    assert given.wait(5)
    assert thread.is_alive()
    control.resume()
    thread.join(5)


def test_a_learning_rate_is_taken_once() -> None:
    control = RunControl()
    control.set_learning_rate(0.5)
    assert control.wanted
    assert control.take_learning_rate() == 0.5
    assert control.take_learning_rate() is None


def test_slow_motion_waits_between_steps_and_can_be_paused_and_ended() -> None:
    control = RunControl()
    control.set_pace(20)
    assert control.wanted
    began = time.monotonic()
    for _ in range(5):
        control.obey(_nothing)
    assert time.monotonic() - began >= 4 / 20
    control.set_pace(1e-3)

    def wait() -> None:
        with pytest.raises(Cancelled):
            control.obey(_nothing)

    thread = threading.Thread(target=wait)
    thread.start()
    control.pause()
    thread.join(0.05)
    assert thread.is_alive()
    control.cancel()
    thread.join(5)
    assert not thread.is_alive()


def test_full_speed_ends_slow_motion_at_once() -> None:
    control = RunControl()
    control.set_pace(1e-3)
    control.obey(_nothing)
    thread = threading.Thread(target=control.obey, args=(_nothing,))
    thread.start()
    control.set_pace(0)
    thread.join(5)
    assert not thread.is_alive()
    assert not control.wanted
