"""The folder that a descent on a formula leaves: ``spec.json``, ``result.json``, ``history.csv``."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.core.files import make_folder, write_text
from gdstudio.core.minimize_spec import MinimizeSpec

if TYPE_CHECKING:
    from gdstudio.training.minimize import MinimizeResult


@dataclass(frozen=True)
class SavedDescent:
    """A descent's folder that was read.

    Attributes:
        folder: Where it lies.
        spec: The exact descent, with the start that was drawn.
        status: How it ended: finished, converged, diverged or cancelled; empty where that is not known.
    """

    folder: Path
    spec: MinimizeSpec
    status: str


def load_descent(folder: Path) -> SavedDescent | None:
    """A descent as it was saved; None where the folder holds something else, such as a run on data.

    Raises:
        StudioError: It is a descent's, and damaged.
    """
    try:
        plain = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(plain, dict) or "objective" not in plain:
        return None
    spec = MinimizeSpec.parse(plain)
    try:
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise StudioError(f"{folder / 'result.json'} is missing or damaged.", "Minimize the formula again.") from None
    status = result.get("status") if isinstance(result, dict) else None
    return SavedDescent(folder, spec, status if isinstance(status, str) else "")


def save_descent(result: MinimizeResult, folder: Path) -> None:
    """Write a descent's folder.

    Raises:
        StudioError: It cannot be written.
    """
    make_folder(folder)
    columns: dict[str, Any] = {"step": range(result.steps + 1)}
    columns.update(zip(result.variables, result.points.T, strict=True))
    columns["value"] = result.values
    columns["gradient_norm"] = result.gradient_norms
    # The rate of a row is that of the step that led to it; the start has none.
    columns["learning_rate"] = [None, *result.learning_rates.tolist()]
    document = json.dumps(document_of(result), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(folder / "spec.json", result.spec.to_json())
    write_text(folder / "result.json", document + "\n")
    write_text(folder / "history.csv", pd.DataFrame(columns).to_csv(index=False, lineterminator="\n"))


def document_of(result: MinimizeResult) -> dict[str, Any]:
    """What ``result.json`` holds: how the descent ended and the lowest point that it met."""
    best = result.best

    def point(row: int) -> dict[str, float]:
        return dict(zip(result.variables, result.points[row].tolist(), strict=True))

    norm = float(result.gradient_norms[best])
    return {
        "formula": result.spec.objective.formula,
        "variables": list(result.variables),
        "parameters": dict(result.spec.objective.parameters),
        "optimizer": result.spec.optimizer.model_dump(mode="json"),
        "start": point(0),
        "minimum": point(best),
        "value": float(result.values[best]),
        "gradient_norm": norm if math.isfinite(norm) else None,
        "best_step": best,
        "steps": result.steps,
        "status": result.status,
        "kind": result.kind,
        "message": result.message,
    }
