"""What a person reads, and can hand on, when the program has made a mistake."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from pathlib import Path

import PySide6
from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QFontDatabase, QFontMetricsF
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QStyle,
    QVBoxLayout,
    QWidget,
)

import gdstudio
from gdstudio.core.build import torch_build
from gdstudio.gui.crash import Incident
from gdstudio.gui.naming import named

#: Of the log's end, in the details.
_LOG_LINES = 40
#: So many different errors are shown in full.
_MOST_TRACES = 5
_LIBRARIES = ("numpy", "pandas", "scikit-learn", "pyqtgraph", "pydantic")


class CrashDialog(QDialog):
    """What happened, what is kept, and the details for whoever can mend it.

    Args:
        first: The error that opened it.
        kept: Says what is not lost.
        log_file: Where everything is written; None where there is none.
        parent: The window; None where it could not be made, so that there is nothing to go on with.

    Signals:
        quit_wanted: The person ends the program.
    """

    quit_wanted = Signal()

    def __init__(self, first: Incident, kept: str, log_file: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.crash")
        self.setWindowTitle("Something unexpected happened")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, parent is not None)
        self._log_file = log_file
        self._incidents: list[Incident] = []
        self._count = 0
        em = QFontMetricsF(self.font()).height()
        picture = QLabel()
        icon = self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        picture.setPixmap(icon.pixmap(round(2.5 * em)))
        self._said = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._said.setObjectName("crash.said")
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        safe = QLabel(kept, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        safe.setObjectName("crash.kept")
        safe.setVisible(bool(kept))
        hint = QLabel(
            "Nothing was sent anywhere. To have it mended, copy the details and hand them to whoever looks after the "
            "program; they may name files and columns of yours.",
            wordWrap=True,
        )
        hint.setProperty("role", "muted")
        self._details = named(QPlainTextEdit(readOnly=True), "crash.details", "Details", "What went wrong, and where")
        self._details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        words = QVBoxLayout()
        for label in (self._said, safe, hint):
            words.addWidget(label)
        top = QHBoxLayout()
        top.setSpacing(round(em))
        top.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self._details, 1)
        layout.addWidget(self._buttons(has_window=parent is not None))
        self.resize(round(42 * em), round(30 * em))
        self.add(first)

    def _buttons(self, *, has_window: bool) -> QDialogButtonBox:
        box = QDialogButtonBox()
        roles = QDialogButtonBox.ButtonRole
        self._copy = box.addButton("&Copy details", roles.ActionRole)
        named(self._copy, "crash.copy", "Copy details", "Versions, the error's place, and the end of the log")
        self._copy.clicked.connect(self._copy_details)
        opener = box.addButton("Open the &log", roles.ActionRole)
        named(
            opener, "crash.log", "Open the log", str(self._log_file or "There is no log: its folder cannot be written")
        )
        opener.setEnabled(self._log_file is not None)
        opener.clicked.connect(self._open_log)
        leave = box.addButton("&Quit", roles.DestructiveRole)
        named(leave, "crash.quit", "Quit", "End the program")
        leave.clicked.connect(self._leave)
        if has_window:
            stay = box.addButton("Co&ntinue", roles.AcceptRole)
            named(stay, "crash.continue", "Continue", "Go on working; save soon")
            stay.setDefault(True)
            stay.setFocus()
            box.accepted.connect(self.accept)
        return box

    def add(self, found: Incident) -> None:
        """Count one more error; one of another place is shown too."""
        self._count += 1
        places = {known.place for known in self._incidents}
        if found.place not in places and len(self._incidents) < _MOST_TRACES:
            self._incidents.append(found)
            self._details.setPlainText(self.details())
        more = self._count - 1
        others = "" if not more else " Another error followed." if more == 1 else f" {more:,} more errors followed."
        self._said.setText(
            "The program has made a mistake and gave up what it was doing at that moment: "
            f"{self._incidents[0].what.rstrip('.')}.{others}"
        )

    def details(self) -> str:
        """Everything that helps to find the mistake, as text, without the name of the person's folder."""
        parts = [
            f"{found.at} in thread {found.thread or 'unknown'}\n{found.trace.strip()}" for found in self._incidents
        ]
        parts.append(_versions())
        if self._log_file is not None:
            parts.append(f"End of the log\n{_tail(self._log_file)}")
        text = "\n\n".join(parts)
        home = str(Path.home())
        return text.replace(home, "~") if len(home) > 1 else text

    @Slot()
    def _copy_details(self) -> None:
        QApplication.clipboard().setText(self.details())
        self._copy.setText("Copied")

    @Slot()
    def _open_log(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_file)))

    @Slot()
    def _leave(self) -> None:
        self.accept()
        self.quit_wanted.emit()


def _versions() -> str:
    how = "frozen" if getattr(sys, "frozen", False) else "from source"
    lines = [
        f"Gradient Descent Studio {gdstudio.__version__}, {how}",
        f"Python {platform.python_version()}, Qt {PySide6.__version__}, PyTorch {torch_build()}",
        ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
        f"{platform.platform()}, {platform.machine()}, display {QApplication.platformName()}",
    ]
    return "\n".join(lines)


def _version(name: str) -> str:
    """Of an installed library; a frozen program knows only of those that it has loaded."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return str(getattr(sys.modules.get(name.replace("scikit-learn", "sklearn")), "__version__", "unknown"))


def _tail(path: Path) -> str:
    """The last lines of a file, read from its end."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 20_000))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except OSError as error:
        return f"It cannot be read: {error.strerror or error}"
    return "\n".join(lines[-_LOG_LINES:])
