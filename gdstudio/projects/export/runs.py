"""Scripts of a run, finished just now or read from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import DataSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.projects.descents import load_descent
from gdstudio.projects.export.script import write_script
from gdstudio.projects.export.script_formula import make_formula_script
from gdstudio.training.run_folder import load_run

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult


def export_script(folder: Path, out: Path) -> list[Path]:
    """Write the script of a saved run on data or descent on a formula; the files that were written.

    Args:
        folder: The run's folder.
        out: The file to write.

    Raises:
        StudioError: The folder is no run, its data are gone, or the script cannot express the run.
    """
    _check_out(out)
    descent = load_descent(folder)
    if descent is not None:
        if descent.status == "cancelled":
            raise StudioError("The descent was stopped by hand; a script would take all its steps.", "Run it again.")
        return make_formula_script(descent.spec).save(out)
    run = load_run(folder)
    _refuse_unfinished(run.status)
    return write_script(run.spec, dataset_of(run.spec.data), out)


def export_script_of(result: RunResult, out: Path) -> list[Path]:
    """Write the script of a run that has just ended; as :func:`export_script`."""
    _check_out(out)
    _refuse_unfinished(result.status)
    return write_script(result.spec, result.dataset, out)


def dataset_of(spec: DataSpec) -> Dataset:
    """The run's data, read and prepared again.

    Raises:
        StudioError: They are gone or are other data than the run was trained on.
    """
    return prepare(spec, load_table(spec.source))


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


def _check_out(out: Path) -> None:
    if out.is_dir():
        raise StudioError(f"{out} is a folder.", "Name the file to write.")
    if not out.parent.is_dir():
        raise StudioError(f"The folder {out.parent} does not exist.", "Make it first, or choose another.")
