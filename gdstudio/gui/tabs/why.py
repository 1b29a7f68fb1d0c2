"""Why the last run went wrong, and each remedy as a trial run beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.session import Session
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.evaluation.diagnosis import Diagnosis, Finding
    from gdstudio.training.result import RunResult

_MOST = 3
_WORDS = {
    "diverged": "Why did the run diverge?",
    "oscillating": "Why does the loss go up and down?",
    "stalled": "Why did the run learn nothing?",
}


class WhyPanel(QFrame):
    """Measures in the background after each run, and is hidden unless it has found a cause.

    A trial takes the failed run's settings with the remedy's edits; the failed run stays in the list.
    """

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why")
        self.setAccessibleName("Why the run went wrong")
        self.setProperty("role", "banner")
        self._session, self._jobs = session, jobs
        self._job: Job | None = None
        self._judged: RunResult | None = None
        self._title = QLabel()
        self._title.setProperty("role", "title")
        close = named(QToolButton(), "why.close", "Close", "Hide what was found about this run")
        close.setIcon(theme.icon("close", "muted"))
        close.setAutoRaise(True)
        close.clicked.connect(self.hide)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(close)
        self._rows = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addLayout(self._rows)
        self.hide()
        session.run_started.connect(self._run_started)
        session.runs_changed.connect(self._judge)

    @Slot()
    def _run_started(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self.hide()

    @Slot()
    def _judge(self) -> None:
        """Examine the newest result once, in the background."""
        result = self._session.result
        if result is None or result is self._judged or self._session.busy or self._jobs.closed:
            return
        self._judged = result

        def work(job: Job) -> tuple[RunResult, Diagnosis]:
            from gdstudio.training.doctor import diagnose

            return result, diagnose(result, lambda: job.cancelled)

        self._job = self._jobs.run(work, on_done=self._show)

    def _show(self, found: tuple[RunResult, Diagnosis]) -> None:
        self._job = None
        result, diagnosis = found
        if result is not self._session.result or not diagnosis.findings:
            return
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self._title.setText(_WORDS[diagnosis.outcome])
        for number, finding in enumerate(diagnosis.findings[:_MOST]):
            self._rows.addWidget(self._row(number, result.spec, finding))
        self.show()

    def _row(self, number: int, spec: ExperimentSpec, finding: Finding) -> QWidget:
        sentence = QLabel(finding.sentence, wordWrap=True)
        edits = ", ".join(f"{path} = {value}" for path, value in finding.remedy.items())
        button = named(
            QPushButton(f"Try: {finding.action}"), f"why.try.{number}", f"Try: {finding.action}",
            f"Runs the same experiment with {edits}; the run that failed stays in the list",
        )  # fmt: skip
        button.clicked.connect(lambda: self._try(spec, finding))
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(sentence, 1)
        layout.addWidget(button)
        return row

    def _try(self, spec: ExperimentSpec, finding: Finding) -> None:
        """Train the failed run's settings with the remedy."""
        session = self._session
        failed = next((run for run in session.runs if run.result.spec is spec), None)
        if session.busy:
            return
        if failed is not None:
            session.use_settings_of(failed)
        if session.edit(finding.remedy, finding.action.lower()):
            session.start()
