"""The runs of a project that was opened, as the results that a window shows; for a background job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gdstudio.core.errors import StudioError
from gdstudio.core.registry import Settings
from gdstudio.projects.project import Project
from gdstudio.projects.project_run import RunPacks

if TYPE_CHECKING:
    from gdstudio.data.dataset import Dataset
    from gdstudio.data.table import Table
    from gdstudio.training.result import RunResult


@dataclass(frozen=True)
class Restored:
    """What became of a project's runs.

    Attributes:
        results: Run's id → result; one whose data are not at hand has a dataset without rows.
        problems: Run's id → what is lacking, for those that are damaged or without their data.
    """

    results: Mapping[int, RunResult]
    problems: Mapping[int, StudioError]


def restore_runs(
    project: Project,
    table_of: Callable[[Settings], Table],
    packs: RunPacks,
    progress: Callable[[float], None] = lambda share: None,
) -> Restored:
    """Every run as it ended.

    Args:
        project: As it was read.
        table_of: Gives a source's rows, from wherever the file is now; a StudioError where it cannot.
        packs: Remembers what each result was read from, so that saving copies it.
        progress: Hears of the share that is done, 0 … 1.
    """
    from gdstudio.data.dataset import prepare

    tables: dict[str, Table | StudioError] = {}
    datasets: dict[str, Dataset] = {}

    def dataset_of(source: Settings, key: str, run: int) -> Dataset:
        if key not in datasets:
            name = source.model_dump_json()
            if name not in tables:
                try:
                    tables[name] = table_of(source)
                except StudioError as error:
                    tables[name] = error
            table = tables[name]
            if isinstance(table, StudioError):
                raise table
            datasets[key] = prepare(project.runs[run].spec.data, table)
        return datasets[key]

    results: dict[int, RunResult] = {}
    problems: dict[int, StudioError] = {}
    for place, run in enumerate(project.runs):
        try:
            try:
                dataset = dataset_of(run.spec.data.source, run.spec.data.model_dump_json(), place)
                results[run.id] = run.result(dataset)
            except StudioError as error:
                problems[run.id] = error
                results[run.id] = run.result()
            packs.remember(results[run.id], run.pack)
        except StudioError as error:
            problems[run.id] = error
        progress((place + 1) / len(project.runs))
    return Restored(results, problems)
