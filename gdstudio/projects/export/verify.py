"""Whether an exported script gives the numbers of the run: it is run, and every number is compared."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.training.run_folder import predictions_frame

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult

#: The script in a process that has no gdstudio, whatever is installed.
_RUN = (
    "import runpy, sys; sys.modules['gdstudio'] = None; sys.argv = sys.argv[1:]; "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


@dataclass(frozen=True)
class Verdict:
    """What comparing showed.

    Attributes:
        identical: Whether every loss and every prediction is equal to the bit.
        text: The same as a sentence; otherwise what differs first.
        output: What the script printed.
    """

    identical: bool
    text: str
    output: str = ""


def verify_script(run: RunResult | Path, path: Path, *, cancelled: Callable[[], bool] = lambda: False) -> Verdict:
    """Run a script and compare every step's loss and the test predictions with a run.

    Args:
        run: The run, or its folder.
        path: The script.
        cancelled: Asked now and then; once true the script is ended.

    Raises:
        StudioError: The script cannot be run; says what it complained of.
        Cancelled: ``cancelled`` said so.
    """
    if getattr(sys, "frozen", False):
        raise StudioError(
            "This program brings no Python of its own to run the script with.",
            "Run the script with --losses and compare with history.csv.",
        )
    with tempfile.TemporaryDirectory(prefix="gdstudio-verify-") as name:
        folder = Path(name)
        losses, predictions = folder / "losses.csv", folder / "predictions.csv"
        arguments = [str(path.resolve()), "--losses", str(losses), "--predictions", str(predictions)]
        output = _run([sys.executable, "-I", "-c", _RUN, *arguments], folder, cancelled)
        expected = {"step": _losses(run), "row": _predictions(run)}
        for kind, file in (("step", losses), ("row", predictions)):
            want = expected[kind]
            if want is None:
                continue
            difference = _first_difference(want, pd.read_csv(file, dtype="str", keep_default_na=False), kind)
            if difference:
                return Verdict(False, difference, output)
        steps = len(expected["step"]) if expected["step"] is not None else 0
        rows = len(expected["row"]) if expected["row"] is not None else 0
    return Verdict(
        True, f"Identical: {steps:,} losses and {rows:,} test predictions are equal to the last bit.", output
    )


def _run(command: list[str], folder: Path, cancelled: Callable[[], bool]) -> str:
    """What the process printed."""
    with (folder / "out").open("w+b") as out, (folder / "err").open("w+b") as err:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        try:
            while process.poll() is None:
                if cancelled():
                    raise Cancelled
                try:
                    process.wait(0.2)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        out.seek(0)
        err.seek(0)
        if process.returncode:
            lines = err.read().decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
            raise StudioError(f"The script ended with an error: {lines[-1]}.", "Run it in a terminal to see all of it.")
        return out.read().decode("utf-8", "replace")


def _losses(run: RunResult | Path) -> pd.DataFrame:
    """Step and loss, as texts that read back to the same bits."""
    if isinstance(run, Path):
        try:
            return pd.read_csv(run / "history.csv", dtype="str", keep_default_na=False)[["step", "train_loss"]]
        except (OSError, KeyError, ValueError):
            raise StudioError(f"{run / 'history.csv'} cannot be read.", "Train the run again.") from None
    columns = run.history.steps.snapshot()
    return _texts(pd.DataFrame({"step": columns["step"].astype(int), "train_loss": columns["train_loss"]}))


def _predictions(run: RunResult | Path) -> pd.DataFrame | None:
    """The rows of predictions.csv as texts; None where there is no test part."""
    if isinstance(run, Path):
        file = run / "predictions.csv"
        return pd.read_csv(file, dtype="str", keep_default_na=False) if file.exists() else None
    return _texts(predictions_frame(run.predictions["test"])) if "test" in run.predictions else None


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Every cell as a CSV file has it."""
    import io

    return pd.read_csv(io.StringIO(frame.to_csv(index=False)), dtype="str", keep_default_na=False)


def _first_difference(want: pd.DataFrame, got: pd.DataFrame, kind: str) -> str:
    """What differs first, as a sentence; empty where nothing does."""
    if list(want.columns) != list(got.columns):
        return f"The script writes the columns {', '.join(got.columns)}; the run has {', '.join(want.columns)}."
    length = min(len(want), len(got))
    unequal = want.iloc[:length].to_numpy() != got.iloc[:length].to_numpy()
    if unequal.any():
        row = int(unequal.any(axis=1).argmax())
        column = want.columns[int(unequal[row].argmax())]
        first = want[kind].iloc[row] if kind in want.columns else str(row + 1)
        return (
            f"Different from {kind} {first} on: {column} is {got[column].iloc[row]} in the script and "
            f"{want[column].iloc[row]} in the run."
        )
    if len(want) != len(got):
        return f"The script has {len(got):,} {kind}s and the run {len(want):,}."
    return ""
