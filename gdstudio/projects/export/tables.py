"""History, scores and predictions of a run as CSV files that open in a spreadsheet program."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.core.files import make_folder, write_text
from gdstudio.data.spreadsheet import made_safe
from gdstudio.training.run_folder import load_run

_TABLES = ("history.csv", "epochs.csv", "predictions.csv")


def export_tables(folder: Path, out: Path) -> list[Path]:
    """Write the tables of a saved run into a folder; the files that were written.

    Numbers keep every digit. Texts that a spreadsheet program would run as formulas get an apostrophe in front.

    Args:
        folder: The run's folder.
        out: The folder to write to; it is made where it is missing.

    Raises:
        StudioError: The folder is no run, a table of it is damaged, or ``out`` cannot be written.
    """
    run = load_run(folder)
    make_folder(out)
    written = []
    for name in _TABLES:
        if not (folder / name).exists():
            continue
        try:
            frame = pd.read_csv(folder / name, dtype="str", keep_default_na=False)
        except (OSError, ValueError) as error:
            raise StudioError(f"{folder / name} cannot be read: {error}.", "Train the run again.") from None
        write_text(out / name, made_safe(frame).to_csv(index=False, lineterminator="\n"))
        written.append(out / name)
    try:
        metrics = json.loads((run.folder / "metrics.json").read_text(encoding="utf-8"))
        rows = [
            {"part": part, "score": key, "value": repr(value)}
            for part, scores in metrics.items()
            for key, value in scores.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        ]
    except (OSError, ValueError, AttributeError):
        raise StudioError(f"{run.folder / 'metrics.json'} is missing or damaged.", "Train the run again.") from None
    write_text(out / "scores.csv", pd.DataFrame(rows).to_csv(index=False, lineterminator="\n"))
    return [*written, out / "scores.csv"]
