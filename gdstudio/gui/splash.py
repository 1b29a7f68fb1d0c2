"""A picture while PyTorch loads, where that has to come before the window.

It is shown by a process of its own: on Windows PyTorch must be loaded before anything of Qt is, so the program itself
can draw nothing until then.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Makes the program show the picture and nothing else.
OPTION = "--splash"
#: Longer than any start; the picture goes then even where the program that it was for is gone.
_MOST_MILLISECONDS = 60_000
_WIDTH, _HEIGHT = 24, 12


class Splash:
    """The picture of a start, to be taken away."""

    def __init__(self, process: subprocess.Popen[bytes] | None) -> None:
        self._process = process

    def end(self) -> None:
        """Take the picture away; may be called more than once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None


@contextmanager
def splash() -> Iterator[Splash]:
    """Show the picture until it is ended, and no longer than the block. Without it a start is only less pretty."""
    command = [sys.executable, OPTION] if getattr(sys, "frozen", False) else [sys.executable, "-m", "gdstudio", OPTION]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError:
        process = None
    shown = Splash(process)
    try:
        yield shown
    finally:
        shown.end()


def show_splash() -> int:
    """The other process: the picture, until it is killed."""
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPixmap
    from PySide6.QtWidgets import QApplication, QSplashScreen

    from gdstudio.gui.theme import DARK, LIGHT
    from gdstudio.paths import resources

    application = QApplication(["gdstudio"])
    em = QFontMetricsF(application.font()).height()
    ratio = application.primaryScreen().devicePixelRatio()
    tokens = DARK if application.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
    picture = QPixmap(round(_WIDTH * em * ratio), round(_HEIGHT * em * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor(tokens.raised))
    area = picture.deviceIndependentSize()
    painter = QPainter(picture)
    side = round(5 * em)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    icon = QPixmap(str(resources() / "icons" / "gdstudio.png"))
    painter.drawPixmap(round((area.width() - side) / 2), round(1.5 * em), side, side, icon)
    painter.setPen(QColor(tokens.text))
    font = application.font()
    for line, (text, scale) in enumerate((("Gradient Descent Studio", 1.4), ("Loading…", 1.0))):
        font.setPointSizeF(application.font().pointSizeF() * scale)
        painter.setFont(font)
        painter.drawText(
            0, round((7.2 + 2 * line) * em), round(area.width()), round(2 * em), Qt.AlignmentFlag.AlignCenter, text
        )
    painter.end()
    screen = QSplashScreen(picture, Qt.WindowType.WindowStaysOnTopHint)
    screen.setAccessibleName("Gradient Descent Studio is loading")
    screen.show()
    QTimer.singleShot(_MOST_MILLISECONDS, application.quit)
    return application.exec()
