"""Saving rows as CSV, with a word about spreadsheet programs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QFileDialog, QLabel, QVBoxLayout, QWidget

from gdstudio.gui.naming import named


class SaveRowsDialog(QDialog):
    """Says what will be written and how, then asks where.

    Signals:
        chosen(path, safe): The file, and whether texts that look like formulas are defused.
    """

    chosen = Signal(object, bool)

    def __init__(self, shown: int, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.save_rows")
        self.setWindowTitle("Save predictions")
        of = "" if shown == count else f" of {count:,}"
        text = f"{shown:,}{of} rows are written in the order on screen, with every digit."
        self.safe = named(
            QCheckBox("Safe for spreadsheet programs"),
            "save_rows.safe",
            "Safe for spreadsheet programs",
            "An apostrophe in front of such texts keeps a spreadsheet program from running them",
        )
        self.safe.setChecked(True)
        why = QLabel(
            "Texts that begin with = + - or @ get an apostrophe in front, or a spreadsheet program would run them as "
            "formulas. Numbers stay as they are.",
            wordWrap=True,
        )
        why.setProperty("role", "muted")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Save).setText("Choose a file…")
        buttons.accepted.connect(self._ask)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (QLabel(text), self.safe, why, buttons):
            layout.addWidget(widget)

    @Slot()
    def _ask(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save predictions", "predictions.csv", "Tables (*.csv)")
        if path:
            self.chosen.emit(Path(path), self.safe.isChecked())
            self.accept()
