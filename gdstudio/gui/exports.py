"""A finished run as files for somebody else, and whether it comes out the same again; for background jobs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gdstudio.projects.export.formats import export_as

if TYPE_CHECKING:
    from gdstudio.core.control import RunControl
    from gdstudio.gui.runs import Run
    from gdstudio.projects.reproduce import Reproduction


def save_run(run: Run, folder: Path) -> str:
    """Write the run's folder and return a sentence.

    Raises:
        StudioError: The folder cannot be written.
    """
    run.result.save(folder)
    return f"Run written to {folder}."


def export_run(run: Run, what: str, path: Path) -> str:
    """Write the run in another format and return a sentence.

    Raises:
        StudioError: The run cannot be expressed so, or the file cannot be written.
    """
    with _saved(run) as folder:
        files, note = export_as(what, folder, path, run.result.dataset)
    more = f" and {len(files) - 1} beside it" if len(files) > 1 else ""
    return f"Written to {files[0]}{more}. {note}".strip()


def reproduce_run(run: Run, control: RunControl) -> Reproduction:
    """Train the run again and compare every number.

    Raises:
        StudioError: The temporary folder cannot be written.
        Cancelled: ``control`` said so.
    """
    from gdstudio.projects.reproduce import reproduce

    with _saved(run) as folder:
        return reproduce(folder, table=run.result.dataset.table, control=control)


@contextmanager
def _saved(run: Run) -> Iterator[Path]:
    """The run's folder for a while: what is made of it says the same as of one that was saved."""
    with tempfile.TemporaryDirectory(prefix="gdstudio-run-") as name:
        folder = Path(name) / "".join(c if c.isalnum() or c in " -_" else "_" for c in run.name).strip()
        run.result.save(folder)
        yield folder
