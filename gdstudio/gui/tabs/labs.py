"""Laboratories in the window: choose a question, run it in the background, read the answer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.gui.charts.lab import LabChart
from gdstudio.gui.charts.line import LineChart
from gdstudio.gui.chooser import EntryChooser
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.tables.view import TableView
from gdstudio.gui.tabs.labs_scene import RaceStage
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.scroll import scrolled

if TYPE_CHECKING:
    import pandas as pd

    from gdstudio.labs.entry import LabResult
    from gdstudio.labs.picture import Picture

#: More curves than this cannot be told apart.
_MOST_CURVES = 40
#: Where the words of a result's column alone would not say it.
_HEADINGS = {
    "iterations": "Steps to the target", "iterations_low": "Fewest", "iterations_high": "Most",
    "examples_to_target": "Examples to the target", "turns": "Share of turns", "steps_taken": "L1 by",
    "strength": "Strength λ",
    "noise": "Spread of losses", "cosine_at_start": "Cosine at the start", "cosine_at_end": "Cosine at the end",
    "near_zero": "Nearly zero", "gap": "Validation − training", "end": "Ends at", "share_low": "Share at least",
    "share_high": "Share at most",
}  # fmt: skip


class LabsTab(QWidget):
    """One laboratory at a time, on the experiment that is on screen.

    Signals:
        pictured(control, picture): A laboratory that is going has a coarse picture already; from its own thread.
    """

    pictured = Signal(object, object)

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.labs")
        self._session = session
        self._theme = theme
        self._jobs = jobs
        self._job: Job | None = None
        self._control: RunControl | None = None
        self._result: LabResult | None = None
        first = next(iter(registry("labs")))
        self._settings = registry("labs").settings(first)
        self._chooser = EntryChooser("labs", "lab", "Question", theme)
        self._chooser.edited.connect(self._edit)
        self._question = QLabel(wordWrap=True)
        self._question.setProperty("role", "title")
        self._start = named(
            QPushButton("Run"), "lab.start", "Run the laboratory", "Train all the runs in the background"
        )
        self._start.setProperty("role", "primary")
        self._start.clicked.connect(self._run)
        self._cancel = named(QPushButton("Cancel"), "lab.cancel", "Cancel the laboratory", "Keep what was done so far")
        self._cancel.clicked.connect(self._stop)
        self._save = named(QPushButton("Save…"), "lab.save", "Save the result", "Write the result into a folder")
        self._save.clicked.connect(self._save_result)
        self._bar = named(QProgressBar(), "lab.progress", "Progress of the laboratory")
        self._bar.setTextVisible(False)
        self._answer = named(QLabel(wordWrap=True), "lab.answer", "What was found")
        self._answer.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._answer.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._chart = LineChart(
            theme, "Loss of each case, median over seeds", "Mean loss of the epoch", "Epoch",
            empty="Press Run: every run's loss will be drawn here.",
        )  # fmt: skip
        self._chart.set_log_y(True)
        self._pictures = [LabChart(theme, empty="Press Run: the answer will be drawn here.")]
        self.pictured.connect(self._show_coarse)
        self._charts = named(QTabWidget(), "lab.charts", "Charts of the laboratory")
        self._charts.setDocumentMode(True)
        self._charts.addTab(self._pictures[0], "Answer")
        self._charts.addTab(self._chart, "Loss curves")
        self._stage = RaceStage(theme)
        for page, name in ((self._stage.boundaries, "Boundaries"), (self._stage.plane, "Shared landscape")):
            self._charts.setTabVisible(self._charts.addTab(page, name), False)
        self._charts.currentChanged.connect(self._show_player)
        self._table = named(TableView(theme), "lab.summary", "Summary of the laboratory")
        self._table.verticalHeader().hide()
        self._lay_out()
        self._show_player()
        session.table_changed.connect(self._refresh)
        session.opened.connect(self._opened)
        self._opened()

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        buttons = QHBoxLayout()
        for button in (self._start, self._cancel, self._save):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addWidget(self._question)
        column.addWidget(self._chooser)
        column.addLayout(buttons)
        column.addWidget(self._bar)
        column.addStretch(1)
        left.setMinimumWidth(round(18 * self._theme.em))
        right = QSplitter(Qt.Orientation.Vertical)
        middle = QWidget()
        stack = QVBoxLayout(middle)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.addWidget(self._charts, 1)
        stack.addWidget(self._stage.player)
        right.addWidget(middle)
        right.addWidget(self._table)
        right.setChildrenCollapsible(False)
        right.setStretchFactor(0, 3)
        right.setStretchFactor(1, 1)
        right.setSizes([round(n * self._theme.em) for n in (26, 12)])
        # Outside of the splitter: the answer is as high as its words need.
        page_right = QWidget()
        answered = QVBoxLayout(page_right)
        answered.setContentsMargins(0, 0, 0, 0)
        answered.addWidget(self._answer)
        answered.addWidget(right, 1)
        page = QSplitter(Qt.Orientation.Horizontal)
        page.addWidget(left)
        page.addWidget(page_right)
        page.setChildrenCollapsible(False)
        page.setStretchFactor(0, 1)
        page.setStretchFactor(1, 3)
        page.setSizes([round(n * self._theme.em) for n in (21, 50)])
        layout = QVBoxLayout(self)
        layout.addWidget(scrolled(page))

    @Slot()
    def _refresh(self) -> None:
        self._chooser.show_settings(self._settings)
        lab = registry("labs")[self._settings.kind]
        self._question.setText(lab.question)
        busy = self._job is not None
        ready = self._session.dataset is not None or not lab.wants_data(self._settings)
        self._start.setEnabled(not busy and ready)
        self._start.setToolTip(
            "Train all the runs in the background" if ready else "Open data first: this laboratory works on them"
        )
        self._answer.setVisible(bool(self._answer.text()))
        self._cancel.setEnabled(busy)
        self._save.setEnabled(self._result is not None and not busy)
        self._bar.setVisible(busy)
        self._table.setVisible(self._result is not None)

    @Slot(dict)
    def _edit(self, values: dict[str, object]) -> None:
        plain = self._settings.model_dump(mode="json")
        for path, value in values.items():
            name = path.removeprefix("lab.")
            plain = {"kind": value} if name == "kind" else {**plain, name: value}
        try:
            self._settings = registry("labs").settings(plain)
        except StudioError as error:
            self._chooser.show_problem(next(iter(values)), str(error))
            return
        if "lab.kind" in values and self._job is None:
            self._show(next((r for r in self._session.labs if r.lab == self._settings.kind), None))
        self._refresh()

    @Slot()
    def _opened(self) -> None:
        """Another project is on screen: show what was found last in it."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        kept = self._session.labs
        if kept:
            self._settings = kept[-1].settings
        self._show(kept[-1] if kept else None)
        self._refresh()

    @Slot()
    def _run(self) -> None:
        dataset, spec, settings = self._session.dataset, self._session.spec, self._settings
        if dataset is None and registry("labs")[settings.kind].wants_data(settings):
            return
        control = self._control = RunControl()
        entry = registry("labs")[settings.kind]
        lab = entry.build(settings)
        early = [lambda picture: self.pictured.emit(control, picture)] if entry.progressive else []
        self._bar.setRange(0, 1000)
        self._bar.setValue(0)
        self._job = self._jobs.run(
            lambda job: lab(spec, dataset, control, job.report, *early),
            on_done=self._done, on_failed=self._failed, on_progress=self._progressed, control=control,
        )  # fmt: skip
        self._answer.setText("")
        self._result = None
        self._refresh()

    @Slot()
    def _stop(self) -> None:
        """Between two steps every run ends, and what they have is shown."""
        if self._control is not None:
            self._control.cancel()

    def _progressed(self, share: float, text: str) -> None:
        self._bar.setValue(int(1000 * share))

    @Slot(object, object)
    def _show_coarse(self, control: RunControl, picture: Picture) -> None:
        """A picture on the way; one of a laboratory that has ended comes too late."""
        if self._job is None or control is not self._control:
            return
        self._show_pictures([picture])
        self._charts.setTabVisible(self._charts.indexOf(self._chart), False)

    def _show_pictures(self, pictures: Sequence[Picture]) -> None:
        """A tab for each, before the loss curves."""
        while len(self._pictures) < len(pictures):
            chart = LabChart(self._theme)
            chart.setObjectName(f"chart.lab.{len(self._pictures) + 1}")
            self._pictures.append(chart)
            self._charts.insertTab(len(self._pictures) - 1, chart, "")
        for number, chart in enumerate(self._pictures):
            self._charts.setTabVisible(number, number < len(pictures))
            if number < len(pictures):
                self._charts.setTabText(number, pictures[number].name)
                chart.set_picture(pictures[number])

    def _show_scene(self, result: LabResult) -> None:
        """The two pages of a race; those that have nothing to show are hidden."""
        scene = result.scene
        self._stage.set_scene(scene, result.picture)
        for page, there in (
            (self._stage.boundaries, scene is not None and scene.features is not None),
            (self._stage.plane, scene is not None and scene.has_plane),
        ):
            self._charts.setTabVisible(self._charts.indexOf(page), there)

    @Slot()
    def _show_player(self) -> None:
        """Only pages that can be played have a player."""
        pages = (self._stage.boundaries, self._stage.plane)
        self._stage.player.setVisible(self._charts.currentWidget() in pages)
        self._stage.refresh()

    def _done(self, result: LabResult) -> None:
        self._job = None
        if result.lab != self._settings.kind:  # another was looked at meanwhile
            self._settings = result.settings
        self._session.keep_lab(result)
        self._show(result)
        self._refresh()

    def _show(self, result: LabResult | None) -> None:
        """Answer, pictures and tables of a result; None for a laboratory that was not run yet."""
        self._result = result
        if result is None:
            self._answer.setText("")
            self._pictures[0].clear()
            self._chart.clear()
            self._stage.set_scene(None, None)
            for page in range(1, self._charts.count()):
                self._charts.setTabVisible(page, self._charts.widget(page) is self._chart)
            self._charts.setTabText(0, "Answer")
            self._charts.setTabVisible(0, True)
            self._charts.setCurrentIndex(0)
            return
        conclusion, *rest = result.sentences
        self._answer.setText(f"<b>{escape(conclusion)}</b><br>{escape(' '.join(rest))}")
        self._draw(result)

    def _failed(self, error: Exception) -> None:
        self._job = None
        self._answer.setText(escape(str(error)))
        self._refresh()

    def _draw(self, result: LabResult) -> None:
        import numpy as np
        import pandas as pd

        from gdstudio.gui.tables.frame import FrameModel

        at = self._charts.currentIndex()
        pictures = [result.picture, *result.more] if result.picture is not None else []
        self._show_pictures(pictures)
        self._show_scene(result)
        curves_at = self._charts.indexOf(self._chart)
        self._charts.setTabVisible(curves_at, bool(result.curves))
        # A second run of the same laboratory stays at the picture that is looked at.
        self._charts.setCurrentIndex(at if self._charts.isTabVisible(at) else 0 if pictures else curves_at)
        self._chart.clear()
        on_formula = bool(getattr(result.settings, "formula", ""))
        self._chart.set_title("Value of each case" if on_formula else "Loss of each case, median over seeds",
                              "f" if on_formula else "Mean loss of the epoch")  # fmt: skip
        self._chart.set_x_label("Step" if on_formula else "Epoch")
        curves = pd.DataFrame(list(result.curves), columns=["run", "epoch", "loss"])
        names = np.array([_name(row) for row in result.runs] if result.curves else [], dtype=object)
        curves["name"] = names[curves["run"].to_numpy(int)]
        # Runs that differ in their seed alone are one curve, their median.
        middle = curves.groupby(["name", "epoch"])["loss"].median()
        for index, name in enumerate(list(dict.fromkeys(names))[:_MOST_CURVES]):
            mine = middle.loc[name]
            self._chart.set_series(name, name, mine.index.to_numpy(float), mine.to_numpy(), color_index=index)
        self._table.set_model(FrameModel(_readable(pd.DataFrame(list(result.summary))), self._theme))

    @Slot()
    def _save_result(self) -> None:
        folder, _ = QFileDialog.getSaveFileName(self, "Save the result as a folder", self._settings.kind)
        if folder and self._result is not None:
            result = self._result
            self._jobs.run(lambda job: result.save(Path(folder)), on_failed=self._failed)


def _heading(column: str) -> str:
    """``iterations_low`` as a person writes it."""
    words = column.replace("_", " ").replace("r2", "R²")
    return _HEADINGS.get(column, words[:1].upper() + words[1:])


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    """A result's table with headings and names of measures in words."""
    if "measure" in frame:
        frame = frame.assign(measure=[_heading(name) for name in frame["measure"]])
    return frame.rename(columns=_heading)


def _name(row: object) -> str:
    """What a curve is called: by what was varied."""
    assert isinstance(row, dict)
    for key, text in (("optimizer", "{} {learning_rate:g}"), ("learning_rate", "rate {:g}"), ("batch_size", "batch {}"),
                      ("strength", "λ {:g}, {steps_taken}"), ("width", "width {width}, {rows} rows"),
                      ("seed", "seed {}")):  # fmt: skip
        if key in row:
            return text.format(row[key], **row)
    return f"run {row['run']}"
