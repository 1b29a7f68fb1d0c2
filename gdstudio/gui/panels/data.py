"""What is trained on: the table, what its columns are, how rows are kept back and numbers prepared."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gdstudio.core.fields import describe
from gdstudio.core.registry import registry
from gdstudio.core.spec import ColumnSpec, FileSource, PreparationSpec, SplitSpec
from gdstudio.gui.columns import ColumnsModel, ColumnsView
from gdstudio.gui.dialogs.column import ColumnDialog
from gdstudio.gui.forms import Form
from gdstudio.gui.jobs import Jobs
from gdstudio.gui.leakage import LeakageWatch
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.collapsible import CollapsiblePanel
from gdstudio.gui.widgets.load_bar import LoadBar

_VISIBLE_ROWS = 7


class DataPanel(QWidget):
    """Draws the data section of the spec and edits it.

    Signals:
        open_wanted: A person wants to choose a file.
    """

    summary_changed = Signal(str)
    open_wanted = Signal()

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.data")
        self._session = session
        self._watch = LeakageWatch(jobs, self)
        self._theme = theme
        self._open = named(
            QPushButton("Open file…"), "data.open_button", "Open file", "Open a table from a file (Ctrl+O)"
        )
        self._open.clicked.connect(self.open_wanted)
        self._sample = named(QComboBox(), "data.source.kind", "Sample data", "Tables that come with the program")
        for key, entry in registry("samples").items():
            self._sample.addItem(entry.label, key)
        self._sample.activated.connect(self._choose_sample)
        self._load_bar = LoadBar()
        self._load_bar.cancelled.connect(session.cancel_loading)
        session.loading_changed.connect(self._load_bar.show_loading)
        session.loading_progressed.connect(self._load_bar.show_share)
        self._name = named(QLabel(wordWrap=True), "data.name", "Table")
        self._source_form: Form | None = None
        self._target = self._combo("data.target", "Target", "The column to predict", self._choose_target)
        self._positive = self._combo(
            "data.positive_class", "Positive class", "The class that precision and recall speak of",
            self._choose_positive,
        )  # fmt: skip
        self._columns = ColumnsModel(self)
        self._columns.edited.connect(self._edit_column)
        self._view = ColumnsView(self._columns)
        self._view.doubleClicked.connect(self._prepare_clicked)
        self._prepare = named(
            QPushButton("Prepare column…"), "data.prepare_column", "Prepare column",
            "Missing values, scale, outliers and the order of the chosen column's categories",
        )  # fmt: skip
        self._prepare.clicked.connect(self._prepare_column)
        self._split = Form(SplitSpec, "data.split", theme=theme)
        self._preparation = Form(PreparationSpec, "data.preparation", theme=theme)
        self._notes = named(QLabel(wordWrap=True), "data.notes", "What was done to the data")
        self._notes.setProperty("role", "muted")
        self._leakage = named(QLabel(wordWrap=True), "data.leakage", "Features that give the target away")
        self._leakage.setProperty("role", "warning")
        self._problem = named(QLabel(wordWrap=True), "data.problem", "Problem with the data")
        self._problem.setProperty("role", "error")
        self._lay_out()
        for form in (self._split, self._preparation):
            form.edited.connect(self._edit)
        session.spec_changed.connect(self._refresh)
        session.table_changed.connect(self._refresh)
        self._watch.changed.connect(self._refresh_leakage)
        session.refused.connect(self._split.set_problem)
        session.refused.connect(self._preparation.set_problem)
        self._refresh()
        self._refresh_leakage()

    def _combo(self, name: str, label: str, tip: str, chosen: object) -> QComboBox:
        combo = named(QComboBox(), name, label, tip)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.activated.connect(chosen)
        return combo

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self._open)
        buttons.addWidget(self._sample, 1)
        self._choices = QGridLayout()
        self._choices.setColumnStretch(1, 1)
        self._target_label, self._positive_label = QLabel("Target"), QLabel("Positive class")
        for row, (label, combo) in enumerate(
            ((self._target_label, self._target), (self._positive_label, self._positive))
        ):
            label.setBuddy(combo)
            self._choices.addWidget(label, row, 0)
            self._choices.addWidget(combo, row, 1)
        self._layout = QVBoxLayout(self)
        self._layout.addLayout(buttons)
        self._layout.addWidget(self._load_bar)
        self._layout.addWidget(self._name)
        self._source_place = QVBoxLayout()
        self._layout.addLayout(self._source_place)
        self._layout.addLayout(self._choices)
        split = CollapsiblePanel(
            self._theme, "Split", "call-split", self._split, name="data.split.header", expanded=False
        )
        preparation = CollapsiblePanel(
            self._theme, "Preparation", "auto-fix", self._preparation, name="data.preparation.header", expanded=False
        )
        self._fold_split, self._fold_preparation = split, preparation
        for widget in (self._view, self._prepare, self._problem, self._leakage, self._notes, split, preparation):
            self._layout.addWidget(widget)

    def announce(self) -> None:
        """Emit the summary for a listener that was not there at first."""
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        spec, table = self._session.spec, self._session.table
        is_file = isinstance(spec.data.source, FileSource)
        self._sample.setCurrentIndex(-1 if is_file else self._sample.findData(spec.data.source.kind))
        self._sample.setPlaceholderText("Samples")
        self._refresh_source_form()
        self._split.show_values(spec.data.split)
        self._fold_split.set_summary(_split_summary(spec.data.split))
        self._fold_preparation.set_summary(_preparation_summary(spec.data.preparation))
        self._preparation.show_values(spec.data.preparation)
        problem = self._session.data_problem
        self._problem.setText(str(problem or ""))
        self._problem.setVisible(problem is not None)
        for widget in (self._target, self._target_label, self._view, self._prepare, self._name):
            widget.setVisible(table is not None)
        dataset = self._session.dataset
        if dataset is not None and problem is None:
            self._watch.look_at(dataset.spec, dataset.table)
        binary = dataset is not None and dataset.task == "binary" and problem is None
        self._positive.setVisible(binary)
        self._positive_label.setVisible(binary)
        if table is None:
            self.summary_changed.emit("No table yet")
            return
        rows, columns = table.frame.shape
        self._name.setText(f"<b>{table.name}</b> · {rows:,} rows, {columns:,} columns")
        self._name.setToolTip(table.description)
        specs = spec.data.columns
        self._columns.show_columns(table, specs)
        height = self._view.verticalHeader().defaultSectionSize() * (min(columns, _VISIBLE_ROWS) + 1)
        self._view.setFixedHeight(height + 2 * self._view.frameWidth() + self.fontMetrics().height() // 2)
        names = [c.name for c in table.columns]
        _fill(self._target, names, spec.data.target)
        _fill(self._positive, sorted(dataset.classes) if binary and dataset else [], spec.data.positive_class)
        self._notes.setText("\n".join(dataset.notes) if dataset is not None and problem is None else "")
        self._notes.setVisible(bool(self._notes.text()))
        target = f", predicts {spec.data.target}" if spec.data.target else ""
        self.summary_changed.emit(f"{table.name}, {rows:,} rows{target}")

    @Slot()
    def _refresh_leakage(self) -> None:
        self._leakage.setText("\n".join(self._watch.sentences))
        self._leakage.setVisible(bool(self._leakage.text()))

    def _refresh_source_form(self) -> None:
        """The settings of a sample, e.g. the noise of the two moons."""
        source = self._session.spec.data.source
        if self._source_form is not None and self._source_form.model is not type(source):
            self._source_place.removeWidget(self._source_form)
            self._source_form.setParent(None)
            self._source_form.deleteLater()
            self._source_form = None
        if isinstance(source, FileSource):
            return
        if self._source_form is None:
            self._source_form = Form(type(source), "data.source", theme=self._theme)
            self._source_form.edited.connect(self._edit_source)
            self._source_place.addWidget(self._source_form)
            self._source_form.setVisible(not self._source_form.is_empty)
        self._source_form.show_values(source)

    @Slot(int)
    def _choose_sample(self, index: int) -> None:
        key = self._sample.itemData(index)
        self._session.load(registry("samples")[key].settings(kind=key))

    @Slot(str, object)
    def _edit_source(self, path: str, value: object) -> None:
        source = self._session.spec.data.source
        changed = registry("samples").settings(source.model_dump() | {path.split(".")[-1]: value})
        self._session.load(changed)

    @Slot(int)
    def _choose_target(self, index: int) -> None:
        self._session.choose_target(self._target.itemText(index))

    @Slot(int)
    def _choose_positive(self, index: int) -> None:
        self._session.edit({"data.positive_class": self._positive.itemText(index)})

    @Slot(str, str, str)
    def _edit_column(self, name: str, field: str, value: str) -> None:
        if field == "role" and value == "target":
            self._session.choose_target(name)
            return
        specs = dict(self._session.spec.data.columns)
        specs[name] = ColumnSpec.model_validate({**specs[name].model_dump(), field: value})
        self._session.edit_columns(specs)

    @Slot(QModelIndex)
    def _prepare_clicked(self, index: QModelIndex) -> None:
        if index.column() == 0:
            self._prepare_column()

    @Slot()
    def _prepare_column(self) -> None:
        """Open the editor of the column that is chosen in the list, or of the first."""
        table = self._session.table
        if table is None:
            return
        name = table.columns[max(self._view.currentIndex().row(), 0)].name
        if name in self._session.spec.data.columns:
            ColumnDialog(self._session, name, self._theme, self).open()

    @Slot(str, object)
    def _edit(self, path: str, value: object) -> None:
        self._session.edit({path: value})


def _split_summary(split: SplitSpec) -> str:
    """E.g. "60 % train, 20 % validation, 20 % test"."""
    train = 1 - split.validation - split.test
    return f"{100 * train:.3g} % train, {100 * split.validation:.3g} % validation, {100 * split.test:.3g} % test"


def _preparation_summary(preparation: PreparationSpec) -> str:
    """E.g. "Missing: median. Scale: mean 0, deviation 1"."""
    labels = {field.name: field.labels for field in describe(PreparationSpec)}
    impute, scale = labels["impute"][preparation.impute], labels["scale"][preparation.scale]
    return f"Missing numbers: {impute.lower()}; scale: {scale.lower()}"


def _fill(combo: QComboBox, names: list[str], chosen: str | None) -> None:
    if [combo.itemText(i) for i in range(combo.count())] != names:
        combo.clear()
        combo.addItems(names)
    combo.setCurrentIndex(names.index(chosen) if chosen in names else -1)
