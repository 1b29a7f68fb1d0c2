"""What of a landscape is shown: plane, measure, resolution, the weights it goes through, colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gdstudio.gui.naming import named
from gdstudio.gui.runs import Run
from gdstudio.gui.tabs.landscape_work import END, START, Wanted, places
from gdstudio.gui.theme import Theme

_PLANES: Final = {
    "random": "Two random directions",
    "trajectory": "The run's own path",
    "points": "Through three points",
    "line": "Line between two points",
}
MEASURES: Final = {
    ("train", "loss"): "Training loss",
    ("validation", "loss"): "Validation loss",
    ("train", "accuracy"): "Training accuracy",
    ("validation", "accuracy"): "Validation accuracy",
}
_GRIDS: Final = {25: "Coarse, 25 × 25", 49: "Medium, 49 × 49", 97: "Fine, 97 × 97"}
#: More directions than anyone will try.
_MAX_SEED: Final = 9_999
_LETTERS: Final = "ABC"


class LandscapeControls(QWidget):
    """The choices above the map; :attr:`side` holds those beside it.

    Signals:
        changed: Something else is to be computed.
        redraw: The same numbers are to be drawn otherwise.
    """

    changed = Signal()
    redraw = Signal()

    def __init__(self, theme: Theme, switch: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[Run, ...] = ()
        self._picked = False
        self._make_choices()
        self._make_points(theme)
        self._make_side()
        row = QHBoxLayout()
        for label, widget in (
            ("Run", self._run), ("Plane", self._plane), ("Map", self._on), ("Seed", self._seed), ("", self._grid)
        ):  # fmt: skip
            if label:
                name = QLabel(label)
                name.setBuddy(widget)
                row.addWidget(name)
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(switch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._through)
        self._show_points()

    # -- layout ----------------------------------------------------------------------------------------

    def _make_choices(self) -> None:
        self._run = named(QComboBox(), "landscape.run", "Run", "Whose model and data are mapped")
        self._run.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._plane = named(QComboBox(), "landscape.plane", "Plane", "Which plane through the space of weights")
        for plane, label in _PLANES.items():
            self._plane.addItem(label, plane)
        self._plane.setCurrentIndex(1)
        self._on = named(
            QComboBox(), "landscape.on", "What is mapped", "The number that is measured, and on which rows"
        )
        for key, label in MEASURES.items():
            self._on.addItem(label, ".".join(key))
        self._grid = named(QComboBox(), "landscape.grid", "Resolution", "Points a side of the finest picture")
        for grid, label in _GRIDS.items():
            self._grid.addItem(label, grid)
        self._grid.setCurrentIndex(1)
        self._seed = named(QSpinBox(), "landscape.seed", "Seed", "Another seed draws other random directions")
        self._seed.setMaximum(_MAX_SEED)
        for combo in (self._run, self._on, self._grid):
            combo.activated.connect(self.changed)
        self._plane.activated.connect(self._choose_plane)
        self._seed.valueChanged.connect(self.changed)

    def _make_points(self, theme: Theme) -> None:
        """Which weights a plane or a line goes through."""
        self._through = QWidget()
        row = QHBoxLayout(self._through)
        row.setContentsMargins(0, 0, 0, 0)
        self._points: list[QComboBox] = []
        self._names: list[QLabel] = []
        for letter in _LETTERS:
            combo = named(
                QComboBox(), f"landscape.point.{letter.lower()}", f"Point {letter}",
                "Weights that the plane goes through: the end, the start or a step of a run",
            )  # fmt: skip
            combo.setMinimumWidth(round(9 * theme.em))
            combo.activated.connect(self._pick)
            label = QLabel(letter)
            label.setBuddy(combo)
            row.addWidget(label)
            row.addWidget(combo)
            self._points.append(combo)
            self._names.append(label)
        row.addStretch(1)

    def _make_side(self) -> None:
        self._log = named(
            QCheckBox("Log scale"), "landscape.log", "Log scale", "Colours and heights by the logarithm of the value"
        )
        self._penalties = named(
            QCheckBox("With penalty"), "landscape.penalty", "With penalty", "Adds the L1 and L2 penalties to the loss"
        )
        self._everyone = named(
            QCheckBox("Other runs' paths"), "landscape.everyone", "Other runs' paths",
            "Draws the paths of the other shown runs that have equal layers and the same data",
        )  # fmt: skip
        self._fixed = named(
            QCheckBox("Keep colours"), "landscape.fixed", "Keep colours",
            "The colours keep their meaning from map to map, so that runs can be compared",
        )  # fmt: skip
        self._low = named(QLineEdit(), "landscape.low", "Lowest colour", "The value that the lowest colour stands for")
        self._high = named(
            QLineEdit(), "landscape.high", "Highest colour", "The value that the highest colour stands for"
        )
        ends = QHBoxLayout()
        ends.setContentsMargins(0, 0, 0, 0)
        ends.addWidget(self._low)
        ends.addWidget(QLabel("to"))
        ends.addWidget(self._high)
        self._ends = QWidget()
        self._ends.setLayout(ends)
        for edit in (self._low, self._high):
            edit.setValidator(QDoubleValidator(edit))
            edit.editingFinished.connect(self.redraw)
        self._ends.hide()
        self._penalties.toggled.connect(self.changed)
        self._everyone.toggled.connect(self.changed)
        self._log.toggled.connect(self.redraw)
        self._fixed.toggled.connect(self._fix)
        self.side: tuple[QWidget, ...] = (self._log, self._penalties, self._everyone, self._fixed, self._ends)
        self._extremes = (0.0, 1.0)

    # -- what is chosen --------------------------------------------------------------------------------

    @property
    def run_id(self) -> int | None:
        """The run that is mapped."""
        chosen = self._run.currentData()
        return None if chosen is None else int(chosen)

    @property
    def wanted(self) -> Wanted:
        """What the choices say."""
        on, measure = self._on.currentData().split(".")
        return Wanted(
            self._plane.currentData(), on, measure, self._grid.currentData(), self._seed.value(),
            self._penalties.isChecked(), tuple(c.currentData() or "" for c in self._shown_points()),
            self._everyone.isChecked() and self._plane.currentData() != "line",
        )  # fmt: skip

    @property
    def log(self) -> bool:
        """Whether colours go by the logarithm."""
        return self._log.isChecked()

    @property
    def limits(self) -> tuple[float, float] | None:
        """The values of the first and the last colour; None where each map has its own."""
        if not self._fixed.isChecked():
            return None
        try:
            low, high = float(self._low.text()), float(self._high.text())
        except ValueError:
            return None
        return (low, high) if low < high else None

    def suggest_log(self, log: bool) -> None:
        """Set the scale without a word; a kept scale stays."""
        if self._fixed.isChecked():
            return
        self._log.blockSignals(True)
        self._log.setChecked(log)
        self._log.blockSignals(False)

    def set_extremes(self, low: float, high: float) -> None:
        """Tell what the map holds, which is what is kept when colours are to be kept."""
        self._extremes = (low, high)

    def set_runs(self, runs: Sequence[Run]) -> None:
        """Offer these runs and their weights; a new run becomes the one that is mapped."""
        if tuple(runs) is self._runs:
            return
        before = {self._run.itemData(i) for i in range(self._run.count())}
        fresh = [run.id for run in runs if run.id not in before]
        _refill(self._run, [(run.id, run.name) for run in reversed(runs)], fresh[-1] if fresh else None)
        offered = places(runs)
        for combo in self._points:
            _refill(combo, offered, None)
        self._runs = tuple(runs)
        if fresh:
            self._picked = False
            self._suggest()
        self._show_points()

    def _suggest(self) -> None:
        """Three runs' ends where there are three, otherwise places of the newest; what a person picked stays."""
        if self._picked or not self._runs:
            return
        runs, newest = self._runs, self._runs[-1]
        keys = [f"{run.id}:{END}" for run in runs[-3:]]
        if len(keys) < 3:
            steps = [k for k, _ in places([newest])][2:]
            keys = [f"{newest.id}:{START}", steps[len(steps) // 2] if steps else "", f"{newest.id}:{END}"]
        if self._plane.currentData() == "line":
            keys = [f"{newest.id}:{START}", f"{newest.id}:{END}", ""]
        for key, combo in zip(keys, self._points, strict=True):
            combo.setCurrentIndex(max(combo.findData(key), 0))

    def _shown_points(self) -> list[QComboBox]:
        return self._points[: {"points": 3, "line": 2}.get(self._plane.currentData(), 0)]

    @Slot()
    def _choose_plane(self) -> None:
        self._suggest()
        self._show_points()
        self.changed.emit()

    @Slot()
    def _pick(self) -> None:
        self._picked = True
        self.changed.emit()

    def _show_points(self) -> None:
        plane = self._plane.currentData()
        shown = self._shown_points()
        self._through.setVisible(bool(shown))
        for combo, label, letter in zip(self._points, self._names, _LETTERS, strict=True):
            combo.setVisible(combo in shown)
            label.setVisible(combo in shown)
            label.setText({"A": "From", "B": "to"}.get(letter, letter) if plane == "line" else letter)
        self._seed.setEnabled(plane == "random")
        self._seed.setToolTip("Another seed draws other random directions" if plane == "random" else _NO_SEED)
        self._everyone.setEnabled(plane != "line")

    @Slot()
    def _fix(self) -> None:
        fixed = self._fixed.isChecked()
        if fixed:
            for edit, value in zip((self._low, self._high), self._extremes, strict=True):
                edit.setText(f"{value:.4g}")
        self._ends.setVisible(fixed)
        self.redraw.emit()


_NO_SEED: Final = "Nothing is drawn at random on this plane"


def _refill(combo: QComboBox, items: Sequence[tuple[object, str]], chosen: object) -> None:
    """Other items; the chosen one stays chosen where it is still there."""
    if [(combo.itemData(i), combo.itemText(i)) for i in range(combo.count())] == list(items):
        return
    kept = chosen if chosen is not None else combo.currentData()
    combo.clear()
    for data, label in items:
        combo.addItem(label, data)
    combo.setCurrentIndex(max(combo.findData(kept), 0))
