"""The quantities of one optimizer step: what each is called, how it comes about, what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

if TYPE_CHECKING:
    from gdstudio.optim.anatomy import Line

_NUMBER = 2


class LinesTable(QTableWidget):
    """Each line's formula with its numbers put in; the exact value is in the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self.setHorizontalHeaderLabels(["Quantity", "How", "Is"])
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(True)
        # One that came and went would change the width that the rows were measured for.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        header = self.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_NUMBER, QHeaderView.ResizeMode.ResizeToContents)

    def show_sentence(self, sentence: str) -> None:
        """Say why there are no lines."""
        self.setRowCount(1)
        for column, text in enumerate((sentence, "", "")):
            self.setItem(0, column, QTableWidgetItem(text))

    def show_lines(self, lines: Sequence[Line], which: int) -> None:
        """Show them for one variable, by its place."""
        self.setRowCount(len(lines))
        for row, line in enumerate(lines):
            numbers = line.numbers(which)
            how = f"{line.formula}\n= {numbers}" if numbers else line.formula
            value = float(line.values[which])
            for column, text in enumerate((line.name, how, f"{value:.7g}")):
                item = QTableWidgetItem(text)
                item.setToolTip(repr(value) if column == _NUMBER else text)
                if column == _NUMBER:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)
        self.resizeRowsToContents()
