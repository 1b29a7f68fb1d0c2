"""Every edit of what is in a window, as one step of undo each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ColumnSpec, ExperimentSpec
from gdstudio.gui.document import Document
from gdstudio.gui.edit_names import race_change, run_name, spec_change
from gdstudio.gui.race import Race, race_on
from gdstudio.gui.runs import Run, Runs, changed, same_runs, without
from gdstudio.gui.spec_edits import to_train_again, with_columns, with_target
from gdstudio.gui.undo import UndoStack

if TYPE_CHECKING:
    from gdstudio.data.table import Table
    from gdstudio.labs.entry import LabResult

_FIRST_FUNCTION = "rosenbrock"


class DocumentEditor(QObject):
    """Holds the document on screen, and makes another one of each edit.

    Signals:
        spec_changed: The experiment is another one.
        refused(path, sentence): An edit did not fit; nothing was changed.
        runs_changed: The list of finished runs is another one.
        race_changed: The formula, or who walks down it, is another one.
        notes_changed: The notes are others.
        opened: Another document was put on screen.
        document_changed: Any of these, or the table.
        undo_changed: What undo and redo would do is something else.
    """

    spec_changed = Signal()
    refused = Signal(str, str)
    runs_changed = Signal()
    race_changed = Signal()
    notes_changed = Signal()
    opened = Signal()
    document_changed = Signal()
    undo_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = Document(ExperimentSpec())
        self._saved: Document | None = self._document
        self._undo: UndoStack[Document] = UndoStack()
        self._first_race: Race | None = None

    @property
    def document(self) -> Document:
        """All that can be edited."""
        return self._document

    @property
    def spec(self) -> ExperimentSpec:
        """The experiment on screen; setting it is no edit, for what a window begins with."""
        return self._document.spec

    @spec.setter
    def spec(self, spec: ExperimentSpec) -> None:
        self._fill_in(replace(self._document, spec=spec))

    @property
    def table(self) -> Table | None:
        """Its rows; None before a table is read."""
        return self._document.table

    @property
    def runs(self) -> Runs:
        """Those that have ended, oldest first."""
        return self._document.runs

    @property
    def race(self) -> Race:
        """The formula and who walks down it."""
        if self._document.race is not None:
            return self._document.race
        if self._first_race is None:
            self._first_race = race_on(_FIRST_FUNCTION)
        return self._first_race

    @property
    def notes(self) -> str:
        """What the person has written."""
        return self._document.notes

    @property
    def labs(self) -> tuple[LabResult, ...]:
        """The newest result of each laboratory that was run, oldest first."""
        return self._document.labs

    # -- edits ----------------------------------------------------------------------------------------

    def edit(self, values: Mapping[str, Any], text: str = "") -> bool:
        """Set dotted paths of the spec, as one step of undo.

        Returns:
            Whether the values were taken; otherwise ``refused`` has said why.
        """
        try:
            edited = self.spec.with_values(values)
        except StudioError as error:
            self.refused.emit(next(iter(values)), str(error))
            return False
        self._edit_spec(edited, text)
        return True

    def edit_columns(self, columns: Mapping[str, ColumnSpec]) -> None:
        """Set what the columns are; the loss is found anew where it no longer fits."""
        self._edit_spec(with_columns(self.spec, columns))

    def choose_target(self, name: str) -> None:
        """Predict another column; the one that was predicted becomes a feature."""
        if name != self.spec.data.target and name in self.spec.data.columns:
            self._edit_spec(with_target(self.spec, name))

    def use_settings_of(self, run: Run) -> None:
        """Take a finished run's settings back into the panels, with its table."""
        taken = replace(self._document, table=run.result.dataset.table, spec=to_train_again(run.result.spec))
        self._change(taken, f"use settings of {run_name(run.name)}")

    def edit_race(self, race: Race, gesture: str = "") -> None:
        """Ask for another race; edits of one gesture are taken back together."""
        before = (self._undo.before(gesture) or self._document).race or self.race
        self._change(replace(self._document, race=race), race_change(before, race), gesture)

    def write_notes(self, notes: str) -> None:
        """Replace the notes; what is typed in one go is taken back in one."""
        self._change(replace(self._document, notes=notes), "notes", "notes")

    def rename_run(self, run_id: int, name: str) -> None:
        """Give a run another name."""
        old = self._name_of(run_id)
        if name.strip() and name.strip() != old:
            runs = changed(self.runs, run_id, name=name.strip())
            self._change(replace(self._document, runs=runs), f"rename {run_name(old)} to {run_name(name.strip())}")

    def delete_run(self, *run_ids: int) -> None:
        """Take runs off the list; undo brings them back."""
        what = run_name(self._name_of(run_ids[0])) if len(run_ids) == 1 else f"{len(run_ids)} runs"
        self._change(replace(self._document, runs=without(self.runs, *run_ids)), f"delete {what}")

    def show_run(self, run_id: int, shown: bool) -> None:
        """Draw a run on the charts, or not; a way to look at it and no edit."""
        self._everywhere(lambda document: replace(document, runs=changed(document.runs, run_id, shown=shown)))

    def keep_lab(self, result: LabResult) -> None:
        """Keep what a laboratory found in the place of what it found before; it stays whatever is taken back."""
        self._everywhere(
            lambda document: replace(document, labs=(*(r for r in document.labs if r.lab != result.lab), result))
        )

    def open_document(self, document: Document, *, is_saved: bool = True) -> None:
        """Put another one on screen; nothing of the old one can be taken back.

        Args:
            document: The other one.
            is_saved: Whether a file holds it.
        """
        self._undo.clear()
        self._saved = document if is_saved else None
        self._take(document)
        self.opened.emit()

    # -- what is saved --------------------------------------------------------------------------------

    @property
    def modified(self) -> bool:
        """Whether something is on screen that no file holds."""
        return self._saved is None or not self._document.same_as(self._saved)

    def mark_saved(self, document: Document) -> None:
        """A file holds this document, which edits may have left behind."""
        self._saved = document
        self.document_changed.emit()

    # -- undo -----------------------------------------------------------------------------------------

    @property
    def undo_text(self) -> str:
        """What undo would take back; empty where there is nothing."""
        return self._undo.undo_text

    @property
    def redo_text(self) -> str:
        """What redo would do again; empty where there is nothing."""
        return self._undo.redo_text

    def undo(self) -> None:
        """Take back the last edit."""
        self._put_back(self._undo.undo(self._document))

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._put_back(self._undo.redo(self._document))

    def _put_back(self, document: Document | None) -> None:
        if document is not None:
            self._take(document)

    def _edit_spec(self, spec: ExperimentSpec, text: str = "") -> None:
        self._change(replace(self._document, spec=spec), text or spec_change(self.spec, spec))

    def _change(self, after: Document, text: str, gesture: str = "") -> None:
        """Make an edit: remember what was, take what is."""
        if after.same_as(self._document):
            return
        before = self._undo.before(gesture)
        if before is not None and after.same_as(before):
            self._undo.forget_last()  # dragged back to where it began
        else:
            self._undo.remember(text, self._document, gesture)
        self._take(after)

    def _everywhere(self, change: Callable[[Document], Document], *, announce: bool = True) -> None:
        """Change what is on screen and all that undo and redo would put there: by what is no edit."""
        self._undo.everywhere(change)
        before, self._document = self._document, change(self._document)
        if announce:
            self._announce(before, self._document)

    def _fill_in(self, after: Document) -> None:
        """Complete the document by what follows from it: a saved one stays a saved one."""
        if not self.modified:
            self._saved = after
        before, self._document = self._document, after
        self._announce(before, after)

    def _take(self, after: Document) -> None:
        """Another document is on screen."""
        before, self._document = self._document, after
        self._taken(before, after)
        self._announce(before, after)

    def _announce(self, before: Document, after: Document) -> None:
        """Who listens hears of the parts that differ."""
        if after.spec is not before.spec:
            self.spec_changed.emit()
        if not same_runs(after.runs, before.runs):
            self.runs_changed.emit()
        if after.race != before.race:
            self.race_changed.emit()
        if after.notes != before.notes:
            self.notes_changed.emit()
        self.document_changed.emit()
        self.undo_changed.emit()

    def _taken(self, before: Document, after: Document) -> None:
        """What else follows from another document; the session prepares its data anew."""

    def _name_of(self, run_id: int) -> str:
        return next(run.name for run in self.runs if run.id == run_id)
