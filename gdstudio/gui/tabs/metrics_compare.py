"""Two runs on the same rows, and the spread of runs that differ only in their seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.gui.jobs import Job, Jobs
from gdstudio.gui.naming import named
from gdstudio.gui.runs import Run
from gdstudio.gui.session import Session
from gdstudio.gui.tables.differences import DifferencesModel
from gdstudio.gui.theme import Theme

if TYPE_CHECKING:
    from gdstudio.training.comparison import Comparison
    from gdstudio.training.result import RunResult

_NAMES = {"train": "training", "validation": "validation", "test": "test"}


class ComparePage(QWidget):
    """Two runs are chosen above; their scores, differences and the test of their mistakes stand below."""

    def __init__(self, session: Session, theme: Theme, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("metrics.compare_page")
        self._session, self._jobs = session, jobs
        self._job: Job | None = None
        self._part = "test"
        self._drawn: tuple[object, ...] = ()
        tips = ("The run that is compared with", "The run whose scores are taken minus those of the first")
        self._choices = tuple(
            named(QComboBox(), f"metrics.compare.{side}", f"{side.capitalize()} run", tip)
            for side, tip in zip(("first", "second"), tips, strict=True)
        )
        row = QHBoxLayout()
        for text, combo in zip(("&First run", "&Second run"), self._choices, strict=True):
            label = QLabel(text)
            label.setBuddy(combo)
            row.addWidget(label)
            row.addWidget(combo)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            combo.activated.connect(self._load)
        row.addStretch(1)
        self._said = named(QLabel(wordWrap=True), "metrics.compare.said", "What the comparison says")
        self._seeds = named(QLabel(wordWrap=True), "metrics.compare.seeds", "Spread over seeds")
        self._model = DifferencesModel(self)
        self._view = named(QTableView(), "metrics.compare.scores", "Scores of both runs")
        self._view.setModel(self._model)
        self._view.setShowGrid(False)
        self._view.setWordWrap(False)
        self._view.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self._view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._view.verticalHeader().setDefaultSectionSize(self._view.fontMetrics().height() + 10)
        layout = QVBoxLayout(self)
        layout.setSpacing(round(0.7 * theme.em))
        layout.addLayout(row)
        layout.addWidget(self._said)
        layout.addWidget(self._view, 1)
        layout.addWidget(self._seeds)
        session.runs_changed.connect(self._runs_changed)

    @property
    def busy(self) -> bool:
        """Whether something is being computed."""
        return self._job is not None

    def show_part(self, result: RunResult, part: str) -> None:
        """Compare on the rows of a part."""
        self._part = part
        self._offer()
        self._load()

    def choose(self, first: int, second: int) -> None:
        """Choose two runs by their numbers."""
        self._offer()
        for combo, run_id in zip(self._choices, (first, second), strict=True):
            combo.setCurrentIndex(combo.findData(run_id))
        self._load()

    @Slot()
    def _runs_changed(self) -> None:
        if self.isVisible():
            self._offer()
            self._load()

    def _offer(self) -> None:
        """List the runs; a choice that is still there stays, else it is the last two."""
        runs = self._session.runs
        known = [(run.id, run.name) for run in runs]
        first = self._choices[0]
        if [(first.itemData(i), first.itemText(i)) for i in range(first.count())] == known:
            return
        for combo, usual in zip(self._choices, (-2, -1), strict=True):
            chosen, newest = combo.currentData(), combo.count() - 1
            # The newest run moves on where it was the newest that was chosen.
            stays = combo.findData(chosen) != newest
            combo.clear()
            for run_id, name in known:
                combo.addItem(name, run_id)
            place = combo.findData(chosen) if stays else -1
            combo.setCurrentIndex(place if place >= 0 else max(0, len(known) + usual))

    def _run(self, side: int) -> Run | None:
        wanted = self._choices[side].currentData()
        return next((run for run in self._session.runs if run.id == wanted), None)

    @Slot()
    def _load(self) -> None:
        first, second = self._run(0), self._run(1)
        if first is None or second is None or first is second:
            self._show(None, "Train two runs on the same data, and choose them here: their scores, and whether their "
                             "difference is more than chance, stand below.")  # fmt: skip
            return
        wish = (first, second, self._part)
        if wish == self._drawn:
            return
        if self._job is not None:
            self._job.cancel()
        self._drawn = wish
        one, other, part = first.result, second.result, self._part

        def work(job: Job) -> Comparison:
            from gdstudio.training.comparison import compare_runs

            return compare_runs(one, other, part, cancelled=lambda: job.cancelled)

        self._said.setText("Comparing…")
        names = (first.name, second.name)
        self._job = self._jobs.run(work, on_done=lambda found: self._compared(names, found), on_failed=self._failed)

    def _compared(self, names: tuple[str, str], found: Comparison) -> None:
        self._job = None
        self._show((names, found), _sentence(names, found))

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._job = None
        self._show(None, str(error) if isinstance(error, StudioError) else f"The runs cannot be compared: {error}")

    def _show(self, made: tuple[tuple[str, str], Comparison] | None, said: str) -> None:
        self._said.setText(said)
        self._view.setVisible(made is not None)
        if made is None:
            self._drawn = ()
        else:
            self._model.show_differences(made[0], made[1].differences)
        text = _seed_text(self._session.runs, self._part)
        self._seeds.setText(text)
        self._seeds.setVisible(bool(text))


def _sentence(names: tuple[str, str], found: Comparison) -> str:
    """Whether the runs differ by more than chance."""
    rows = f"{found.n:,} {_NAMES[found.part]} rows"
    test = found.mcnemar
    if test is None:
        labels = {key: entry.label for key, entry in registry("scores").items()}
        clear = [f"{names[d.better == 'second']} in {labels[key]}" for key, d in found.differences.items() if d.better]
        if found.reason:
            return f"McNemar's test is not defined, because: {found.reason}"
        return f"On the same {rows}, better by more than chance: {', '.join(clear) or 'neither run'}."
    how = "exact" if test.exact else "with continuity correction"
    verdict = "more than chance would do" if test.p < 0.05 else "chance may do that"
    return (
        f"On the same {rows} both runs are right on {test.both_right:,} and both wrong on {test.both_wrong:,}; only "
        f"{names[0]} is right on {test.only_first:,}, only {names[1]} on {test.only_second:,}. McNemar's test ({how}): "
        f"<b>p = {test.p:.3g}</b>, {verdict}."
    )


def _seed_text(runs: tuple[Run, ...], part: str) -> str:
    """Mean and spread of the scores of runs that differ only in their seed."""
    from gdstudio.training.comparison import seed_groups, spread

    said = []
    for places in seed_groups([run.result for run in runs]):
        results = [runs[place].result for place in places]
        scores = []
        for key, entry in registry("scores").items():
            found = spread(results, key, part)
            if found is not None:
                scores.append(f"{entry.label} {found.mean:.4g} ± {found.deviation:.2g}")
        names = ", ".join(runs[place].name for place in places)
        said.append(f"<b>Only the seed differs</b> between {names} (mean ± standard deviation): {'; '.join(scores)}.")
    return "<br>".join(said)
