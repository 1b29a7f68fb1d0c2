"""A table that can be sorted, copied and exported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QItemSelectionRange, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QFileDialog, QMenu, QMessageBox, QTableView, QWidget

from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_text
from gdstudio.data.spreadsheet import has_dangerous_text, made_safe
from gdstudio.gui.tables.frame import FrameModel
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

#: Rows whose texts decide how wide a column is; measuring all would take seconds.
_MEASURED_ROWS = 100
_WIDEST_CHARACTERS = 40
#: Copying more cells than this would freeze the window; saving a file does not.
_MOST_COPIED = 5_000_000


class TableView(QTableView):
    """Shows a :class:`FrameModel`.

    A click on a heading sorts, a third one restores the order; Ctrl+C copies what is selected for a spreadsheet.

    Signals:
        refused(sentence): Something could not be copied or saved.
    """

    refused = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("role", "table")
        self._sorted: tuple[int, Qt.SortOrder] | None = None
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        rows = self.verticalHeader()
        rows.setDefaultSectionSize(round(1.7 * theme.em))
        rows.setSectionResizeMode(rows.ResizeMode.Fixed)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setTextElideMode(Qt.TextElideMode.ElideRight)
        columns.setSectionsClickable(True)
        columns.setSortIndicatorShown(False)
        columns.sectionClicked.connect(self._sort_by)

    def set_model(self, model: FrameModel) -> None:
        """Show another frame, and let the old model go."""
        old = self.model()
        self.setModel(model)
        model.setParent(self)
        if old is not None:
            old.deleteLater()
        self._sorted = None
        self.horizontalHeader().setSortIndicatorShown(False)
        self._fit_columns(model)

    def _fit_columns(self, model: FrameModel) -> None:
        """Widths from headings and a sample of the rows."""
        metrics, heading = self.fontMetrics(), self.horizontalHeader().fontMetrics()
        count = model.rowCount()
        rows = range(0, count, max(1, count // _MEASURED_ROWS))
        room = round(1.6 * self._theme.em)
        widest = _WIDEST_CHARACTERS * metrics.averageCharWidth()
        for column in range(model.columnCount()):
            texts = (str(model.index(row, column).data()) for row in rows)
            needed = max((metrics.horizontalAdvance(text) for text in texts), default=0)
            name = str(model.headerData(column, Qt.Orientation.Horizontal))
            self.setColumnWidth(column, min(max(needed, heading.horizontalAdvance(name) + room), widest) + room)

    # -- sorting ---------------------------------------------------------------------------------------

    @Slot(int)
    def _sort_by(self, column: int) -> None:
        """Up, down, as it was."""
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        if self._sorted == (column, up):
            self._sorted = (column, down)
        elif self._sorted == (column, down):
            self._sorted = None
        else:
            self._sorted = (column, up)
        header = self.horizontalHeader()
        header.setSortIndicatorShown(self._sorted is not None)
        if self._sorted is not None:
            header.setSortIndicator(*self._sorted)
        self.apply_sort(self._sorted)

    def apply_sort(self, how: tuple[int, Qt.SortOrder] | None) -> None:
        """Sort by a column, or restore the order; where that takes long, a subclass does it in the background."""
        self.model().sort(*(how or (-1, Qt.SortOrder.AscendingOrder)))

    # -- copying and saving ----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C copies."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        super().keyPressEvent(event)

    @Slot()
    def copy(self) -> None:
        """Put the selected cells on the clipboard with every digit, tabs between columns."""
        selected = self.selected_frame()
        if selected is None:
            return
        if selected.size > _MOST_COPIED:
            self.refused.emit(f"{selected.size:,} cells are too many to copy. Save the table as a file instead.")
            return
        header = len(selected.columns) > 1 or len(selected) > 1
        QGuiApplication.clipboard().setText(
            selected.to_csv(sep="\t", index=False, header=header, lineterminator="\n").removesuffix("\n")
        )

    def selected_frame(self) -> pd.DataFrame | None:
        """What is selected, as the smallest rectangle around it; None where nothing is."""
        if self.selectionModel() is None or not self.selectionModel().hasSelection():
            return None
        ranges = cast(list[QItemSelectionRange], self.selectionModel().selection())
        rows = sorted({row for r in ranges for row in range(r.top(), r.bottom() + 1)})
        columns = sorted({column for r in ranges for column in range(r.left(), r.right() + 1)})
        return self._frame_model.shown_frame(rows).iloc[:, columns]

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Copy and save."""
        if self.model() is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(self._theme.icon("content-copy"), "Copy", self.copy)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setEnabled(self.selectionModel().hasSelection())
        menu.addAction(self._theme.icon("content-save-outline"), "Save as CSV…", self._ask_save)
        menu.popup(event.globalPos())

    @Slot()
    def _ask_save(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the table", "table.csv", "Tables (*.csv)")
        if not chosen:
            return
        safe = True
        if has_dangerous_text(self._frame_model.frame):
            safe = self._ask_safety()
        try:
            self.save_csv(Path(chosen), spreadsheet_safe=safe)
        except StudioError as error:
            self.refused.emit(str(error))
            QMessageBox.warning(self, "The table was not saved", str(error))

    def _ask_safety(self) -> bool:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Information)
        box.setText("Some texts begin with = + - or @. Spreadsheet programs would run them as formulas.")
        option = QCheckBox("Put an apostrophe in front of them")
        option.setChecked(True)
        box.setCheckBox(option)
        box.exec()
        return option.isChecked()

    def save_csv(self, path: Path, *, spreadsheet_safe: bool = False) -> None:
        """Write the table in the order on screen, floats so that they read back to the same bits.

        Args:
            path: The file.
            spreadsheet_safe: Whether texts that a spreadsheet program would run as formulas get an apostrophe.

        Raises:
            StudioError: The file cannot be written.
        """
        frame = self._frame_model.shown_frame()
        write_text(path, (made_safe(frame) if spreadsheet_safe else frame).to_csv(index=False, lineterminator="\n"))

    @property
    def _frame_model(self) -> FrameModel:
        model = self.model()
        assert isinstance(model, FrameModel)
        return model
