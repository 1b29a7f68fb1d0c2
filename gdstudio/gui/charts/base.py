"""What all charts share: theme, gestures, read-out, export, empty places, words for assistive tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QPen
from PySide6.QtWidgets import QFileDialog, QLabel, QMenu, QVBoxLayout, QWidget

from gdstudio.core.errors import StudioError
from gdstudio.gui.charts import export
from gdstudio.gui.charts.axes import Axis, Gestures
from gdstudio.gui.charts.curve import Plot
from gdstudio.gui.charts.legend import Legend, LegendEntry
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    import pandas as pd


class Chart(QWidget):
    """A title, a legend and a plot.

    Subclasses draw on :attr:`plot` and override :meth:`recolor`, :meth:`fit`, :meth:`data`, :meth:`read_out` and
    :meth:`describe`.

    Args:
        theme: Colours; followed while it changes.
        title: What is shown, e.g. ``"Loss"``.
        empty: A sentence that stands in the plot while there is nothing to draw.
        name: Object name; a path-like form of the title when empty.

    Signals:
        refused(sentence): A picture or a file could not be written; the chart shows the sentence itself.
    """

    refused = Signal(str)

    def __init__(
        self,
        theme: Theme,
        title: str = "",
        *,
        empty: str = "There is nothing to draw yet.",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setObjectName(name or f"chart.{title.lower().replace(' ', '_')}")
        self._title = QLabel()
        self._title.setProperty("role", "title")
        self.legend = Legend(theme)
        self.view = Gestures()
        self.axes = {side: Axis(side) for side in ("left", "bottom")}
        self.plot = Plot(viewBox=self.view, axisItems=self.axes)
        for axis in self.axes.values():
            # The grid is drawn by the axes: below the view box (-100) and so below the curves, which it would cut.
            axis.setZValue(-200)
        self.plot.setObjectName(f"{self.objectName()}.plot")
        self.plot.setFrameShape(Plot.Shape.NoFrame)
        # A cached ground would be a picture inside a saved SVG, and one colour is as quick to fill.
        self.plot.setCacheMode(Plot.CacheModeFlag.CacheNone)
        self.plot.hideButtons()
        self.plot.getPlotItem().setMenuEnabled(False)
        self.plot.getPlotItem().setContentsMargins(0, 0, 0.5 * theme.em, 0)
        for widget in (self.plot, self.plot.viewport()):
            # Deferred to this widget, so that the menu key and the right button show one menu.
            widget.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._note = QLabel(wordWrap=True)
        self._note.setProperty("role", "error")
        self._note.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(0.2 * theme.em))
        for item in (self._title, self.legend, self._note):
            layout.addWidget(item)
        layout.addWidget(self.plot, 1)
        self._empty = QLabel(empty, self.plot, wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setProperty("role", "muted")
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._card = QLabel(self.plot, textFormat=Qt.TextFormat.RichText)
        self._card.setObjectName(f"{self.objectName()}.readout")
        self._card.setProperty("role", "readout")
        self._card.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._card.hide()
        self.plot.installEventFilter(self)
        self.plot.viewport().installEventFilter(self)
        self.plot.scene().sigMouseMoved.connect(self._hover)
        theme.changed.connect(self._theme_changed)
        self.setMinimumSize(round(12 * theme.em), round(8 * theme.em))
        self.set_title(title)
        self._paint_frame()

    # -- what subclasses say ---------------------------------------------------------------------------

    def recolor(self) -> None:
        """Draw everything in the theme's colours."""

    @Slot()
    def fit(self) -> None:
        """Show everything."""

    def data(self) -> pd.DataFrame:
        """The numbers that are drawn."""
        raise NotImplementedError

    def read_out(self, at: QPointF) -> str:
        """Rich text for the point ``at`` in the plot's coordinates; empty for none."""
        return ""

    def describe(self) -> str:
        """What is drawn, in words."""
        return ""

    # -- what subclasses use ---------------------------------------------------------------------------

    def set_title(self, title: str) -> None:
        """Another title."""
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self.setAccessibleName(f"Chart: {title}" if title else "Chart")

    @property
    def title(self) -> str:
        """What is shown."""
        return self._title.text()

    def set_axis_label(self, side: str, text: str) -> None:
        """The name of the ``left`` or ``bottom`` axis, with its unit."""
        self.axes[side].setLabel(text, color=self.theme.tokens.muted)
        self.axes[side].showLabel(bool(text))

    def set_legend(self, entries: Sequence[LegendEntry]) -> None:
        """What the lines are."""
        self.legend.set_entries(entries)

    def set_empty(self, empty: bool, sentence: str = "") -> None:
        """Show the sentence in place of the axes, or not."""
        if sentence:
            self._empty.setText(sentence)
        self._empty.setVisible(empty)
        self.plot.getPlotItem().setVisible(not empty)
        if empty:
            self._card.hide()
        self._place_empty()

    def html_row(self, color: str, label: str, value: str) -> str:
        """A row of the read-out's table."""
        return (
            f"<tr><td style='color:{color}'>●</td><td>{label}&nbsp;&nbsp;</td>"
            f"<td align='right'><b>{value}</b></td></tr>"
        )

    # -- theme -----------------------------------------------------------------------------------------

    @Slot()
    def _theme_changed(self) -> None:
        self._paint_frame()
        self.recolor()

    def _paint_frame(self) -> None:
        """Ground, axes and grid."""
        theme = self.theme
        self.plot.setBackground(theme.color("raised"))
        for axis in self.axes.values():
            axis.setPen(QPen(theme.color("line"), 1))
            axis.setTextPen(QPen(theme.color("muted")))
            axis.setTickPen(QPen(theme.color("grid"), 1))
            axis.setGrid(255)
            axis.label.setFont(self.font())
            if axis.labelText:
                axis.setLabel(axis.labelText, color=theme.tokens.muted)
        self.legend.update()

    # -- the pointer -----------------------------------------------------------------------------------

    @Slot(object)
    def _hover(self, where: QPointF) -> None:
        if self._empty.isVisible() or not self.view.sceneBoundingRect().contains(where):
            self.leave()
            return
        text = self.read_out(self.view.mapSceneToView(where))
        if not text:
            self.leave()
            return
        self._card.setText(text)
        self._card.adjustSize()
        self._place_card(self.plot.mapFromScene(where))
        self._card.show()

    def _place_card(self, cursor: QPoint) -> None:
        """Beside the cursor, where there is room."""
        gap, card, room = round(self.theme.em), self._card.size(), self.plot.size()
        x = cursor.x() + gap
        if x + card.width() > room.width():
            x = max(cursor.x() - gap - card.width(), 0)
        y = min(max(cursor.y() - card.height() // 2, 0), max(room.height() - card.height(), 0))
        self._card.move(x, y)

    def leave(self) -> None:
        """The pointer is gone: so is the read-out."""
        self._card.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the plot's size, the pointer when it leaves, and the double click that fits; prepare each painting."""
        if event.type() == QEvent.Type.Paint and watched is self.plot.viewport():
            self.plot.scene().prepareForPaint()
        elif event.type() == QEvent.Type.Leave:
            self.leave()
        elif event.type() == QEvent.Type.Resize and watched is self.plot:
            self._place_empty()
        elif event.type() == QEvent.Type.MouseButtonDblClick and watched is self.plot.viewport():
            self.fit()
            return True
        return False

    def _place_empty(self) -> None:
        margin = round(self.theme.em)
        self._empty.setGeometry(self.plot.rect().adjusted(margin, margin, -margin, -margin))

    # -- export ----------------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the chart."""
        menu = self.make_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def make_menu(self) -> QMenu:
        """The context menu; subclasses add to it."""
        menu = QMenu(self)
        rows: list[tuple[str, str, Callable[[], object]]] = [
            ("Fit", "arrow-expand-all", self.fit),
            ("Copy picture", "image-outline", self.copy_picture),
            ("Copy data", "content-copy", self.copy_data),
            ("Save picture…", "image-move", self._ask_picture),
            ("Save data…", "content-save-outline", self._ask_data),
        ]
        for text, icon, call in rows:
            action = menu.addAction(self.theme.icon(icon), text)
            action.setEnabled(not self._empty.isVisible())
            action.triggered.connect(call)
        menu.insertSeparator(menu.actions()[1])
        return menu

    @Slot()
    def copy_picture(self) -> None:
        """Put a picture on the clipboard."""
        self.leave()
        export.copy_picture(self)

    @Slot()
    def copy_data(self) -> None:
        """Put the numbers on the clipboard."""
        export.copy_data(self.data())

    def save_picture(self, path: Path) -> None:
        """Write PNG or SVG; raises StudioError where that is not possible."""
        self.leave()
        export.save_picture(self, path)

    def save_data(self, path: Path) -> None:
        """Write the numbers as CSV; raises StudioError where that is not possible."""
        export.save_data(self.data(), path)

    @Slot()
    def _ask_picture(self) -> None:
        self._ask("Save picture", "Pictures (*.png *.svg)", ".png", self.save_picture)

    @Slot()
    def _ask_data(self) -> None:
        self._ask("Save data", "Tables (*.csv)", ".csv", self.save_data)

    def _ask(self, title: str, kinds: str, ending: str, save: Callable[[Path], Any]) -> None:
        suggested = (self._title.text() or "chart").lower().replace(" ", "-") + ending
        chosen, _ = QFileDialog.getSaveFileName(self, title, suggested, kinds)
        if not chosen:
            return
        path = Path(chosen)
        try:
            save(path if path.suffix else path.with_suffix(ending))
            self._say("")
        except StudioError as error:
            self._say(str(error))
            self.refused.emit(str(error))

    def _say(self, sentence: str) -> None:
        self._note.setText(sentence)
        self._note.setVisible(bool(sentence))
