"""Which predictions are listed: their part, a filter, a search; and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QWidget

from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme

_PARTS = {"test": "Test rows", "validation": "Validation rows", "train": "Training rows"}
_FILTERS = {
    "all": ("All rows", "Every row, in the order of the source"),
    "wrong": ("Wrong only", "Rows whose predicted class is not the target's"),
    "uncertain": ("Least certain", "The 100 rows where the likeliest class leads the next one by least, closest first"),
    "error": ("Largest error", "The 100 rows that miss the target by most, worst first"),
}
_BUTTONS = {
    "file": ("Predict a file…", "file-search-outline", "Predict the rows of another file with this run's model"),
    "save": ("Save CSV…", "content-save-outline", "Write the listed rows, in their order, as a CSV file"),
    "data": ("Show in data", "table", "Show the selected row in the Data tab"),
    "explain": (
        "Explain",
        "lightbulb-on-outline",
        "Show what each column adds to this prediction; a double click on the row does the same",
    ),
}
#: A search begins so many milliseconds after the last key.
_PATIENCE = 250


def row_button(theme: Theme, name: str, call: Callable[[], object]) -> QPushButton:
    """One of the buttons around the list: ``file``, ``save``, ``data`` or ``explain``."""
    text, icon, tip = _BUTTONS[name]
    made = QPushButton(theme.icon(icon), text)
    made.clicked.connect(call)
    return named(made, f"predictions.{name}", text.rstrip("…"), tip)


class RowBar(QWidget):
    """The controls above the list.

    Signals:
        part_chosen: Another part.
        wish_changed: Another filter, or another word to search for.
        file_wanted: Another file is to be predicted.
        save_wanted: The rows are to be written.
    """

    part_chosen = Signal()
    wish_changed = Signal()
    file_wanted = Signal()
    save_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part = named(QComboBox(), "predictions.part", "Rows", "Whose predictions are listed")
        self._part.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._part.activated.connect(self.part_chosen)
        self._which = named(QComboBox(), "predictions.filter", "Show", "Which of the rows are listed")
        self._which.activated.connect(self.wish_changed)
        self._search = named(
            QLineEdit(placeholderText="Search…", clearButtonEnabled=True),
            "predictions.search",
            "Search",
            "Rows in which some cell holds this text; a number is looked for as it begins",
        )
        self._timer = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._timer.timeout.connect(self.wish_changed)
        self._search.textChanged.connect(self._typed)
        self.open = row_button(theme, "file", self.file_wanted.emit)
        self.save = row_button(theme, "save", self.save_wanted.emit)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._part)
        layout.addWidget(self._which)
        layout.addWidget(self._search, 1)
        layout.addWidget(self.open)
        layout.addWidget(self.save)

    @property
    def part(self) -> str | None:
        """Key of the chosen part; None where there is none."""
        key: str | None = self._part.currentData()
        return key

    @property
    def which(self) -> str:
        """Key of the chosen filter."""
        return str(self._which.currentData() or "all")

    @property
    def text(self) -> str:
        """What is searched for."""
        return self._search.text()

    @property
    def typing(self) -> bool:
        """Whether a search is about to begin."""
        return self._timer.isActive()

    def set_parts(self, counts: Mapping[str, int]) -> None:
        """Offer the parts that have rows; the chosen one stays where it is still there."""
        chosen = self._part.currentData()
        self._part.clear()
        for key, label in _PARTS.items():
            if key in counts:
                self._part.addItem(f"{label} ({counts[key]:,})", key)
        self._part.setCurrentIndex(max(0, self._part.findData(chosen)))

    def add_file(self, key: str, name: str, count: int) -> None:
        """Offer the rows of a file, in place of an older one's, and choose them."""
        if (place := self._part.findData(key)) >= 0:
            self._part.removeItem(place)
        self._part.addItem(f"{name} ({count:,})", key)
        self._part.setCurrentIndex(self._part.count() - 1)

    def choose_part(self, key: str) -> bool:
        """Choose a part; returns whether there is one of that key."""
        place = self._part.findData(key)
        if place >= 0:
            self._part.setCurrentIndex(place)
        return place >= 0

    def set_filters(self, *, classes: bool, known: bool) -> None:
        """Offer what can be asked: of classes or of numbers, with targets that are known or not."""
        fits = {"all": True, "wrong": classes and known, "uncertain": classes, "error": known}
        chosen = self._which.currentData()
        self._which.clear()
        for key, (label, tip) in _FILTERS.items():
            if fits[key]:
                self._which.addItem(label, key)
                self._which.setItemData(self._which.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self._which.setCurrentIndex(max(0, self._which.findData(chosen)))

    def reset(self) -> None:
        """All rows, and no search."""
        self._which.setCurrentIndex(0)
        self._search.clear()

    @Slot()
    def _typed(self) -> None:
        self._timer.start()
