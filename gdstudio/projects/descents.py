"""The folder that a descent on a formula leaves: ``spec.json``, ``result.json``, ``history.csv``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec


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
