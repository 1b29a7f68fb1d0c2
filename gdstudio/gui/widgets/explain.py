"""An explanation that is one click away: what it is, its formula, what to try."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gdstudio.gui.formulas import FormulaLabel
from gdstudio.gui.theme import Theme


class ExplainButton(QToolButton):
    """A small button that pops up a text.

    Args:
        theme: Colours.
        title: What is explained.
        text: A short text.
    """

    def __init__(self, theme: Theme, title: str = "", text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._popup: ExplainPopup | None = None
        self.setIcon(theme.icon("help-circle-outline", "muted"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self.update)
        self.clicked.connect(self._show)
        self.set_content(title, text)

    def set_content(
        self,
        title: str,
        text: str,
        formula: str = "",
        *,
        symbols: Sequence[tuple[str, str]] = (),
        advice: str = "",
        source: str = "",
    ) -> None:
        """What is popped up.

        Args:
            title: What is explained.
            text: A short text.
            formula: LaTeX's mathematics; may be empty.
            symbols: Symbol in LaTeX → what it is.
            advice: What to try.
            source: Where the formula is from.
        """
        self._content = (title, text, formula, tuple(symbols), advice, source)
        self.setAccessibleName(f"Explain {title}")
        self.setToolTip(f"What is {title}?" if title else "")
        self.setEnabled(bool(title or text))

    @property
    def popup(self) -> ExplainPopup | None:
        """What is open now."""
        return self._popup if self._popup is not None and self._popup.isVisible() else None

    @Slot()
    def _show(self) -> None:
        if self._popup is not None:
            self._popup.deleteLater()
        title, text, formula, symbols, advice, source = self._content
        self._popup = ExplainPopup(self._theme, self, title, text, formula, symbols, advice, source)
        self._popup.show_beside(self)


class ExplainPopup(QFrame):
    """The text, until a click elsewhere or Escape."""

    def __init__(
        self,
        theme: Theme,
        parent: QWidget,
        title: str,
        text: str,
        formula: str,
        symbols: Sequence[tuple[str, str]],
        advice: str,
        source: str,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "card")
        self.setObjectName("explanation")
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        em = theme.em
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(round(em),) * 4)
        layout.setSpacing(round(0.6 * em))
        heading = QLabel(title)
        heading.setProperty("role", "title")
        layout.addWidget(heading)
        layout.addWidget(_paragraph(text, em))
        if formula:
            layout.addWidget(FormulaLabel(theme, formula, scale=1.25))
        for symbol, meaning in symbols:
            layout.addWidget(_SymbolRow(theme, symbol, meaning))
        if advice:
            layout.addWidget(_paragraph(f"<b>Try:</b> {escape(advice)}", em, rich=True))
        if source:
            label = _paragraph(source, em)
            label.setProperty("role", "muted")
            layout.addWidget(label)

    def show_beside(self, button: QWidget) -> None:
        """Below the button, inside the screen."""
        self.adjustSize()
        room = button.screen().availableGeometry()
        below = button.mapToGlobal(QPoint(0, button.height()))
        x = min(below.x(), room.right() - self.width())
        y = below.y()
        if y + self.height() > room.bottom():
            y = button.mapToGlobal(QPoint(0, 0)).y() - self.height()
        self.move(max(x, room.left()), max(y, room.top()))
        self.show()


class _SymbolRow(QWidget):
    """A symbol of the formula and what it is."""

    def __init__(self, theme: Theme, symbol: str, meaning: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        formula = FormulaLabel(theme, symbol, scale=1.0)
        formula.setFixedWidth(max(formula.sizeHint().width(), round(3 * theme.em)))
        label = QLabel(meaning, wordWrap=True)
        label.setProperty("role", "muted")
        row.addWidget(formula)
        row.addWidget(label, 1)


def _paragraph(text: str, em: float, *, rich: bool = False) -> QLabel:
    label = QLabel(text, wordWrap=True)
    label.setTextFormat(Qt.TextFormat.RichText if rich else Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setFixedWidth(round(26 * em))
    return label
