"""What laboratories on formulas share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdstudio.core.minimize_spec import MinimizeSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gdstudio.core.control import RunControl
    from gdstudio.core.spec import ExperimentSpec
    from gdstudio.labs.entry import Progress
    from gdstudio.training.basins import Ends

_MOST_NAMED = 6


def descent_of(spec: ExperimentSpec, formula: str, steps: int, tolerance: float) -> MinimizeSpec:
    """A descent of ``formula`` with the optimizer, schedule, seed and threads of an experiment."""
    return MinimizeSpec().with_values(
        {
            "objective.formula": formula,
            "optimizer": spec.optimizer.model_dump(mode="json"),
            "schedule": spec.schedule.model_dump(mode="json"),
            "training.steps": steps,
            "training.tolerance": tolerance,
            "training.seed": spec.training.seed,
            "training.threads": spec.training.threads,
        }
    )


def point_name(variables: Sequence[str], point: NDArray[np.float64]) -> str:
    """E.g. ``x = 3, y = 2``."""
    rounded = [0.0 if abs(v) < 5e-7 else float(v) for v in point[:_MOST_NAMED]]
    pairs = [f"{name} = {value:.6g}" for name, value in zip(variables, rounded, strict=False)]
    return ", ".join(pairs) + (", …" if len(variables) > _MOST_NAMED else "")


def descend_all(spec: MinimizeSpec, starts: NDArray[np.float64], control: RunControl, progress: Progress) -> Ends:
    """From every start: together where the optimizer allows it, one after another where it does not."""
    from gdstudio.training.basins import ELEMENTWISE, Ends, descend_from
    from gdstudio.training.minimize import minimize

    if spec.optimizer.kind in ELEMENTWISE and spec.schedule.kind != "plateau":
        return descend_from(spec, starts, control=control, on_progress=progress)
    found = []
    for number, start in enumerate(starts):
        if control.cancelled:
            break
        found.append(minimize(spec.with_values({"training.start": tuple(start)}), control=control))
        progress((number + 1) / len(starts))
    left = len(starts) - len(found)
    return Ends(
        np.array([*(r.points[-1] for r in found), *starts[len(found) :]]),
        np.array([*(r.values[-1] for r in found), *[np.nan] * left]),
        np.array([*(r.steps for r in found), *[0] * left], dtype=np.int64),
        np.array([*(r.status == "converged" for r in found), *[False] * left]),
        np.array([*(r.status == "diverged" for r in found), *[False] * left]),
        control.cancelled,
    )
