"""Has the settings act on the window, and opens their dialog."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal, Slot
from PySide6.QtWidgets import QWidget

from gdstudio import paths
from gdstudio.core.errors import StudioError
from gdstudio.gui.frames import FrameTimer
from gdstudio.gui.preferences.store import PreferenceStore
from gdstudio.gui.theme import Scheme, Theme


class PreferenceControl(QObject):
    """Carries each change of a setting to what it is about.

    Args:
        store: Holds the settings.
        theme: Gets colours, text size and width of lines.
        frames: Gets the pace of redraws.
        parent: The window; its dialogs' parent.

    Signals:
        said(level, text, hint): Something to tell the person.
    """

    said = Signal(str, str, str)

    def __init__(self, store: PreferenceStore, theme: Theme, frames: FrameTimer, parent: QWidget) -> None:
        super().__init__(parent)
        self._store, self._theme, self._frames, self._window = store, theme, frames, parent
        frames.shortest = round(1_000 / store.values.redraws)
        store.changed.connect(self._act)

    def open_dialog(self) -> None:
        """Show the settings."""
        from gdstudio.gui.dialogs.settings import SettingsDialog

        SettingsDialog(self._store, self._theme, self._window).open()

    def choose_scheme(self, scheme: Scheme) -> None:
        """Other colours, as the View menu has them."""
        try:
            self._store.change("scheme", scheme)
        except StudioError as error:
            self.said.emit("warning", error.message, error.hint)

    def tell_problems(self) -> None:
        """Say what could not be read of the settings, once."""
        problems, self._store.problems = self._store.problems, []
        for problem in problems:
            self.said.emit("warning", problem, "")

    @Slot(str)
    def _act(self, name: str) -> None:
        values = self._store.values
        match name:
            case "scheme":
                self._theme.set_scheme(values.scheme)
            case "text_scale":
                self._theme.set_text_scale(values.text_scale)
            case "line_width":
                self._theme.set_line_width(values.line_width)
            case "redraws":
                self._frames.shortest = round(1_000 / values.redraws)
            case "folder":
                enter_folder(values.folder)


def enter_folder(folder: str) -> None:
    """Have dialogs that ask for a file begin there; stays where it is when that cannot be.

    Args:
        folder: Empty for where the program was started, or the documents where a desktop started it in a place of its
            own.
    """
    wanted = Path(folder).expanduser() if folder else None
    if wanted is None and getattr(sys, "frozen", False) and _is_nobodys(Path.cwd()):
        wanted = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
    if wanted is not None:
        try:
            os.chdir(wanted)
        except OSError:
            return


def _is_nobodys(folder: Path) -> bool:
    """Whether nobody keeps files there: the root, the program's own folder, or one that cannot be written."""
    return folder == Path(folder.anchor) or folder == paths.program_folder() or not os.access(folder, os.W_OK)
