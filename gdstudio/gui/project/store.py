"""Between the document on screen and project files; heavy modules are imported where they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdstudio import paths
from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import Settings
from gdstudio.core.spec import ExperimentSpec, FileSource
from gdstudio.gui.document import Document
from gdstudio.gui.project.place import Place
from gdstudio.gui.race import Race
from gdstudio.gui.runs import Run
from gdstudio.projects.fingerprint import fingerprint

if TYPE_CHECKING:
    from gdstudio.data.table import Table
    from gdstudio.labs.entry import LabResult
    from gdstudio.projects.data_link import DataLink
    from gdstudio.projects.project import FormulaExperiment, Project
    from gdstudio.projects.project_run import RunPacks


@dataclass(frozen=True)
class Opened:
    """A project that was read.

    Attributes:
        document: What is to be on screen.
        view: How the window showed it.
        place: Its file; None for what goes to a file of its own.
        source: Where it was read from.
        notes: What a person should know, as sentences.
        missing: The data of the document where they are not to be found.
        is_unsaved: Whether the project's file holds something else.
    """

    document: Document
    view: Mapping[str, Any]
    place: Place | None
    source: Path
    notes: tuple[str, ...] = ()
    missing: FileSource | None = None
    is_unsaved: bool = False


class Store:
    """Reads and writes projects, in a background job's thread; a run is packed once, however often it is saved."""

    def __init__(self) -> None:
        self._made: RunPacks | None = None

    @property
    def _packs(self) -> RunPacks:
        if self._made is None:
            from gdstudio.projects.project_run import RunPacks

            self._made = RunPacks()
        return self._made

    def write(
        self, path: Path, document: Document, view: Mapping[str, Any], place: Place | None, *, embed: bool
    ) -> str:
        """Write a document to a file.

        Args:
            path: The file.
            document: What is on screen.
            view: How it is looked at.
            place: Where the project was until now: data that are not at hand are taken from there.
            embed: Whether the data files are put into it.

        Returns:
            A sentence that a person should know; empty for none.

        Raises:
            StudioError: It cannot be written; the file holds what it held.
        """
        from gdstudio.projects.project import save_project

        project = self.project_of(document, view, place, embed=embed)
        said = save_project(project, path, keep_versions=place is not None)
        if place is not None:
            place.note_content(fingerprint(path))
        return said

    def project_of(self, document: Document, view: Mapping[str, Any], place: Place | None, *, embed: bool) -> Project:
        """A document as a project holds it; the arguments are those of :meth:`write`.

        Raises:
            StudioError: Data that are to go into it cannot be read.
        """
        from gdstudio.projects.lab_plain import lab_to_plain
        from gdstudio.projects.project import Project
        from gdstudio.projects.project_run import ProjectRun

        return Project(
            spec=document.spec,
            runs=tuple(
                ProjectRun(run.id, run.name, run.color, run.shown, self._packs.of(run.result)) for run in document.runs
            ),
            formula=_formula(document.race) if document.race is not None else None,
            data=tuple(_links(document, place, embed=embed)),
            labs={**(place.labs if place is not None else {}), **{r.lab: lab_to_plain(r) for r in document.labs}},
            view=view,
            notes=document.notes,
        )

    def read(
        self,
        source: Path,
        place: Place | None,
        *,
        data: Path | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Opened:
        """Read a project with its data.

        Args:
            source: The file.
            place: Where the project is kept; gets what only its file knows.
            data: Where the data of the document were found again.
            cancelled: Asked now and then.

        Raises:
            StudioError: It is none, is damaged, or cannot be read.
            Cancelled: ``cancelled`` said so.
        """
        from gdstudio.projects.project import load_project
        from gdstudio.projects.restore import restore_runs

        seen = fingerprint(place.path) if place is not None else None
        project = load_project(source)
        if place is not None:
            place.links = {link.source.sha256: link for link in project.data}
            place.embed = any(link.content is not None for link in project.data)
            place.note_content(seen)
        tables = _Tables(project, place.path if place is not None else source, data, cancelled)
        restored = restore_runs(project, tables.of, self._packs)
        runs = tuple(
            Run(run.id, run.name, run.color, restored.results[run.id], run.shown)
            for run in project.runs
            if run.id in restored.results
        )
        notes = [
            f"{restored.problems[run.id].message} It is left out."
            for run in project.runs
            if run.id not in restored.results
        ]
        labs, unknown = _labs(project.labs, notes)
        if place is not None:
            place.labs = unknown
        spec, missing, table = project.spec, None, None
        try:
            table = tables.of(spec.data.source)
            spec = spec.model_copy(update={"data": spec.data.model_copy(update={"source": table.source})})
        except StudioError as error:
            missing = spec.data.source if isinstance(spec.data.source, FileSource) else None
            notes.append(error.message)
        race = _race(project.formula) if project.formula is not None else None
        document = Document(spec, table, runs, race, project.notes, labs)
        return Opened(document, project.view, place, source, tuple(notes), missing)


class _Tables:
    """The tables of a project, each read once."""

    def __init__(self, project: Project, path: Path, data: Path | None, cancelled: Callable[[], bool]) -> None:
        self._links = {link.source.sha256: link for link in project.data}
        self._main, self._path, self._data, self._cancelled = project.spec.data.source, path, data, cancelled
        self._read: list[tuple[Settings, Table]] = []

    def of(self, source: Settings) -> Table:
        """The rows of a source, from wherever its file lies now.

        Raises:
            StudioError: They are not at hand.
            Cancelled: Nobody waits for them any more.
        """
        for known, table in self._read:
            if _same_rows(known, source):
                return table
        if self._cancelled():
            raise Cancelled
        table = self._load(source)
        self._read.append((source, table))
        return table

    def _load(self, source: Settings) -> Table:
        from gdstudio.data.load import load_table
        from gdstudio.projects.data_link import find_data, link_to, unpack_data

        if not isinstance(source, FileSource):
            return load_table(source)
        link = self._links.get(source.sha256) or link_to(source)
        found = find_data(link, self._path)
        if self._data is not None and _same_rows(source, self._main):
            path = self._data
        elif found is not None and found.same:
            path = found.path
        elif link.content is not None:
            path = unpack_data(link, paths.user_state() / "data")
        else:
            raise StudioError(f"The data are not where they were: {source.path}.")
        return load_table(source.model_copy(update={"path": str(path)}), cancelled=self._cancelled)


def good_versions(path: Path) -> list[tuple[Path, datetime]]:
    """The older versions of a project that can be opened, newest first, with the time of each."""
    from gdstudio.projects.project import load_project
    from gdstudio.projects.versions import previous_versions

    found = []
    for version in previous_versions(path):
        try:
            load_project(version)
            found.append((version, datetime.fromtimestamp(version.stat().st_mtime).astimezone()))
        except (StudioError, OSError):
            continue
    return found


def _same_rows(one: Settings, other: Settings) -> bool:
    """Whether two sources hold the same rows, wherever a file lies."""
    if isinstance(one, FileSource) and isinstance(other, FileSource) and one.sha256:
        return one.model_copy(update={"path": other.path}) == other
    return one == other


def _links(document: Document, place: Place | None, *, embed: bool) -> Iterator[DataLink]:
    """A link for each file that the experiment or a run was read from."""
    from gdstudio.projects.data_link import link_to

    specs: list[ExperimentSpec] = [document.spec, *(run.result.spec for run in document.runs)]
    seen: set[str] = set()
    for source in (spec.data.source for spec in specs):
        if not isinstance(source, FileSource) or source.sha256 in seen:
            continue
        seen.add(source.sha256)
        known = place.links.get(source.sha256) if place is not None else None
        if known is not None and (not Path(source.path).is_file() or (embed and known.content is not None)):
            yield replace(known, content=known.content if embed or not Path(source.path).is_file() else None)
        else:
            yield link_to(source, carry=embed)


def _labs(found: Mapping[str, Any], notes: list[str]) -> tuple[tuple[LabResult, ...], dict[str, Any]]:
    """What laboratories found, and what of it cannot be shown here, of which ``notes`` gets a sentence each."""
    from gdstudio.projects.lab_plain import lab_from_plain

    known, unknown = [], {}
    for name, value in found.items():
        try:
            known.append(lab_from_plain(value))
        except StudioError as error:
            unknown[name] = value
            notes.append(f"{error.message} It is not shown.")
    return tuple(known), unknown


def _formula(race: Race) -> FormulaExperiment:
    from gdstudio.projects.project import FormulaExperiment

    return FormulaExperiment(
        tuple(race.spec(optimizer) for optimizer in race.optimizers), race.surface, race.ranges, race.axes
    )


def _race(formula: FormulaExperiment) -> Race | None:
    if not formula.descents:
        return None
    first = formula.descents[0]
    optimizers = tuple(descent.optimizer for descent in formula.descents)
    return Race(first.objective, first.training, optimizers, formula.surface, formula.ranges, formula.axes)
