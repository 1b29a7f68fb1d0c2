"""The loss landscape around a trained model: at its centre lies the loss that training reported."""

from __future__ import annotations

import math
from pathlib import Path

from gdstudio.core.spec import ExperimentSpec
from gdstudio.selftest.step import Step, expect

_GRID = 11
_TOLERANCE = 1e-4


def _run(folder: Path) -> str:
    import torch

    from gdstudio.evaluation.landscape.evaluator import Evaluator
    from gdstudio.evaluation.landscape.planes import random_plane
    from gdstudio.evaluation.landscape.progressive import pictures
    from gdstudio.evaluation.landscape.vectors import vector_of
    from gdstudio.training.landscape import problem_of
    from gdstudio.training.run import run_experiment

    spec = ExperimentSpec().with_values({"training.epochs": 20, "training.threads": 1})
    result = run_experiment(spec)
    problem = problem_of(result.spec, result.dataset, result.model)
    plane = random_plane(result.model, vector_of(result.model), seed=0)
    *_, finest = pictures(Evaluator(problem, plane), _GRID)
    expect(finest.values.shape == (_GRID, _GRID), f"The picture has the shape {finest.values.shape}.")
    middle = float(finest.values[_GRID // 2, _GRID // 2])
    with torch.no_grad():
        loss = float(problem.criterion(result.model(problem.features), problem.target))
    same = math.isclose(middle, loss, rel_tol=_TOLERANCE)
    expect(same, f"In the middle the landscape is {middle:.6g}, the model's loss {loss:.6g}.")
    expect(float(finest.values.max()) > 1.1 * loss, "The landscape is flat.")
    return f"{_GRID} × {_GRID} points; in the middle the model's own loss, {loss:.4g}."


STEP = Step(key="landscape", label="Draws the loss landscape", run=_run, order=50)
