"""Where a project is saved, and whether its data go with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.spec import FileSource
from gdstudio.gui.dialogs.question import Answer, ask
from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.data.table import Table

SUFFIX = ".gdstudio"
KIND = f"Projects (*{SUFFIX})"


class SaveProjectDialog(QDialog):
    """Asks for a file, and for a table from a file whether its rows are put into the project.

    Args:
        path: The file that is offered.
        table: What is on screen; None where there is none.
        embed: What holds now.
        theme: Colours.

    Signals:
        chosen(path, embed): A file to save to, and whether the data go into it.
    """

    chosen = Signal(object, bool)

    def __init__(
        self, path: Path, table: Table | None, embed: bool, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.save_project")
        self.setWindowTitle("Save project as")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._path = named(QLineEdit(str(path)), "save_project.path", "File", "The project's file")
        self._path.textChanged.connect(self._look)
        browse = named(QPushButton("Choose…"), "save_project.browse", "Choose a file", "Choose a folder and a name")
        browse.clicked.connect(self._browse)
        name = QLabel("File")
        name.setBuddy(self._path)
        row = QHBoxLayout()
        row.addWidget(name)
        row.addWidget(self._path, 1)
        row.addWidget(browse)
        heading = QLabel("Data")
        heading.setProperty("role", "title")
        self._link = named(
            QRadioButton("Leave the data where they are"), "save_project.link", "Leave the data where they are",
            "The project holds the file's name and a hash that tells whether it is still the same file",
        )  # fmt: skip
        self._embed = named(
            QRadioButton("Put the data into the project"), "save_project.embed", "Put the data into the project",
            "The project holds every row and opens anywhere",
        )  # fmt: skip
        (self._embed if embed else self._link).setChecked(True)
        self._said = named(QLabel(wordWrap=True), "save_project.said", "What is saved")
        self._said.setProperty("role", "muted")
        self._table = table
        self._link.toggled.connect(self._look)
        self._said.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self._said.setAlignment(Qt.AlignmentFlag.AlignTop)
        buttons = QDialogButtonBox()
        self._save = buttons.addButton("&Save", QDialogButtonBox.ButtonRole.AcceptRole)
        named(self._save, "save_project.save", "Save", "Save the project").setProperty("role", "primary")
        cancel = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        named(cancel, "save_project.cancel", "Cancel", "Save nothing")
        buttons.accepted.connect(self._accepted)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(round(0.6 * theme.em))
        layout.addLayout(row)
        layout.addWidget(heading)
        for widget in (self._link, self._embed, self._said, buttons):
            layout.addWidget(widget)
        is_file = table is not None and isinstance(table.source, FileSource)
        for part in (self._link, self._embed):
            part.setVisible(is_file)
        heading.setVisible(is_file)
        self.resize(round(38 * theme.em), self.sizeHint().height())
        self._look()

    @property
    def path(self) -> Path:
        """The file that is named, with the ending of projects."""
        path = Path(self._path.text().strip()).expanduser()
        return path if path.suffix.lower() == SUFFIX else path.with_name(f"{path.name}{SUFFIX}")

    @Slot()
    def _look(self) -> None:
        self._save.setEnabled(bool(self._path.text().strip()))
        if self._table is None or not isinstance(self._table.source, FileSource):
            self._said.setText("The samples come with the program: the project only holds their names and settings.")
            return
        rows, columns = self._table.frame.shape
        if self._link.isChecked():
            text = (
                f"The project will look for {self._table.source.path}, and ask for it where it is not found. "
                "Its runs keep their curves and scores in any case."
            )
        else:
            text = f"All {rows:,} rows of {columns:,} columns go with the project, for whoever gets the file."
        self._said.setText(text)

    @Slot()
    def _browse(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, "Save project as", str(self.path), KIND, options=QFileDialog.Option.DontConfirmOverwrite
        )
        if path:
            self._path.setText(path)

    @Slot()
    def _accepted(self) -> None:
        path = self.path
        if not path.exists():
            self._take("replace")
            return
        ask(
            self,
            "question.replace",
            f"{path.name} is there already.",
            f"Saving replaces what is in {path}.",
            {
                "replace": Answer("&Replace", QMessageBox.ButtonRole.AcceptRole, "Save over the file"),
                "cancel": Answer("Cancel", QMessageBox.ButtonRole.RejectRole, "Choose another name"),
            },
            self._take,
            usual="cancel",
        )

    def _take(self, answer: str) -> None:
        if answer == "replace":
            self.chosen.emit(self.path, self._embed.isChecked() and self._embed.isVisibleTo(self))
            self.accept()
