"""When the charts of a run are drawn next: smoothly at first, then as rarely as not to slow the run."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer

#: A short run is watched to its end; what its charts cost a longer one is over before it matters.
_SMOOTH_SECONDS = 0.5
#: Drawing and training share Python's lock: what the window's thread takes is missing from the run.
_SHARE = 0.04
_LONGEST_MILLISECONDS = 350
#: A run that takes fewer steps between two frames is one that is watched step by step, and waits for itself anyway.
_WATCHED_STEPS = 20


class FrameTimer(QTimer):
    """Fires while a run goes; :meth:`shown` says after each frame how far the run is.

    In the first seconds, and for a run in slow motion, it fires at the shortest intervals; after that so that the
    window's thread takes about a twenty-fifth of a core.

    Attributes:
        shortest: Between two frames, in milliseconds.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shortest = 40
        self._began = self._cpu = 0.0
        self._steps = 0

    def begin(self) -> None:
        """Fire from now on; nothing changes where it does already."""
        if not self.isActive():
            self._began, self._cpu, self._steps = time.perf_counter(), time.thread_time(), 0
            self.setInterval(self.shortest)
            self.start()

    def shown(self, steps: int) -> None:
        """A frame was drawn of a run that has taken ``steps``; sets when the next one comes."""
        cpu = time.thread_time()
        used, self._cpu = cpu - self._cpu, cpu
        taken, self._steps = steps - self._steps, steps
        if taken < _WATCHED_STEPS or time.perf_counter() - self._began < _SMOOTH_SECONDS:
            wanted = float(self.shortest)
        else:
            # Half of the way: one dear frame, e.g. of an axis that changes, does not make the next one late.
            wanted = (self.interval() + 1000 * used / _SHARE) / 2
        self.setInterval(round(max(min(wanted, _LONGEST_MILLISECONDS), self.shortest)))
