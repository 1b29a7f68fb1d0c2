"""Buttons and a slider that play something step by step, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme

#: Looks a second.
_SPEEDS: Final = {"Slow": 3, "Normal": 8, "Fast": 20}


class Player(QWidget):
    """Goes through looks, each of which was taken after a number of steps.

    Signals:
        moved(step): Another look is wanted: the number of steps that had been taken.

    Args:
        theme: Icons.
        name: What the object names of the controls begin with.
    """

    moved = Signal(int)

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._steps: tuple[int, ...] = (0,)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._buttons: dict[str, QToolButton] = {}
        calls: tuple[tuple[str, str, str, str, Callable[[], None]], ...] = (
            ("first", "skip-backward", "To the start", "Back to the start", lambda: self._choose(0)),
            ("back", "skip-previous", "Step back", "One look back", lambda: self._choose(self._slider.value() - 1)),
            ("play", "play", "Play", "Let the looks follow one another, or pause", self._play),
            ("next", "skip-next", "Step", "One look on", lambda: self._choose(self._slider.value() + 1)),
            ("last", "skip-forward", "To the end", "To the last look", lambda: self._choose(len(self._steps) - 1)),
        )
        for key, icon, label, tip, call in calls:
            button = named(QToolButton(), f"{name}.{key}", label, tip)
            button.setIcon(theme.icon(icon))
            button.clicked.connect(lambda checked=False, call=call: call())
            row.addWidget(button)
            self._buttons[key] = button
        self._slider = named(QSlider(Qt.Orientation.Horizontal), f"{name}.step", "Step", "Drag to any moment")
        self._slider.valueChanged.connect(self._moved)
        self._slider.sliderPressed.connect(self.pause)
        row.addWidget(self._slider, 1)
        self._counter = QLabel()
        self._counter.setMinimumWidth(round(9 * theme.em))
        row.addWidget(self._counter)
        self._speed = named(QComboBox(), f"{name}.speed", "Speed", "How fast it plays")
        for label, speed in _SPEEDS.items():
            self._speed.addItem(label, speed)
        self._speed.setCurrentIndex(1)
        row.addWidget(self._speed)
        theme.changed.connect(self._recolor)

    def set_steps(self, steps: Sequence[int]) -> None:
        """Other looks, ascending; goes to the last."""
        self.pause()
        self._steps = tuple(steps) or (0,)
        self._slider.blockSignals(True)
        self._slider.setRange(0, len(self._steps) - 1)
        self._slider.setValue(len(self._steps) - 1)
        self._slider.blockSignals(False)
        self._moved(self._slider.value())

    @property
    def step(self) -> int:
        """Steps that had been taken at the look that is shown."""
        return self._steps[self._slider.value()]

    @property
    def playing(self) -> bool:
        """Whether looks follow one another."""
        return self._timer.isActive()

    @Slot()
    def pause(self) -> None:
        """Stay at this look."""
        self._timer.stop()
        self._recolor()

    @Slot()
    def _recolor(self) -> None:
        self._buttons["play"].setIcon(self._theme.icon("pause" if self.playing else "play"))

    def _choose(self, place: int) -> None:
        self.pause()
        self._slider.setValue(place)

    def _play(self) -> None:
        if self.playing:
            self.pause()
            return
        if self._slider.value() == self._slider.maximum():
            self._slider.setValue(0)
        self._timer.start(round(1000 / self._speed.currentData()))
        self._recolor()

    @Slot()
    def _tick(self) -> None:
        self._timer.setInterval(round(1000 / self._speed.currentData()))
        self._slider.setValue(self._slider.value() + 1)
        if self._slider.value() == self._slider.maximum():
            self.pause()

    @Slot(int)
    def _moved(self, place: int) -> None:
        self._counter.setText(f"Step {self._steps[place]:,} of {self._steps[-1]:,}")
        for key, off in (("first", 0), ("back", 0), ("next", len(self._steps) - 1), ("last", len(self._steps) - 1)):
            self._buttons[key].setEnabled(place != off)
        self.moved.emit(self._steps[place])

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing plays that nobody sees."""
        self.pause()
        super().hideEvent(event)
