"""Whether an exported script gives the numbers of the run: it is run, and every number is compared."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.projects.descents import load_descent
from gdstudio.projects.export.alone import run_alone
from gdstudio.projects.export.runs import script_of_result
from gdstudio.projects.export.script_formula import make_formula_script
from gdstudio.training.minimize import MinimizeResult, minimize
from gdstudio.training.run_folder import predictions_frame

if TYPE_CHECKING:
    from gdstudio.training.result import RunResult


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


def verify_script(
    run: RunResult | MinimizeResult | Path, path: Path, *, cancelled: Callable[[], bool] = lambda: False
) -> Verdict:
    """Run a script and compare every step's loss and the test predictions with a run.

    Args:
        run: The run on data or the descent on a formula, or its folder.
        path: The script.
        cancelled: Asked now and then; once true the script is ended.

    Raises:
        StudioError: The script cannot be run; says what it complained of.
        Cancelled: ``cancelled`` said so.
    """
    expected = expected_of(run)
    with tempfile.TemporaryDirectory(prefix="gdstudio-verify-") as name:
        folder = Path(name)
        arguments = [str(path.resolve())]
        for what in expected:
            arguments += [f"--{what}", str(folder / f"{what}.csv")]
        output = run_alone(arguments, folder, cancelled)
        return compare(expected, folder, output)


def verify_run(result: RunResult, *, cancelled: Callable[[], bool] = lambda: False) -> Verdict:
    """Write the script of a run that has just ended to a temporary folder and verify it; see :func:`verify_script`."""
    with tempfile.TemporaryDirectory(prefix="gdstudio-script-") as name:
        path = Path(name) / "experiment.py"
        script_of_result(result, path.stem).save(path)
        return verify_script(result, path, cancelled=cancelled)


def verify_descent(spec: MinimizeSpec, *, cancelled: Callable[[], bool] = lambda: False) -> Verdict:
    """Walk down a formula and verify the script of that; see :func:`verify_script`."""
    with tempfile.TemporaryDirectory(prefix="gdstudio-script-") as name:
        path = Path(name) / "descent.py"
        make_formula_script(spec).save(path)
        return verify_script(minimize(spec), path, cancelled=cancelled)


def compare(expected: Mapping[str, pd.DataFrame], folder: Path, output: str = "") -> Verdict:
    """Compare what a script wrote into a folder with what is expected of it.

    Args:
        expected: Of :func:`expected_of`.
        folder: Holds ``losses.csv`` and, where they are expected, ``predictions.csv``.
        output: What the script printed.
    """
    for what, want in expected.items():
        got = pd.read_csv(folder / f"{what}.csv", dtype="str", keep_default_na=False)
        difference = first_difference(want, got, _ROWS[what], "in the script")
        if difference:
            return Verdict(False, difference, output)
    said = [f"{len(want):,} {_WORDS[what]}" for what, want in expected.items()]
    return Verdict(True, f"Bit-equal: {' and '.join(said)} are equal to the last bit.", output)


#: For each table the column that counts its rows, and what a row is.
_ROWS = {"losses": "step", "predictions": "row"}
_WORDS = {"losses": "losses", "predictions": "test predictions"}


def expected_of(run: RunResult | MinimizeResult | Path) -> dict[str, pd.DataFrame]:
    """What a script of the run has to write, as texts: the table of its losses and that of its predictions.

    Raises:
        StudioError: The folder's tables cannot be read.
    """
    if isinstance(run, Path):
        descent = load_descent(run)
        losses = _read(run / "history.csv")
        if descent is not None:
            return {"losses": losses.drop(columns=["gradient_norm", "learning_rate"], errors="ignore")}
        expected = {"losses": losses.loc[:, losses.columns.isin(["step", "train_loss"])]}
        if (run / "predictions.csv").exists():
            expected["predictions"] = _read(run / "predictions.csv")
        return expected
    if isinstance(run, MinimizeResult):
        columns = {"step": range(run.steps + 1), **dict(zip(run.variables, run.points.T, strict=True))}
        return {"losses": _texts(pd.DataFrame({**columns, "value": run.values}))}
    steps = run.history.steps.snapshot()
    expected = {"losses": _texts(pd.DataFrame({"step": steps["step"].astype(int), "train_loss": steps["train_loss"]}))}
    if "test" in run.predictions:
        expected["predictions"] = _texts(predictions_frame(run.predictions["test"]))
    return expected


def _read(file: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(file, dtype="str", keep_default_na=False)
    except (OSError, ValueError):
        raise StudioError(f"{file} cannot be read.", "Train the run again.") from None


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Every cell as a CSV file has it."""
    import io

    return pd.read_csv(io.StringIO(frame.to_csv(index=False)), dtype="str", keep_default_na=False)


def first_difference(want: pd.DataFrame, got: pd.DataFrame, counts: str, where: str) -> str:
    """What differs first, as a sentence; empty where nothing does.

    Args:
        want: The run's table, as texts.
        got: The other one.
        counts: The column that counts the rows: ``step``, ``epoch`` or ``row``.
        where: What the other one is, e.g. ``"in the script"``.
    """
    if list(want.columns) != list(got.columns):
        return f"The columns {where} are {', '.join(got.columns)}, and those of the run {', '.join(want.columns)}."
    length = min(len(want), len(got))
    unequal = want.iloc[:length].to_numpy() != got.iloc[:length].to_numpy()
    if unequal.any():
        row = int(unequal.any(axis=1).argmax())
        column = want.columns[int(unequal[row].argmax())]
        return (
            f"Different from {counts} {want[counts].iloc[row]} on: {column} is {got[column].iloc[row]} {where} and "
            f"{want[column].iloc[row]} in the run."
        )
    if len(want) != len(got):
        return f"There are {len(got):,} {counts}s {where} and {len(want):,} in the run."
    return ""
