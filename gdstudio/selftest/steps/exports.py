"""What a run is handed on as: a report that needs no network, a script that is whole."""

from __future__ import annotations

import ast
from pathlib import Path

from gdstudio.core.spec import ExperimentSpec
from gdstudio.selftest.step import Step, expect


def _run(folder: Path) -> str:
    from gdstudio.projects.export.formats import export_as
    from gdstudio.training.run import run_experiment

    run, report, script = folder / "run", folder / "report.html", folder / "run.py"
    run_experiment(ExperimentSpec().with_values({"training.epochs": 3, "training.threads": 1})).save(run)
    export_as("report", run, report)
    text = report.read_text(encoding="utf-8")
    expect(text.endswith("</html>\n") and text.count("<svg") >= 3, "The report is not whole.")
    expect("http://" not in text and "https://" not in text, "The report names an address in the network.")
    export_as("script", run, script)
    ast.parse(script.read_text(encoding="utf-8"))
    return f"A report of {len(text) // 1024} kB, and a script that Python can read."


STEP = Step(key="exports", label="Exports a report and a script", run=_run, order=58)
