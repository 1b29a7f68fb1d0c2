"""How fast landscapes are, against evaluating point by point and against the loss-landscapes package.

Run it with ``python tests/benchmarks/landscape.py``. The ways take turns, so that a busy moment hits all of them. The
package is compared where it is installed (``pip install loss-landscapes``); it is no dependency.
"""

from __future__ import annotations

import copy
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from gdstudio.core.registry import registry
from gdstudio.evaluation.landscape.evaluator import Evaluator
from gdstudio.evaluation.landscape.planes import random_plane
from gdstudio.evaluation.landscape.problem import Problem
from gdstudio.evaluation.landscape.progressive import pictures
from gdstudio.evaluation.landscape.vectors import vector_of
from gdstudio.models.mlp import ENTRY, MlpSettings

try:
    import loss_landscapes
    import loss_landscapes.metrics
except ImportError:
    loss_landscapes = None

#: Rows, inputs, hidden layers, points a side, repetitions, the ratio to the package that is wanted.
CASES = (
    (300, 6, (16,), 40, 15, 8.0),
    (1_000, 6, (64, 64), 40, 15, 1.5),
    (10_000, 28, (256, 256), 25, 2, 1.2),
)


def problem_of(rows: int, inputs: int, hidden: tuple[int, ...]) -> Problem:
    """A network of one output on random rows."""
    torch.manual_seed(0)
    model = ENTRY.build(MlpSettings(hidden=hidden), inputs, 1, 0).eval()
    entry = registry("losses")["binary_cross_entropy"]
    settings = entry.settings()
    target = torch.randint(0, 2, (rows,)).float()
    return Problem(model, entry.build(settings), torch.randn(rows, inputs), target, each=entry.each(settings))


def ours(problem: Problem, grid: int, plain: bool) -> Callable[[], np.ndarray]:
    """The whole way: laying the plane, preparing, all points."""

    def work() -> np.ndarray:
        plane = random_plane(problem.model, vector_of(problem.model), 0)
        evaluator = Evaluator(problem, plane, plain=plain)
        return list(pictures(evaluator, grid))[-1].values

    return work


def package(problem: Problem, grid: int) -> Callable[[], np.ndarray]:
    """The same by the package, filter-normalised as well."""
    metric = loss_landscapes.metrics.Loss(nn.BCEWithLogitsLoss(), problem.features, problem.target[:, None])

    def work() -> np.ndarray:
        model = copy.deepcopy(problem.model)
        with torch.no_grad():
            return loss_landscapes.random_plane(model, metric, distance=1, steps=grid, normalization="filter")

    return work


def main() -> int:
    """Print times and ratios; 1 where a ratio to the package falls short."""
    torch.set_num_threads(1)
    short = False
    for rows, inputs, hidden, grid, repetitions, wanted in CASES:
        problem = problem_of(rows, inputs, hidden)
        ways = {"stacked": ours(problem, grid, plain=False), "point by point": ours(problem, grid, plain=True)}
        if loss_landscapes is not None:
            ways["loss-landscapes"] = package(problem, grid)
        ways["stacked"]()
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(repetitions):
            for name, work in ways.items():
                start = time.perf_counter()
                work()
                seconds[name].append(time.perf_counter() - start)
        print(f"{rows:,} × {inputs}, {hidden}, {grid} × {grid}:")
        ratios = {}
        for name, values in seconds.items():
            # Of neighbours in time, since what else the machine does changes from round to round.
            ratios[name] = statistics.median(a / b for a, b in zip(values, seconds["stacked"], strict=True))
            print(f"  {name:16} {1e3 * statistics.median(values):8.1f} ms   {ratios[name]:5.2f} ×")
        if ratios.get("loss-landscapes", wanted) < wanted:
            short = True
            print(f"  wanted: {wanted:g} × against loss-landscapes")
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
