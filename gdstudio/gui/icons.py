"""Icons that are drawn from a font, in the colours in force whenever they are painted.

The font and the table of its characters are QtAwesome's. Its code is not imported: that, and QtPy below it, took a
tenth of the time until the window was there, to draw one character.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

log = logging.getLogger(__name__)

#: Of the icon's height, as QtAwesome has it: the rest is the character's bearing.
_SHARE = 0.875


def _fonts() -> Path:
    """The folder with QtAwesome's fonts; frozen, they are there without the package."""
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle:
        return Path(bundle) / "qtawesome" / "fonts"
    found = importlib.util.find_spec("qtawesome")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'qtawesome'", name="qtawesome")
    return Path(found.submodule_search_locations[0]) / "fonts"


@functools.cache
def _family() -> str:
    """Material Design Icons as Qt knows them; empty where the system allows no fonts of a program's own."""
    (path,) = _fonts().glob("materialdesignicons6-webfont-[0-9]*.ttf")
    families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(path)))
    if not families:
        log.warning("The icons' font %s cannot be used", path)
    return families[0] if families else ""


@functools.cache
def _characters() -> dict[str, str]:
    """Name of an icon → its code in the font, as hexadecimal digits."""
    (path,) = _fonts().glob("materialdesignicons6-webfont-charmap-*.json")
    codes: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return codes


class CharacterIcon(QIconEngine):
    """Paints a character of Material Design Icons.

    Args:
        name: Its name, e.g. ``"play"``.
        colors: Gives the colour in force, and the one where the icon is disabled.

    Raises:
        KeyError: There is no icon of that name.
    """

    def __init__(self, name: str, colors: Callable[[], tuple[QColor, QColor]]) -> None:
        super().__init__()
        self._name, self._colors = name, colors
        self._character = chr(int(_characters()[name], 16))

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paint the character, muted when disabled."""
        if not _family():
            return
        color, disabled = self._colors()
        painter.save()
        painter.setPen(disabled if mode == QIcon.Mode.Disabled else color)
        font = QFont(_family())
        font.setPixelSize(max(1, round(_SHARE * rect.height())))
        painter.setFont(font)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._character)
        painter.restore()

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
