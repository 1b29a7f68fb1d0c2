"""The experiment on screen, or a descent, as a Python program that stands alone: it follows every edit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.errors import StudioError
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.race import label_of
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme
from gdstudio.gui.widgets.code_view import CodeView

if TYPE_CHECKING:
    from gdstudio.data.dataset import Dataset
    from gdstudio.projects.export.script import DataCode, Script
    from gdstudio.projects.export.verify import Verdict

_WAIT_MILLISECONDS = 250
_EMPTY = "Open a table or pick a sample: the Python program that does what is on screen will stand here."
_EXPERIMENT = "The experiment"
_NAME = "experiment.py"


class CodeTab(QWidget):
    """Makes the script in the background after an edit, while it is seen; what has changed stands out."""

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.code")
        self._session, self._theme, self._jobs = session, theme, jobs
        self._job: Job | None = None
        self._late = False
        self._verifying: Job | None = None
        self._script: Script | None = None
        self._shown_of = ""
        # Reading and splitting the rows as the script would takes time; an edit of the optimizer asks for neither.
        self._data: tuple[Dataset, DataCode] | None = None
        self._which = named(
            QComboBox(),
            "code.which",
            "Program of",
            "Whether the experiment on data or a descent on the formula is shown",
        )
        self._which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._which.activated.connect(self._make)
        label = QLabel("Program of")
        label.setBuddy(self._which)
        self.view = named(CodeView(theme), "code.text", "Program", "What is on screen, as Python with torch")
        self._instead = named(QLabel(_EMPTY, wordWrap=True), "code.instead", "Why there is no program")
        self._instead.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._instead.setProperty("role", "muted")
        self._verdict = named(QLabel(wordWrap=True), "code.verdict", "What verifying has shown")
        self._verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._verdict.hide()
        self._copy = self._button("copy", "content-copy", "Copy", "Put the program on the clipboard", self._copy_text)
        self._save = self._button(
            "save", "content-save-outline", "Save…", "Write the program to a file, with its rows where it needs them",
            self._ask_where,
        )  # fmt: skip
        self._verify = self._button("verify", "check-decagram-outline", "Verify", "", self._toggle_verify)
        self._changes = QLabel()
        self._changes.setProperty("role", "muted")
        self._next = self._button(
            "next", "arrow-down", "Next change", "Go to the next lines that the last edit has changed",
            self.view.show_next_change,
        )  # fmt: skip
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self._which)
        row.addStretch(1)
        row.addWidget(self._changes)
        for button in (self._next, self._copy, self._save, self._verify):
            row.addWidget(button)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._instead)
        self._pages.addWidget(self.view)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self._verdict)
        layout.addLayout(self._pages, 1)
        self._wait = QTimer(self, singleShot=True, interval=_WAIT_MILLISECONDS)
        self._wait.timeout.connect(self._make)
        for signal in (session.spec_changed, session.table_changed, session.race_changed):
            signal.connect(self._edited)
        session.runs_changed.connect(self._show_buttons)
        session.state_changed.connect(self._show_buttons)
        self._show_choices()
        self._show_buttons()

    def _button(self, key: str, icon: str, label: str, tip: str, call: Callable[[], object]) -> QPushButton:
        button = named(QPushButton(self._theme.icon(icon), label), f"code.{key}", label, tip)
        button.clicked.connect(lambda checked=False: call())
        return button

    def showEvent(self, event: QShowEvent) -> None:
        """Make what is about to be seen."""
        super().showEvent(event)
        self._edited()

    # -- the program -----------------------------------------------------------------------------------

    @Slot()
    def _edited(self) -> None:
        self._show_choices()
        if self.isVisible() and not self._jobs.closed:
            self._wait.start()

    def _show_choices(self) -> None:
        race, at = self._session.race, max(self._which.currentIndex(), 0)
        texts = [_EXPERIMENT, *(f"{label_of(o)} on the formula" for o in race.optimizers)]
        if texts != [self._which.itemText(i) for i in range(self._which.count())]:
            self._which.clear()
            self._which.addItems(texts)
            self._which.setCurrentIndex(min(at, len(texts) - 1))

    @Slot()
    def _make(self) -> None:
        """Write the program of what is chosen, in the background; one at a time, since none can be given up."""
        self._late = self._job is not None
        if self._late:
            return
        chosen = self._which.currentIndex()
        if chosen > 0:
            race = self._session.race
            spec = race.spec(race.optimizers[chosen - 1])

            def descent(job: Job) -> tuple[Script, None]:
                from gdstudio.projects.export.script_formula import make_formula_script

                return make_formula_script(spec), None

            self._job = self._jobs.run(descent, on_done=self._made, on_failed=self._refused)
            return
        experiment, dataset = self._session.spec, self._session.dataset
        if dataset is None:
            problem = self._session.data_problem
            self._show_instead(_EMPTY if problem is None else str(problem))
            return
        known = self._data[1] if self._data is not None and self._data[0] is dataset else None

        def script(job: Job) -> tuple[Script, tuple[Dataset, DataCode]]:
            from gdstudio.projects.export.script import data_code, make_script

            part = known or data_code(dataset, Path(_NAME).stem)
            return make_script(experiment, dataset, Path(_NAME).stem, part), (dataset, part)

        self._job = self._jobs.run(script, on_done=self._made, on_failed=self._refused)

    def _made(self, made: tuple[Script, Any]) -> None:
        self._job = None
        script, data = made
        self._data = data or self._data
        if self._late:
            self._make()
            return
        self._script = script
        # Another experiment is no edit of this one.
        same = self._shown_of == self._which.currentText()
        self._shown_of = self._which.currentText()
        if self._script.text != self.view.toPlainText():
            self._verdict.hide()
        self.view.show_code(self._script.text, compare=same)
        self._pages.setCurrentWidget(self.view)
        self._show_buttons()

    def _refused(self, error: Exception) -> None:
        self._job = None
        if self._late:
            self._make()
            return
        self._show_instead(str(error) if isinstance(error, StudioError) else f"The program could not be made: {error}")

    def _show_instead(self, sentence: str) -> None:
        self._script = None
        self._instead.setText(sentence)
        self._pages.setCurrentWidget(self._instead)
        self._show_buttons()

    @Slot()
    def _show_buttons(self) -> None:
        there = self._script is not None
        changed = len(self.view.changed_lines) if there else 0
        self._changes.setText(f"{changed} line{'s' * (changed != 1)} changed" if changed else "")
        self._next.setVisible(changed > 0)
        self._copy.setEnabled(there)
        self._save.setEnabled(there)
        run = self._session.runs[-1] if self._session.runs else None
        descent = self._which.currentIndex() > 0
        going = self._verifying is not None
        self._verify.setText("Give up" if going else "Verify" if descent or run is None else f"Verify {run.name}")
        ready = going or (there if descent else run is not None and not self._session.busy)
        self._verify.setEnabled(ready)
        self._verify.setToolTip(
            "End the comparison" if going
            else "Run this program in a Python of its own and compare every step with the studio's" if descent
            else f"Run the program of {run.name} in a Python of its own, and compare the loss of every step and every "
            "test prediction with the run's" if run is not None
            else "Train first: verifying compares the program with a finished run"
        )  # fmt: skip

    # -- what is done with it --------------------------------------------------------------------------

    def _copy_text(self) -> None:
        if self._script is not None:
            QGuiApplication.clipboard().setText(self._script.text)

    def _ask_where(self) -> None:
        script = self._script
        if script is None:
            return
        path, _ = QFileDialog.getSaveFileName(self, "Save the program", script.name, "Python (*.py)")
        if path:
            self._session.in_background(
                lambda: f"Program written to {' and '.join(map(str, script.save(Path(path))))}."
            )

    def _toggle_verify(self) -> None:
        """Compare the newest run, or the descent that is shown, with its program; or give that up."""
        if self._verifying is not None:
            self._verifying.cancel()
            self._verifying = None
            self._say("muted", "Given up; nothing was compared.")
            self._show_buttons()
            return
        chosen = self._which.currentIndex()
        race, run = self._session.race, self._session.runs[-1] if self._session.runs else None
        spec = race.spec(race.optimizers[chosen - 1]) if chosen > 0 else None

        def work(job: Job) -> Verdict:
            from gdstudio.projects.export.verify import verify_descent, verify_run

            if spec is not None:
                return verify_descent(spec, cancelled=lambda: job.cancelled)
            assert run is not None
            return verify_run(run.result, cancelled=lambda: job.cancelled)

        what = f"the program of {run.name}" if spec is None and run is not None else "this program"
        self._say("muted", f"Running {what} in a Python of its own…")
        self._verifying = self._jobs.run(work, on_done=self._verified, on_failed=self._not_verified)
        self._show_buttons()

    def _verified(self, verdict: Verdict) -> None:
        self._verifying = None
        self._say("success" if verdict.identical else "error", verdict.text)
        self._show_buttons()

    def _not_verified(self, error: Exception) -> None:
        self._verifying = None
        self._say("warning", str(error) if isinstance(error, StudioError) else f"Something went wrong: {error}")
        self._show_buttons()

    def _say(self, role: str, sentence: str) -> None:
        self._verdict.setProperty("role", role)
        self._verdict.style().polish(self._verdict)
        self._verdict.setText(sentence)
        self._verdict.show()
