"""How long a project with 50 runs of 10,000 steps takes to open and to save.

Run with ``python tests/benchmarks/project_speed.py``; prints seconds, and what they are of the plain reading and
durable writing of as many bytes.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.projects.project import Project, load_project, save_project
from gdstudio.projects.project_run import ProjectRun, RunPacks, pack_run
from gdstudio.projects.restore import restore_runs
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment

RUNS, STEPS = 50, 10_000
T = TypeVar("T")


def timed(work: Callable[[], T], repeats: int = 3) -> tuple[float, T]:
    """Seconds of the fastest of some calls, and what the last returned."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def lengthened(result: RunResult, seed: int) -> RunResult:
    """The run with as many steps as are asked for: what they say does not matter here, but no two are alike."""
    random = np.random.default_rng(seed)
    history = RunHistory()
    history.snapshots, history.health_layers = result.history.snapshots, result.history.health_layers
    history.epochs.append(result.history.epochs.snapshot())
    history.health.append(result.history.health.snapshot())
    steps = {name: random.normal(size=STEPS) for name in history.steps.names}
    steps |= {"step": np.arange(1.0, STEPS + 1), "seconds": np.linspace(0.0, 5.0, STEPS)}
    history.steps.append(steps)
    return replace(result, history=history, checkpoint=None)


def durable(path: Path, data: bytes) -> None:
    """Write as a project must be, with nothing else done."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def main() -> None:
    """Print the figures."""
    spec = ExperimentSpec().with_values({"training.epochs": 30})
    one = run_experiment(spec)
    results = [lengthened(one, seed) for seed in range(RUNS)]
    first, packed = timed(lambda: [pack_run(result) for result in results], 1)
    runs = tuple(ProjectRun(number, f"Run {number}", number % 8, True, pack) for number, pack in enumerate(packed))
    project = Project(one.spec, runs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gdstudio"
        saving, _ = timed(lambda: save_project(project, path))
        data = path.read_bytes()
        writing, _ = timed(lambda: durable(Path(folder) / "plain", data))
        reading, _ = timed(path.read_bytes)
        loading, loaded = timed(lambda: load_project(path))
        table = one.dataset.table
        restoring, restored = timed(lambda: restore_runs(loaded, lambda source: table, RunPacks()))
    assert len(restored.results) == RUNS
    assert not restored.problems
    opening = loading + restoring
    print(f"{RUNS} runs of {STEPS:,} steps, {len(data) / 2**20:.1f} MB")
    print(f"pack all runs, once       {first:6.2f} s")
    print(f"save                      {saving:6.2f} s   {saving / writing:5.1f} × writing the bytes  (at most 1 s)")
    print(f"open: read and verify     {loading:6.2f} s   {loading / reading:5.1f} × reading the bytes")
    print(f"open: all runs' results   {restoring:6.2f} s")
    print(f"open                      {opening:6.2f} s   (at most 2 s)")


if __name__ == "__main__":
    main()
