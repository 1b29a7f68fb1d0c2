"""The hidden layers as rows that can be resized, moved, added and taken away."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from gdstudio.core.fields import FieldDescription
from gdstudio.gui.fields.number import NumberField
from gdstudio.gui.theme import Theme

MOST_UNITS = 4096
MOST_LAYERS = 32
_FIRST_UNITS = 16


class LayerEditor(QWidget):
    """One row a hidden layer.

    Holds no state: it draws the sizes that it is shown and announces those a person wants.

    Args:
        path: Dotted path of the setting, e.g. ``"model.hidden"``; row 0 is named ``model.hidden.0``.
        theme: Icons.

    Signals:
        edited(sizes): The sizes that are wanted, a tuple of ints.
    """

    edited = Signal(tuple)

    def __init__(self, path: str, theme: Theme | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(path)
        self.setAccessibleName("Hidden layers")
        self.setToolTip("Units of each hidden layer, from the inputs to the output")
        self._path = path
        self._theme = theme
        self._sizes: tuple[int, ...] | None = None
        self._rows: list[_LayerRow] = []
        self._place = QVBoxLayout()
        self._place.setSpacing(2)
        self._add = QPushButton("Add layer")
        self._add.setObjectName(f"{path}.add")
        self._add.setAccessibleName("Add a hidden layer")
        self._add.clicked.connect(self._append)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._place)
        layout.addWidget(self._add)
        if theme is not None:
            self._add.setIcon(theme.icon("plus"))
        self.show_sizes(())

    def show_sizes(self, sizes: Sequence[int]) -> None:
        """Draw these; nothing is emitted."""
        sizes = tuple(int(size) for size in sizes)
        if sizes == self._sizes:
            for row, size in zip(self._rows, sizes, strict=True):
                row.units.show_value(size)
            return
        self._sizes = sizes
        while len(self._rows) > len(sizes):
            row = self._rows.pop()
            self._place.removeWidget(row)
            row.setParent(None)
            row.deleteLater()
        while len(self._rows) < len(sizes):
            number = len(self._rows)
            row = _LayerRow(number, f"{self._path}.{number}", self._theme)
            row.resized.connect(partial(self._resize, number))
            row.moved.connect(partial(self._move, number))
            row.removed.connect(partial(self._remove, number))
            self._rows.append(row)
            self._place.addWidget(row)
        for number, (row, size) in enumerate(zip(self._rows, sizes, strict=True)):
            row.units.show_value(size)
            row.set_ends(first=number == 0, last=number == len(sizes) - 1)
        full = len(sizes) >= MOST_LAYERS
        self._add.setEnabled(not full)
        self._add.setToolTip(
            f"A network can have {MOST_LAYERS} hidden layers." if full else "Add a hidden layer before the output"
        )

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes on screen."""
        return self._sizes or ()

    @Slot()
    def _append(self) -> None:
        self.edited.emit((*self.sizes, self.sizes[-1] if self.sizes else _FIRST_UNITS))

    def _resize(self, number: int, units: int) -> None:
        self.edited.emit((*self.sizes[:number], units, *self.sizes[number + 1 :]))

    def _move(self, number: int, by: int) -> None:
        sizes = list(self.sizes)
        sizes[number], sizes[number + by] = sizes[number + by], sizes[number]
        self.edited.emit(tuple(sizes))

    def _remove(self, number: int) -> None:
        self.edited.emit((*self.sizes[:number], *self.sizes[number + 1 :]))


class _LayerRow(QWidget):
    """One layer: its number, its units, and buttons."""

    resized = Signal(object)
    moved = Signal(int)
    removed = Signal()

    def __init__(self, number: int, path: str, theme: Theme | None) -> None:
        super().__init__()
        label = QLabel(f"Layer {number + 1}")
        field = FieldDescription(
            name=path.rpartition(".")[2],
            kind="integer",
            label=f"Units of layer {number + 1}",
            help="How many units the layer has.",
            default=_FIRST_UNITS,
            minimum=1,
            maximum=MOST_UNITS,
        )
        self.units = NumberField(field, path)
        label.setBuddy(self.units)
        self.units.committed.connect(self.resized)
        self._problem = QLabel(wordWrap=True)
        self._problem.setProperty("role", "error")
        self._problem.hide()
        self.units.refused.connect(self._refused)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self.fontMetrics().height() // 4)
        row.addWidget(label)
        row.addWidget(self.units, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self._problem)
        self._buttons = []
        for name, icon, sign, tip in (
            ("up", "arrow-up", "↑", "Move towards the inputs"),
            ("down", "arrow-down", "↓", "Move towards the output"),
            ("remove", "close", "×", "Take this layer away"),
        ):
            button = QToolButton()
            button.setObjectName(f"{path}.{name}")
            button.setToolTip(tip)
            button.setAccessibleName(f"{tip}: layer {number + 1}")
            button.setIcon(theme.icon(icon)) if theme is not None else button.setText(sign)
            row.addWidget(button)
            self._buttons.append(button)
        up, down, remove = self._buttons
        up.clicked.connect(partial(self.moved.emit, -1))
        down.clicked.connect(partial(self.moved.emit, 1))
        remove.clicked.connect(self.removed)

    def set_ends(self, *, first: bool, last: bool) -> None:
        """The first cannot go up, the last not down."""
        up, down, _ = self._buttons
        up.setEnabled(not first)
        down.setEnabled(not last)

    @Slot(str)
    def _refused(self, sentence: str) -> None:
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))
