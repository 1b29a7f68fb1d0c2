"""How often charts are drawn while a run goes."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from gdstudio.gui import frames
from gdstudio.gui.frames import FrameTimer


class Clock:
    """Stands in for the time module: what passes and what the thread works."""

    def __init__(self) -> None:
        self.now = self.worked = 0.0

    def perf_counter(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return self.worked

    def frame(self, timer: FrameTimer, cost: float) -> None:
        self.now += timer.interval() / 1000
        self.worked += cost


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(frames, "time", made)
    return made


def test_dear_frames_are_smooth_at_first_and_then_rare(qtbot: QtBot, clock: Clock) -> None:
    timer = FrameTimer()
    timer.begin()
    steps, early, late = 0, [], []
    for _ in range(300):
        clock.frame(timer, 0.006)
        steps += 500
        timer.shown(steps)
        (early if clock.now < 0.4 else late).append(timer.interval())
    timer.stop()
    assert set(early) == {40}
    # 6 ms of work each 150 ms are the 4 % that the window may take.
    assert late[-1] == pytest.approx(150, abs=2)


def test_cheap_frames_and_slow_motion_stay_smooth(qtbot: QtBot, clock: Clock) -> None:
    timer = FrameTimer()
    timer.begin()
    for steps in range(200):
        clock.frame(timer, 0.02)
        timer.shown(steps)
    assert timer.interval() == 40
    for steps in range(200, 100_000, 500):
        clock.frame(timer, 0.0005)
        timer.shown(steps)
    assert timer.interval() == 40
    timer.stop()


def test_frames_never_come_too_rarely_and_a_new_run_begins_anew(qtbot: QtBot, clock: Clock) -> None:
    timer = FrameTimer()
    timer.begin()
    for steps in range(0, 100_000, 500):
        clock.frame(timer, 0.2)
        timer.shown(steps)
    assert timer.interval() == 350
    timer.begin()
    assert timer.interval() == 350
    timer.stop()
    timer.begin()
    assert timer.interval() == 40
    timer.stop()
