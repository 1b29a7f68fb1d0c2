"""How a file is read, with its first rows as they will be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import Settings, registry
from gdstudio.core.spec import ColumnSpec, FileSource
from gdstudio.gui.columns import ColumnsModel, ColumnsView
from gdstudio.gui.forms import Form
from gdstudio.gui.imports import ImportMemory
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.data.preview import Preview

#: Fields that name a part of the file, and where its parts are listed among the details.
_PARTS = {"sheet": "sheets", "table": "tables"}
_MOST_NOTES = 12
#: Offered where a file has more rows; 0 is all of them.
_SAMPLES = (0, 10_000, 100_000, 1_000_000)


class ImportDialog(QDialog):
    """Shows what a file will be read as; every guess can be changed, and the preview follows.

    Holds what was asked for until it is accepted; the session hears of it only then.

    Args:
        path: The file.
        jobs: Reads the first rows in the background.
        theme: Colours.

    Signals:
        chosen(source, columns): Accepted: the file with the reader's settings, and what was said of columns.
    """

    chosen = Signal(object, object)

    def __init__(self, path: Path, jobs: Jobs, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.import")
        self.setWindowTitle(f"Open {path.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._path, self._jobs, self._theme = path, jobs, theme
        self._job: Job | None = None
        self._asked: Settings | None = None
        self._preview: Preview | None = None
        self._columns: dict[str, ColumnSpec] = {}
        self._form: Form | None = None
        self._summary = named(QLabel(wordWrap=True), "import.summary", "What the file is read as")
        self._summary.setTextFormat(Qt.TextFormat.PlainText)
        self._problem = named(QLabel(wordWrap=True), "import.problem", "Why the file cannot be read so")
        self._problem.setProperty("role", "error")
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._reader = named(QComboBox(), "import.reader", "Format", "What kind of file it is; found from its content")
        for key, entry in registry("readers").items():
            self._reader.addItem(entry.label, key)
        self._reader.activated.connect(self._choose_reader)
        self._reader.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._part_label = QLabel("Sheet")
        self._part = named(QComboBox(), "import.part", "Sheet or table", "Which part of the file is read")
        self._part.activated.connect(self._choose_part)
        self._part.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._rows_label = QLabel("Rows")
        self._rows = named(
            QComboBox(), "import.rows", "Rows", "How many rows are kept; the file is read whole, then rows are drawn"
        )
        self._rows.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._memory = ImportMemory()
        self._recalled = False
        self._words_label = QLabel("Missing words")
        self._words = named(
            QLineEdit(), "import.missing_words", "Missing-value words",
            "Words that stand for a missing value, with commas between; an empty cell is always missing",
        )  # fmt: skip
        self._words.editingFinished.connect(self._choose_words)
        self._others = QVBoxLayout()
        self._table = named(TableView(theme), "import.preview", "First rows as they will be read")
        self._model = ColumnsModel(self)
        self._model.edited.connect(self._edit_column)
        self._list = ColumnsView(self._model)
        self._list.setObjectName("import.columns")
        self._notes = named(QLabel(wordWrap=True), "import.notes", "What reading does")
        self._notes.setProperty("role", "muted")
        self._notes.setTextFormat(Qt.TextFormat.PlainText)
        self._buttons = QDialogButtonBox()
        accept = QDialogButtonBox.ButtonRole.AcceptRole
        self._load: QPushButton = self._buttons.addButton("&Load", accept)
        named(self._load, "import.load", "Load", "Read the whole file with these settings")
        self._again: QPushButton = self._buttons.addButton("&Guess again", QDialogButtonBox.ButtonRole.ResetRole)
        named(self._again, "import.guess", "Guess again", "Take back everything that was set here")
        cancel = self._buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        named(cancel, "import.cancel", "Cancel", "Leave everything as it is")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._again.clicked.connect(self._guess)
        self._lay_out()
        self.finished.connect(self._stop)
        reader, self._sample, self._columns = self._memory.recall(path)
        self._recalled = reader is not None
        self._ask(reader)

    def _lay_out(self) -> None:
        em = self._theme.em
        side = QWidget()
        column = QVBoxLayout(side)
        choices = QFormLayout()
        choices.addRow("Format", self._reader)
        choices.addRow(self._part_label, self._part)
        choices.addRow(self._rows_label, self._rows)
        choices.addRow(self._words_label, self._words)
        self._place = QVBoxLayout()
        column.addLayout(choices)
        column.addLayout(self._place)
        column.addLayout(self._others)
        column.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(side)
        area.setMinimumWidth(side.minimumSizeHint().width() + round(2 * em))
        self._side = area
        shown = QSplitter(Qt.Orientation.Vertical)
        shown.addWidget(self._table)
        shown.addWidget(self._list)
        shown.setSizes([round(18 * em), round(12 * em)])
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.addWidget(area)
        halves.addWidget(shown)
        halves.setSizes([round(22 * em), round(50 * em)])
        halves.setStretchFactor(1, 1)
        notes = QScrollArea(widgetResizable=True)
        notes.setFrameShape(QScrollArea.Shape.NoFrame)
        notes.setWidget(self._notes)
        notes.setMaximumHeight(round(7 * em))
        self._notes_area = notes
        layout = QVBoxLayout(self)
        layout.addWidget(self._summary)
        layout.addWidget(self._problem)
        layout.addWidget(halves, 1)
        layout.addWidget(notes)
        layout.addWidget(self._buttons)
        self.resize(round(76 * em), round(46 * em))

    # -- reading the first rows ---------------------------------------------------------------------------

    @Slot()
    def _guess(self) -> None:
        self._columns, self._sample, self._recalled = {}, 0, False
        self._rows.clear()
        self._ask(None)

    def _ask(self, asked: Settings | None) -> None:
        """Read the first rows with other settings; a read that is going is given up."""
        self._stop()
        self._asked = asked
        path = self._path

        def work(job: Job) -> Preview:
            from gdstudio.data.preview import preview

            return preview(path, asked, lambda: job.cancelled)

        self._load.setEnabled(False)
        self._summary.setText("Reading the first rows…")
        self._job = self._jobs.run(work, on_done=self._show, on_failed=self._refuse)

    @Slot()
    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    @Slot(object)
    def _refuse(self, error: Exception) -> None:
        self._job = None
        self._summary.setText(str(self._path))
        if self._recalled:
            # What was remembered no longer fits the file.
            self._guess()
            return
        self._problem.setText(str(error) if isinstance(error, StudioError) else f"It cannot be read: {error}")
        self._problem.show()

    @Slot(object)
    def _show(self, preview: Preview) -> None:
        from gdstudio.gui.tables.frame import FrameModel

        self._job = None
        self._preview = preview
        self._problem.hide()
        table, settings = preview.table, preview.settings
        rows, columns = table.frame.shape
        label = registry("readers")[preview.reader].label
        count = f"{rows:,} rows" if preview.whole else f"the first {rows:,} rows"
        again = " The settings of last time are used; Guess again takes them back." if self._recalled else ""
        self._summary.setText(
            f"{label}: {count}, {columns:,} columns, as they will be read. {_size(preview)}{again}".strip()
        )
        self._show_sample(preview.rows)
        self._load.setEnabled(rows > 0)
        self._reader.setCurrentIndex(self._reader.findData(preview.reader))
        self._show_form(settings)
        self._show_part(settings)
        words = getattr(settings, "missing_words", None)
        self._words.setVisible(words is not None)
        self._words_label.setVisible(words is not None)
        self._words.setText(", ".join(word for word in words or () if word))
        self._words.setCursorPosition(0)
        self._table.set_model(FrameModel(table.frame, self._theme))
        self._columns = {name: spec for name, spec in self._columns.items() if name in map(str, table.frame.columns)}
        self._show_columns()
        notes = list(table.notes)
        more = [f"… and {len(notes) - _MOST_NOTES} more."] if len(notes) > _MOST_NOTES else []
        self._notes.setText("\n".join(notes[:_MOST_NOTES] + more))
        self._notes_area.setVisible(bool(notes))
        self._show_alternatives()

    def _show_sample(self, count: int) -> None:
        """How many rows may be kept of a file that has more."""
        before = self._rows.currentData() if self._rows.count() else self._sample
        self._rows.clear()
        for rows in _SAMPLES:
            if rows < count:
                self._rows.addItem(f"{rows:,}, drawn at random" if rows else "All", rows)
        self._rows.setCurrentIndex(max(self._rows.findData(before), 0))
        for widget in (self._rows, self._rows_label):
            widget.setVisible(self._rows.count() > 1)

    def _show_form(self, settings: Settings) -> None:
        if self._form is not None and self._form.model is not type(settings):
            self._place.removeWidget(self._form)
            self._form.setParent(None)
            self._form.deleteLater()
            self._form = None
        if self._form is None:
            self._form = Form(type(settings), "import", theme=self._theme, omit=tuple(_PARTS))
            # Filled in is not changed: marks would stand at every guess.
            self._form.set_reset_highlight(False)
            self._form.edited.connect(self._edit)
            self._place.addWidget(self._form)
        self._form.show_values(settings)
        content = self._side.widget()
        if content is not None:
            self._side.setMinimumWidth(content.minimumSizeHint().width() + round(2 * self._theme.em))

    def _show_part(self, settings: Settings) -> None:
        """The list of sheets or tables, where the format has them."""
        assert self._preview is not None
        name = next((field for field in _PARTS if field in type(settings).model_fields), "")
        parts = self._preview.table.details.get(_PARTS.get(name, ""), []) if name else []
        self._part.clear()
        self._part.addItems([str(part) for part in parts])
        if name:
            self._part.setCurrentIndex(self._part.findText(str(getattr(settings, name))))
            self._part_label.setText(name.capitalize())
        self._part.setVisible(bool(parts))
        self._part_label.setVisible(bool(parts))

    def _show_columns(self) -> None:
        assert self._preview is not None
        columns = self._preview.table.columns
        specs = {c.name: ColumnSpec(role=c.role, type=c.type) for c in columns}
        for name, spec in self._columns.items():
            given = {key: value for key, value in spec.model_dump().items() if value}
            specs[name] = specs[name].model_copy(update=given)
        self._model.show_columns(self._preview.table, specs)

    def _show_alternatives(self) -> None:
        assert self._preview is not None
        while (item := self._others.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        for number, (sentence, _) in enumerate(self._preview.alternatives):
            label = QLabel(sentence, wordWrap=True)
            button = named(QPushButton("Read it so"), f"import.alternative.{number}", f"{sentence} Read it so.")
            button.setProperty("number", number)
            button.clicked.connect(self._take_alternative)
            for widget in (label, button):
                self._others.addWidget(widget)

    # -- what a person sets -------------------------------------------------------------------------------

    def _with(self, values: dict[str, Any]) -> None:
        """Ask for other values on top of what was asked for already; the rest is guessed anew."""
        if self._preview is None:
            return
        kind = self._preview.reader
        entry = registry("readers")[kind]
        before = self._asked if self._asked is not None and self._asked.kind == kind else entry.settings(kind=kind)
        try:
            asked = type(before).model_validate({**before.model_dump(), **values})
        except ValidationError as error:
            if self._form is not None:
                self._form.set_problem(f"import.{next(iter(values))}", error.errors()[0]["msg"])
            return
        self._ask(asked)

    @Slot(str, object)
    def _edit(self, path: str, value: object) -> None:
        self._with({path.split(".")[-1]: value})

    @Slot(int)
    def _choose_reader(self, index: int) -> None:
        key = self._reader.itemData(index)
        self._columns = {}
        self._ask(registry("readers")[key].settings(kind=key))

    @Slot(int)
    def _choose_part(self, index: int) -> None:
        name = "sheet" if self._part_label.text() == "Sheet" else "table"
        self._columns = {}
        self._with({name: self._part.itemText(index)})

    @Slot()
    def _choose_words(self) -> None:
        words = ("", *(word.strip() for word in self._words.text().split(",") if word.strip()))
        settings: Any = self._preview.settings if self._preview is not None else None
        if settings is not None and words != tuple(settings.missing_words):
            self._with({"missing_words": words})

    @Slot()
    def _take_alternative(self) -> None:
        assert self._preview is not None
        self._with(self._preview.alternatives[self.sender().property("number")][1])

    @Slot(str, str, str)
    def _edit_column(self, name: str, field: str, value: str) -> None:
        if field == "role" and value == "target":
            # One column is predicted: whatever was, is used to predict.
            for other, spec in self._columns.items():
                if spec.role == "target":
                    self._columns[other] = spec.model_copy(update={"role": "feature"})
            assert self._preview is not None
            for column in self._preview.table.columns:
                if column.role == "target" and column.name != name:
                    self._columns[column.name] = ColumnSpec(role="feature")
        spec = self._columns.get(name, ColumnSpec())
        self._columns[name] = ColumnSpec.model_validate({**spec.model_dump(), field: value})
        self._show_columns()

    @Slot()
    def accept(self) -> None:
        """Hand over what was asked for; what was left open is guessed from the whole file."""
        if self._preview is None or not self._load.isEnabled():
            return
        asked = self._asked or registry("readers")[self._preview.reader].settings(kind=self._preview.reader)
        part = {name: getattr(self._preview.settings, name) for name in _PARTS if hasattr(asked, name)}
        rows = self._rows.currentData() or 0
        source = FileSource(path=str(self._path), reader=asked.model_copy(update=part), sample_rows=rows)
        self._memory.remember(source, self._columns)
        self.chosen.emit(source, dict(self._columns))
        super().accept()


def _size(preview: Preview) -> str:
    """Rows and memory of a file that was not read whole."""
    if preview.whole or not preview.rows:
        return ""
    memory = f"about {preview.memory / 2**20:,.0f} MB" if preview.memory > 2**20 else "less than 1 MB"
    return f"The whole file has about {preview.rows:,} rows and will take {memory} of memory."
