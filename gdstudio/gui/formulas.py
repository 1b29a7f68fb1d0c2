"""Formulas, typeset in the theme's colour and crisp at every scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdstudio.gui.theme import Theme

#: Formulas are typeset once at this size and scaled when painted.
_TYPESET_SIZE = 48.0


class FormulaLabel(QWidget):
    """A formula in LaTeX's mathematics, never wider than its place.

    Args:
        theme: Gives the colour; followed while it changes.
        formula: What is shown; nothing, and no room taken, when empty.
        scale: Height of its letters against the text around it.
    """

    def __init__(self, theme: Theme, formula: str = "", *, scale: float = 1.3, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._scale = scale
        self._formula = ""
        self._stale = False
        self._renderer = QSvgRenderer(self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Formula")
        theme.changed.connect(self._load)
        self.set_formula(formula)

    @property
    def formula(self) -> str:
        """What is shown."""
        return self._formula

    def set_formula(self, formula: str) -> None:
        """Show another one."""
        if formula == self._formula:
            return
        self._formula = formula
        self.setAccessibleDescription(formula)
        if not formula:
            self.hide()
        elif self.parentWidget() is not None:  # shown without one, it would be a window
            self.show()
        # Typeset when a layout asks for its size: the first time takes a quarter of a second, and a folded panel
        # never asks.
        self._stale = True
        self.updateGeometry()
        self.update()

    @Slot()
    def _load(self) -> None:
        self._stale = False
        if self._formula:
            self._renderer.load(QByteArray(typeset(self._formula, self._theme.tokens.text).encode()))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Its natural size."""
        if self._stale:
            self._load()
        factor = self._scale * self.fontMetrics().height() / (1.3 * _TYPESET_SIZE)
        size = self._renderer.defaultSize() if self._formula else QSize(0, 0)
        return QSize(round(size.width() * factor) + 1, round(size.height() * factor) + 1)

    def minimumSizeHint(self) -> QSize:
        """It can shrink to half its size."""
        return self.sizeHint() / 2

    def hasHeightForWidth(self) -> bool:
        """It shrinks with its place."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Its height where it has that much room."""
        natural = self.sizeHint()
        if width >= natural.width() or not natural.width():
            return natural.height()
        return round(natural.height() * width / natural.width())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it at the left, in the middle."""
        if not self._formula or not self._renderer.isValid():
            return
        size = self.sizeHint().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        if size.width() > self.sizeHint().width():
            size = self.sizeHint()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._renderer.render(painter, QRectF(0, (self.height() - size.height()) / 2, size.width(), size.height()))
        painter.end()


@lru_cache(maxsize=256)
def typeset(formula: str, color: str) -> str:
    """The formula as SVG.

    Args:
        formula: LaTeX's mathematics.
        color: ``#rrggbb``.

    Raises:
        ValueError: ziamath cannot read it.
    """
    # Imported late: it costs a tenth of a second, and the window shows no formula at first.
    import ziamath

    # Qt draws SVG 1.1 (and Tiny 1.2): glyphs defined once and used by reference would be left out.
    ziamath.config.svg2 = False
    try:
        drawn: str = ziamath.Latex(formula, size=_TYPESET_SIZE, color=color).svg()
    except Exception as error:
        raise ValueError(f"{formula!r} is not a formula that can be drawn: {error}") from error
    return drawn
