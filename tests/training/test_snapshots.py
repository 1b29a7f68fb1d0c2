"""Copies along a run: bounded, denser early, the same each time, on disk and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.training.run import run_experiment
from gdstudio.training.run_folder import load_run
from gdstudio.training.snapshots import Snapshots


def kept_of(steps, **limits):
    history, model = RunHistory(), nn.Linear(2, 1)
    snapshots = Snapshots(model, history, **limits)
    for step in steps:
        with torch.no_grad():
            model.bias.fill_(step)
        snapshots.offer(step)
    return history.snapshots


def test_a_short_run_keeps_everything():
    kept = kept_of(range(0, 60, 2))
    assert [s.step for s in kept] == list(range(0, 60, 2))
    assert [float(s.state["bias"][0]) for s in kept] == list(range(0, 60, 2))


def test_a_long_run_keeps_a_bounded_number_denser_early():
    for end in (100, 1_000, 20_000):
        steps = [s.step for s in kept_of(range(end))]
        assert 20 <= len(steps) <= 64
        assert steps[0] == 0
        assert steps[-1] > 0.85 * end
        gaps = np.diff(steps)
        assert gaps[: len(gaps) // 4].mean() < gaps[-len(gaps) // 4 :].mean() or end == 100
        assert steps == [s.step for s in kept_of(range(end))]


def test_large_models_keep_fewer():
    assert len(kept_of(range(500), max_bytes=12 * 10)) <= 10
    assert kept_of(range(500), max_bytes=12) == ()


def test_a_run_folder_brings_them_back(tmp_path):
    spec = ExperimentSpec().with_values({"data.source.kind": "iris", "training.epochs": 7})
    result = run_experiment(spec)
    assert result.snapshots[0].step == 0
    assert len(result.snapshots) == 8
    final = result.snapshots[-1].state
    assert all(np.array_equal(final[k], v.numpy()) for k, v in result.model.state_dict().items())
    result.save(tmp_path / "run")
    read = load_run(tmp_path / "run").snapshots
    assert [s.step for s in read] == [s.step for s in result.snapshots]
    for a, b in zip(read, result.snapshots, strict=True):
        assert all(np.array_equal(a.state[k], b.state[k]) for k in b.state)


def test_what_a_kill_left_of_a_file_goes_with_the_next_save(tmp_path: Path) -> None:
    result = run_experiment(ExperimentSpec().with_values({"training.epochs": 1}))
    result.save(tmp_path)
    left, other = tmp_path / ".health.csv.15z2aeoe.part", tmp_path / ".mine"
    left.write_text("step,la")
    other.write_text("kept")
    result.save(tmp_path)
    assert not left.exists()
    assert other.exists()
    assert load_run(tmp_path).status == "finished"
