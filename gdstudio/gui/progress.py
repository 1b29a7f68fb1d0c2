"""How far a run is, in words that a person can plan with."""

from __future__ import annotations

import math

from gdstudio.gui.session import Session

_STATES = {
    "Idle": "Ready",
    "Running": "Training",
    "Paused": "Paused",
    "Stopping": "Stopping",
    "Done": "Done",
    "Failed": "Failed",
}
#: Before so much of a run is done, what is left cannot be said.
_TELLING_SHARE = 0.02


class ProgressReadout:
    """Reads share and text from a session's history; keeps nothing between two reads."""

    def read(self, session: Session) -> tuple[float, str]:
        """The share that is done, 0 … 1, and a line such as "Training · epoch 12 of 100 · 8 s left"."""
        if session.loading:
            return 0.0, "Loading data…"
        steps = session.history.steps.snapshot()
        taken = len(steps["step"])
        parts = [_STATES[session.state]]
        started = session.started
        if not taken or started is None:
            if session.state == "Running":
                parts = ["Preparing…"]
            return 0.0, parts[0]
        share = taken / max(started.total_steps, 1)
        epochs = math.ceil(started.total_steps / started.steps_per_epoch)
        parts.append(f"epoch {steps['epoch'][-1]:.0f} of {epochs:,}")
        parts.append(f"step {taken:,}")
        seconds = steps["seconds"][-1]
        if seconds > 0:
            parts.append(f"{_rounded(taken / seconds)} steps/s")
        if session.state in ("Running", "Paused") and share > _TELLING_SHARE:
            parts.append(f"{duration(seconds * (1 - share) / share)} left")
        if session.state == "Running":
            parts.append(started.device.upper())
        return share, " · ".join(parts)


def duration(seconds: float) -> str:
    """A time to wait, e.g. ``"8 s"``, ``"3 min"``, ``"2 h 10 min"``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _rounded(rate: float) -> str:
    """Two digits are all that a rate means."""
    if rate < 10:
        return f"{rate:.1f}"
    place = 10 ** max(0, int(math.log10(rate)) - 1)
    return f"{round(rate / place) * place:,}"
