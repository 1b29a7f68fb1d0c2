"""Cyclic garbage is collected in the window's thread alone.

Python collects wherever an allocation happens to trip its counters, also in the thread that trains. A widget that is
part of a cycle would then be destroyed outside the window's thread, which ends the process without a word.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

#: As often as Python's own counters would, for the young generation of a program at rest.
_INTERVAL_MILLISECONDS = 1_000
#: Every so many young collections the old ones are looked at too: those take tens of milliseconds.
_FULL_EVERY = 60


class GarbageCollector(QObject):
    """Stands in for Python's automatic collection for as long as it lives.

    Args:
        parent: Ends with it.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._count = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MILLISECONDS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()
        gc.disable()

    @Slot()
    def collect(self) -> None:
        """Look at the young objects, and now and then at all of them."""
        self._count += 1
        gc.collect(2 if self._count % _FULL_EVERY == 0 else 1)

    @Slot()
    def spare(self) -> None:
        """Leave alone for good what is there now: imported libraries, whose walk would take a tenth of a second."""
        gc.freeze()

    def stop(self) -> None:
        """Leave collecting to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
