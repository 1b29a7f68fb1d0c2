"""Finished runs to files, and runs from files: what the menus offer about them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from gdstudio.gui.actions import ActionRow
from gdstudio.gui.exports import FORMATS, Format, export_run, save_run
from gdstudio.gui.session import Session


class RunFiles:
    """Asks for a place, then writes or reads in the background.

    Args:
        session: Holds the runs.
        window: The dialogs' parent.
    """

    def __init__(self, session: Session, window: QWidget) -> None:
        self._session, self._window = session, window

    def rows(self) -> list[ActionRow]:
        """The actions."""
        return [
            ActionRow(
                "run.save", "Save &run…", self.save, "Ctrl+Alt+S", "content-save-outline", "Write the run's folder"
            ),
            ActionRow(
                "run.resume", "Go on with a saved r&un…", self.resume, "", "play-circle-outline",
                "Choose a run's folder and train on from its checkpoint",
            ),
            ActionRow(
                "run.recover", "Go on with the run that was &cut off", self.recover, "", "backup-restore",
                "The program ended while this run went; it goes on from its last checkpoint",
            ),
            ActionRow(
                "export.report", "Export a re&port…", partial(self.export, "report"), "Ctrl+E", "file-chart-outline",
                "The last run as one HTML file: data, settings, curves, scores with intervals, landscape",
            ),
            ActionRow(
                "export.script", "Export a &script…", partial(self.export, "script"), "", "language-python",
                "The last run as a Python script that stands alone and gives the same numbers",
            ),
        ]  # fmt: skip

    def save(self) -> None:
        """Ask for a folder and write the last finished run into it."""
        path, _ = QFileDialog.getSaveFileName(self._window, "Save the run as a folder", "run")
        if path:
            self._session.in_background(partial(save_run, self._session.runs[-1], Path(path)))

    def export(self, what: Format) -> None:
        """Ask for a file and write the last run into it."""
        title, kind, name = FORMATS[what]
        path, _ = QFileDialog.getSaveFileName(self._window, title, name, kind)
        if path:
            self._session.in_background(partial(export_run, self._session.runs[-1], what, Path(path)))

    def resume(self) -> None:
        """Ask for a run's folder and go on with it."""
        path = QFileDialog.getExistingDirectory(self._window, "Go on with the run in this folder")
        if path:
            self._session.resume_folder(Path(path))

    def recover(self) -> None:
        """Go on with a run that ended with the program that trained it."""
        folder = self._session.left_run
        if folder is not None:
            self._session.resume_folder(folder)
