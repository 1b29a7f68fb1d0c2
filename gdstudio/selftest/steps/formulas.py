"""Descent on a formula: a known minimum is reached, and nothing that is typed is executed."""

from __future__ import annotations

from pathlib import Path

from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.selftest.step import Step, expect

_CANARY = "__import__('os').mkdir('executed')"


def _run(folder: Path) -> str:
    from gdstudio.training.minimize import minimize

    spec = MinimizeSpec.parse(
        {
            "objective": {"formula": "(1 - x)**2 + 100*(y - x**2)**2"},
            "optimizer": {"kind": "adam", "lr": 0.02},
            "training": {"start": [-1.5, 2.0], "steps": 10_000, "tolerance": 1e-6},
        }
    )
    result = minimize(spec)
    x, y = result.points[-1].tolist()
    expect(abs(x - 1) < 1e-3 and abs(y - 1) < 1e-3, f"Adam ended at {x:.4g}, {y:.4g} instead of 1, 1.")
    try:
        minimize(MinimizeSpec.parse({"objective": {"formula": _CANARY}}))
    except StudioError:
        return f"Rosenbrock's minimum after {result.steps:,} steps of Adam; a formula with a call of Python is refused."
    expect(False, "A formula with a call of Python was not refused.")
    return ""


STEP = Step(key="formulas", label="Descends a formula", run=_run, order=55)
