"""Taking a chart elsewhere: a picture or its numbers, into a file or onto the clipboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QSize
from PySide6.QtGui import QGuiApplication, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_bytes, write_text

if TYPE_CHECKING:
    import pandas as pd

#: Pictures are drawn at least this many pixels a point, so that they stay crisp in print.
_PICTURE_SCALE = 2.0


def picture(widget: QWidget, scale: float = _PICTURE_SCALE) -> QPixmap:
    """The widget as a picture with ``scale`` pixels a device-independent one."""
    drawn = QPixmap(widget.size() * scale)
    drawn.setDevicePixelRatio(scale)
    drawn.fill(widget.palette().window().color())
    widget.render(drawn)
    return drawn


def save_picture(widget: QWidget, path: Path) -> None:
    """Write PNG or SVG, by the file's ending.

    Raises:
        StudioError: Another ending, or the file cannot be written.
    """
    match path.suffix.lower():
        case ".png":
            write_bytes(path, _png(picture(widget)))
        case ".svg":
            write_bytes(path, _svg(widget))
        case other:
            raise StudioError(
                f"A picture cannot be saved as “{other or path.name}”.", "End the file's name in .png or .svg."
            )


def _png(drawn: QPixmap) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    drawn.save(buffer, "PNG")
    return bytes(buffer.data().data())


def _svg(widget: QWidget) -> bytes:
    # In memory: its own writing does not notice a full disk.
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(widget.size()))
    generator.setViewBox(widget.rect())
    generator.setTitle(widget.accessibleName())
    generator.setDescription(widget.accessibleDescription())
    painter = QPainter(generator)
    painter.fillRect(widget.rect(), widget.palette().window())
    widget.render(painter, QPoint(0, 0))
    painter.end()
    return bytes(buffer.data().data())


def save_data(data: pd.DataFrame, path: Path) -> None:
    """Write CSV whose floats read back to the same bits; raises StudioError where it cannot."""
    write_text(path, data.to_csv(index=False, lineterminator="\n"))


def copy_picture(widget: QWidget) -> None:
    """Put a picture on the clipboard."""
    QGuiApplication.clipboard().setPixmap(picture(widget))


def copy_data(data: pd.DataFrame) -> None:
    """Put the numbers on the clipboard, as spreadsheets take them."""
    QGuiApplication.clipboard().setText(data.to_csv(index=False, sep="\t", lineterminator="\n"))
