"""Scripts of a run, finished just now or read from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gdstudio.core.errors import StudioError
from gdstudio.projects.descents import load_descent
from gdstudio.projects.export.script import Script, make_script
from gdstudio.projects.export.script_formula import make_formula_script
from gdstudio.training.landscape import data_of
from gdstudio.training.run_folder import load_run

if TYPE_CHECKING:
    from gdstudio.data.dataset import Dataset
    from gdstudio.training.result import RunResult


def script_of(folder: Path, stem: str, dataset: Dataset | None = None) -> Script:
    """The script of a saved run on data or descent on a formula.

    Args:
        folder: The run's folder.
        stem: The script's name without its ending.
        dataset: The run's data where they are at hand; they are read again otherwise.

    Raises:
        StudioError: The folder is no run, its data are gone or others, or the script cannot express the run.
    """
    descent = load_descent(folder)
    if descent is not None:
        if descent.status == "cancelled":
            raise StudioError("The descent was stopped by hand; a script would take all its steps.", "Run it again.")
        return make_formula_script(descent.spec)
    run = load_run(folder)
    _refuse_unfinished(run.status)
    return make_script(run.spec, dataset or data_of(run), stem)


def script_of_result(result: RunResult, stem: str) -> Script:
    """The script of a run that has just ended; as :func:`script_of`."""
    _refuse_unfinished(result.status)
    return make_script(result.spec, result.dataset, stem)


def _refuse_unfinished(status: str) -> None:
    """A script trains to the end: it would give other numbers than a run that did not.

    Raises:
        StudioError: The run was stopped by hand or diverged.
    """
    if status == "cancelled":
        raise StudioError("The run was stopped by hand; a script would train to the end and give other numbers.",
                          "Train it to the end, or set training.epochs to what was reached.")  # fmt: skip
    if status == "diverged":
        raise StudioError("The run diverged; there is nothing that a script could end with.",
                          "Train again with a smaller learning rate.")  # fmt: skip
