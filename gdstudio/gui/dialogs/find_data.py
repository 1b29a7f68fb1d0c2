"""A project's data file is not where it was: it is found again, and known by its content."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import FileSource
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.theme import Theme


class FindDataDialog(QDialog):
    """Takes a file whose content has the hash that the project knows, and no other.

    Args:
        source: What the project was made with.
        jobs: Reads files for their hash.
        theme: Colours.

    Signals:
        found(path): This is the file.
    """

    found = Signal(object)

    def __init__(self, source: FileSource, jobs: Jobs, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.find_data")
        self.setWindowTitle("Find the data")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._source, self._jobs = source, jobs
        self._job: Job | None = None
        self._right: Path | None = None
        old = Path(source.path)
        text = QLabel(f"The project's data are not where they were: {old.name}", wordWrap=True)
        text.setProperty("role", "title")
        where = QLabel(f"They were in {old.parent}.", wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        where.setProperty("role", "muted")
        self._line = named(
            QLineEdit(placeholderText="The file, under whatever name"), "find_data.path", "File", "The data file"
        )
        self._line.editingFinished.connect(self._typed)
        browse = named(QPushButton("Choose…"), "find_data.browse", "Choose a file", "Look for the file")
        browse.clicked.connect(self._browse)
        name = QLabel("File")
        name.setBuddy(self._line)
        row = QHBoxLayout()
        row.addWidget(name)
        row.addWidget(self._line, 1)
        row.addWidget(browse)
        self._said = named(QLabel(wordWrap=True), "find_data.said", "Whether it is the file")
        self._said.setText("It is known by its content: the name and the folder may be others.")
        buttons = QDialogButtonBox()
        self._use = buttons.addButton("&Use this file", QDialogButtonBox.ButtonRole.AcceptRole)
        named(self._use, "find_data.use", "Use this file", "Its content is what the project was made with")
        self._use.setEnabled(False)
        without = buttons.addButton("Open &without the data", QDialogButtonBox.ButtonRole.RejectRole)
        named(without, "find_data.without", "Open without the data", "Curves, scores and settings are shown; nothing "
              "can be trained until data are opened")  # fmt: skip
        buttons.accepted.connect(self._accepted)
        buttons.rejected.connect(self.reject)
        self.finished.connect(self._give_up)
        layout = QVBoxLayout(self)
        layout.setSpacing(round(0.6 * theme.em))
        layout.addWidget(text)
        layout.addWidget(where)
        layout.addLayout(row)
        layout.addWidget(self._said)
        layout.addWidget(buttons)
        self.resize(round(36 * theme.em), self.sizeHint().height())

    @Slot()
    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Find the data", str(Path(self._source.path).parent), f"{Path(self._source.path).name};;All files (*)"
        )
        if path:
            self._line.setText(path)
            self._typed()

    @Slot()
    def _typed(self) -> None:
        """Compare the content, in the background: a large file takes a while."""
        path = Path(self._line.text().strip()).expanduser()
        if not self._line.text().strip() or path == self._right:
            return
        self._give_up()
        self._right = None
        self._use.setEnabled(False)
        self._say("Comparing…", "muted")

        def work(job: Job) -> tuple[Path, bool]:
            from gdstudio.data.load import file_hash

            return path, file_hash(path, lambda: job.cancelled) == self._source.sha256

        self._job = self._jobs.run(work, on_done=self._compared, on_failed=self._unread)

    @Slot(object)
    def _compared(self, answer: tuple[Path, bool]) -> None:
        self._job = None
        path, same = answer
        if same:
            self._right = path
            self._say("This is the file: its content is the same to the byte.", "success")
        else:
            self._say("This is another file, or an edited one: its content is not what the project was made with. "
                      "Open without the data, then open this file as new data.", "error")  # fmt: skip
        self._use.setEnabled(same)
        self._use.setDefault(same)

    @Slot(object)
    def _unread(self, error: Exception) -> None:
        self._job = None
        said = error.message if isinstance(error, StudioError) else getattr(error, "strerror", None) or str(error)
        self._say(f"It cannot be read: {said}", "error")

    def _say(self, text: str, role: str) -> None:
        self._said.setText(text)
        self._said.setProperty("role", role)
        self._said.style().unpolish(self._said)
        self._said.style().polish(self._said)

    @Slot()
    def _accepted(self) -> None:
        if self._right is not None:
            self.found.emit(self._right)
            self.accept()

    @Slot()
    def _give_up(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
