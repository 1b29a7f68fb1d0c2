"""A finished run as a file for somebody else: a report to read, a script to run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gdstudio.gui.runs import Run

Format = Literal["report", "script"]
#: For each format the title of the dialog, the kind of file, and the name that is offered.
FORMATS: dict[Format, tuple[str, str, str]] = {
    "report": ("Save the report", "HTML (*.html)", "report.html"),
    "script": ("Save the script", "Python (*.py)", "run.py"),
}


def save_run(run: Run, folder: Path) -> str:
    """Write the run's folder and return a sentence; for a background job.

    Raises:
        StudioError: The folder cannot be written.
    """
    run.result.save(folder)
    return f"Run written to {folder}."


def export_run(run: Run, what: Format, path: Path) -> str:
    """Write the file and return a sentence; for a background job.

    Raises:
        StudioError: The run cannot be expressed so, or the file cannot be written.
    """
    if what == "script":
        from gdstudio.projects.export.runs import export_script_of

        export_script_of(run.result, path)
        return f"Script written to {path}. In a terminal, gdstudio export --verify compares it with a saved run."
    from gdstudio.projects.export.report import export_report

    with tempfile.TemporaryDirectory() as folder:
        # The report reads a run's folder, so that it says the same of this run as of one that was saved.
        saved = Path(folder) / "".join(c if c.isalnum() or c in " -_" else "_" for c in run.name).strip()
        run.result.save(saved)
        export_report(saved, path)
    return f"Report written to {path}."
