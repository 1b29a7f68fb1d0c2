"""A table of predictions whose order is found in the background, however many rows there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from gdstudio.core.control import Cancelled
from gdstudio.core.files import write_atomic
from gdstudio.data.spreadsheet import dangerous_count, made_safe
from gdstudio.gui.tables.ordering import permutation
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd

    from gdstudio.evaluation.prediction_rows import Filter
    from gdstudio.evaluation.predictions import Predictions

#: Column and direction; None for the order that the rows were given in.
Sorting = tuple[int, Qt.SortOrder] | None
_CHUNK_ROWS = 5_000


class PredictionsView(TableView):
    """Sorts by asking.

    Signals:
        sort_wanted(how): A person clicked on a heading; column and direction, or None.
        row_opened(row): A person double-clicked, or pressed Enter on, that row of the screen.
    """

    sort_wanted = Signal(object)
    row_opened = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setSelectionBehavior(TableView.SelectionBehavior.SelectRows)
        self.activated.connect(lambda index: self.row_opened.emit(index.row()))

    def apply_sort(self, how: Sorting) -> None:
        """Ask for another order."""
        self.sort_wanted.emit(how)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the row, also where the platform opens with a single click."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.row_opened.emit(index.row())


def order_of(
    frame: pd.DataFrame,
    predictions: Predictions,
    *,
    which: Filter,
    only: NDArray[np.intp] | None,
    text: str,
    how: Sorting,
    cancelled: Callable[[], bool],
) -> NDArray[np.intp]:
    """Which rows are shown, and in what order.

    Args:
        frame: Made by :func:`gdstudio.evaluation.prediction_rows.rows_frame`.
        predictions: The same rows.
        which: The filter.
        only: Places of the rows that come into question; None for all.
        text: What some cell must hold; anything where empty.
        how: Column and direction; None for the filter's own order.
        cancelled: Once true, :class:`Cancelled` is raised.
    """
    from gdstudio.evaluation.prediction_rows import filtered, found

    places = filtered(predictions, which)
    if only is not None:
        places = places[np.isin(places, only)]
    if text.strip():
        places = places[found(frame, text, cancelled)[places]]
    if cancelled():
        raise Cancelled
    if how is not None:
        column = frame.iloc[:, how[0]]
        # Rows that are the same in that column keep the filter's order.
        places = places[permutation(column if len(places) == len(frame) else column.iloc[places], how[1])]
    return places


def write_rows(
    frame: pd.DataFrame,
    places: NDArray[np.intp],
    path: Path,
    *,
    safe: bool,
    progress: Callable[[float], object],
    cancelled: Callable[[], bool],
) -> int:
    """Write rows as CSV with their number in the source first, a portion at a time.

    Args:
        frame: All rows; its index numbers them.
        places: Which, in order.
        path: The file.
        safe: Whether texts that a spreadsheet program would run as formulas get an apostrophe; numbers never do.
        progress: Called with the share that is written.
        cancelled: Once true, :class:`Cancelled` is raised and no file is left.

    Returns:
        Number of texts that were changed.

    Raises:
        StudioError: The file cannot be written.
        Cancelled: ``cancelled`` said so.
    """
    changed = 0

    def write(temporary: Path) -> None:
        nonlocal changed
        with temporary.open("w", encoding="utf-8", newline="") as stream:
            for start in range(0, max(len(places), 1), _CHUNK_ROWS):
                if cancelled():
                    raise Cancelled
                some = frame.iloc[places[start : start + _CHUNK_ROWS]]
                if safe:
                    changed += dangerous_count(some)
                    some = made_safe(some)
                some.to_csv(stream, header=start == 0, index_label="row", lineterminator="\n")
                progress(min(1.0, (start + _CHUNK_ROWS) / max(len(places), 1)))

    write_atomic(path, write)
    return changed
