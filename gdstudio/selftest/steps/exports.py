"""What a run is handed on as, and whether it comes out the same again."""

from __future__ import annotations

from pathlib import Path

from gdstudio.core.spec import ExperimentSpec
from gdstudio.selftest.step import Step, expect


def _run(folder: Path) -> str:
    from gdstudio.projects.export.formats import FORMATS, export_as
    from gdstudio.projects.export.verify import verify_script
    from gdstudio.projects.reproduce import reproduce
    from gdstudio.training.run import run_experiment

    run, report, script = folder / "run", folder / "report.html", folder / "run.py"
    run_experiment(ExperimentSpec().with_values({"training.epochs": 3, "training.threads": 1})).save(run)
    export_as("report", run, report)
    text = report.read_text(encoding="utf-8")
    expect(text.endswith("</html>\n") and text.count("<svg") >= 3, "The report is not whole.")
    expect("http://" not in text and "https://" not in text, "The report names an address in the network.")
    export_as("script", run, script)
    verdict = verify_script(run, script)
    expect(verdict.identical, verdict.text)
    for key, known in FORMATS.items():
        if key not in ("report", "script", "onnx"):  # ONNX needs a package that the program may lack
            files, _ = export_as(key, run, folder / known.name)
            expect(all(file.stat().st_size for file in files), f"The export as {key} is empty.")
    again = reproduce(run)
    expect(again.identical, f"{again.text} {again.explanation}")
    return (
        f"A report of {len(text) // 1024} kB, a script with the same numbers, and a run that comes out the same again."
    )


STEP = Step(key="exports", label="Exports a run, and trains it again to the same numbers", run=_run, order=58)
