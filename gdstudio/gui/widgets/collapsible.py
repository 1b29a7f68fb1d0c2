"""A panel that folds to one line which says what is in it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdstudio.gui.theme import Theme


class CollapsiblePanel(QFrame):
    """A title that opens and closes its content; closed, a one-line summary stands below the title.

    Enter and Space on the title do the same as a click; right opens, left closes.

    Args:
        theme: Colours and icons.
        title: What it holds.
        icon: One of Material Design Icons.
        content: What is folded away.
        name: Object name of the title, e.g. ``"panel.data.header"``.

    Signals:
        toggled(open): It was opened or closed.
    """

    toggled = Signal(bool)

    def __init__(
        self,
        theme: Theme,
        title: str,
        icon: str,
        content: QWidget,
        *,
        name: str = "",
        expanded: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("role", "panel")
        self.content = content
        self.header = QToolButton()
        self.header.setCheckable(True)
        self.header.setText(f"  {title}")
        self.header.setObjectName(name or f"{content.objectName()}.header")
        self.header.setProperty("role", "header")
        self.header.setIcon(theme.icon(icon, "accent"))
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.header.installEventFilter(self)
        self._title = title
        self._arrow = QLabel(self.header)
        self._arrow.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(self.header)
        row.setContentsMargins(0, 0, round(0.5 * theme.em), 0)
        row.addStretch(1)
        row.addWidget(self._arrow)
        self._summary = QLabel(wordWrap=True)
        self._summary.setProperty("role", "muted")
        self._summary.setContentsMargins(round(2.2 * theme.em), 0, round(0.5 * theme.em), round(0.4 * theme.em))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self.header, self._summary, content):
            layout.addWidget(widget)
        self.header.setChecked(expanded)
        self.header.toggled.connect(self._toggle)
        theme.changed.connect(self._draw)
        self._toggle(expanded)

    @property
    def is_expanded(self) -> bool:
        """Whether the content is shown."""
        return self.header.isChecked()

    def set_expanded(self, expanded: bool) -> None:
        """Open or close it."""
        self.header.setChecked(expanded)

    @Slot(str)
    def set_summary(self, text: str) -> None:
        """What stands below the title while it is closed."""
        self._summary.setText(text)
        self._summary.setVisible(bool(text) and not self.is_expanded)
        self._name()

    @property
    def summary(self) -> str:
        """What stands below the title while it is closed."""
        return self._summary.text()

    @Slot(bool)
    def _toggle(self, expanded: bool) -> None:
        self.content.setVisible(expanded)
        self._summary.setVisible(not expanded and bool(self._summary.text()))
        self._draw()
        self._name()
        self.toggled.emit(expanded)

    def _name(self) -> None:
        state = "open" if self.is_expanded else f"closed. {self._summary.text()}".strip()
        self.header.setAccessibleName(f"{self._title}, {state}")
        self.header.setToolTip(f"{'Close' if self.is_expanded else 'Open'} {self._title}")

    @Slot()
    def _draw(self) -> None:
        side = round(self._theme.em)
        icon = self._theme.icon("chevron-down" if self.is_expanded else "chevron-right", "muted")
        self._arrow.setPixmap(icon.pixmap(side, side))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the title; Space must not reach the window's shortcuts."""
        if isinstance(event, QKeyEvent):
            key = event.key()
            if event.type() == QEvent.Type.ShortcutOverride and key == Qt.Key.Key_Space:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                    self.header.toggle()
                    return True
                if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                    self.header.setChecked(key == Qt.Key.Key_Right)
                    return True
        return super().eventFilter(watched, event)
