"""Icons that are drawn from a font, in the colours in force whenever they are painted."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import qtawesome
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from qtawesome.iconic_font import IconicFont

_PREFIX = "mdi6"


@functools.cache
def _font() -> IconicFont:
    """Material Design Icons alone: QtAwesome's own way in reads and checks all twelve fonts that it brings."""
    folder = Path(qtawesome.get_fonts_info()[0])
    (font,) = folder.glob("materialdesignicons6-webfont-[0-9]*.ttf")
    (characters,) = folder.glob("materialdesignicons6-webfont-charmap-*.json")
    return IconicFont((_PREFIX, font.name, characters.name))


class CharacterIcon(QIconEngine):
    """Paints a character of Material Design Icons.

    Args:
        name: Its name, e.g. ``"play"``.
        colors: Gives the colour in force, and the one where the icon is disabled.
    """

    def __init__(self, name: str, colors: Callable[[], tuple[QColor, QColor]]) -> None:
        super().__init__()
        self._name, self._colors = name, colors

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paint the character, muted when disabled."""
        color, disabled = self._colors()
        shown = disabled if mode == QIcon.Mode.Disabled else color
        _font().icon(f"{_PREFIX}.{self._name}", color=shown).paint(painter, rect)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """A transparent picture of the character."""
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        """A second engine for a detached copy of the icon."""
        return CharacterIcon(self._name, self._colors)
