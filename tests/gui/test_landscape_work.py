"""What the landscape's tab computes: sub-samples say how far off they may be, runs that do not fit say why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec
from gdstudio.gui.runs import Run
from gdstudio.gui.tabs.landscape_work import Found, Wanted, compute, places
from gdstudio.training.landscape import problem_of
from gdstudio.training.run import run_experiment

SPEC = ExperimentSpec().with_values(
    {
        "data.source.kind": "moons", "data.source.size": 400, "model.hidden": [4], "model.normalization": "batch",
        "training.epochs": 4,
    }
)  # fmt: skip
WANTED = Wanted("random", "train", "loss", 5, 0, False)


@pytest.fixture(scope="module")
def runs() -> tuple[Run, ...]:
    specs = [SPEC, SPEC.with_values({"training.seed": 1}), SPEC.with_values({"data.source.noise": 0.1})]
    return tuple(Run(i, f"Run {i}", i, run_experiment(spec)) for i, spec in enumerate(specs, 1))


def last(run: Run, runs: tuple[Run, ...], wanted: Wanted) -> Found:
    return list(compute(run, runs, wanted, cancelled=lambda: False, progress=lambda share: None))[-1]


def test_a_sub_sample_is_named_with_its_standard_error(runs: tuple[Run, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = last(runs[0], runs, WANTED)
    assert "rows" not in whole.note
    monkeypatch.setitem(problem_of.__kwdefaults__, "rows", 100)
    part = last(runs[0], runs, WANTED)
    assert "Measured on 100 of 240 rows; standard error 0.0" in part.note
    error = float(part.note.split("standard error ")[1].split()[0])
    assert 0 < abs(part.picture.values[2, 2] - whole.picture.values[2, 2]) < 5 * error


def test_paths_of_runs_on_other_data_are_left_out_and_hidden_runs_too(runs: tuple[Run, ...]) -> None:
    everyone = replace(WANTED, plane="trajectory", everyone=True)
    found = last(runs[0], runs, everyone)
    assert [r.run.id for r in found.routes] == [1, 2]
    assert "Run 3 was trained on other data" in found.note
    assert "running means are those of Run 1" in found.note
    hidden = (runs[0], replace(runs[1], shown=False))
    found = last(runs[0], hidden, everyone)
    assert [r.run.id for r in found.routes] == [1]
    assert "no other shown run" in found.note


def test_any_kept_step_of_any_run_can_be_chosen(runs: tuple[Run, ...]) -> None:
    offered = dict(places(runs))
    assert offered["1:end"] == "Run 1, end"
    steps = [key for key in offered if key.startswith("2:") and key.split(":")[1].isdigit()]
    assert steps
    line = last(runs[0], runs, replace(WANTED, plane="line", points=(steps[0], "1:end"), grid=7))
    at_end = line.picture.values[0, int(np.abs(line.picture.x - 1).argmin())]
    final = runs[0].result.history.epochs.snapshot()["train_loss"][-1]
    assert line.picture.x[5] == pytest.approx(1.0)
    assert at_end == pytest.approx(final, rel=1e-4)
    with pytest.raises(StudioError, match="deleted"):
        last(runs[0], runs, replace(WANTED, plane="line", points=("9:end", "1:end")))


def test_weights_that_are_not_finite_are_refused(runs: tuple[Run, ...]) -> None:
    broken = run_experiment(SPEC)
    with torch.no_grad():
        next(broken.model.parameters())[0, 0] = float("inf")
    run = Run(4, "Run 4", 3, broken)
    for plane in ("random", "trajectory"):
        with pytest.raises(StudioError, match="not finite"):
            last(run, (run,), replace(WANTED, plane=plane))
    with pytest.raises(StudioError, match=r"Run 4, at its end.*not finite"):
        last(runs[0], (*runs, run), replace(WANTED, plane="line", points=("1:end", "4:end")))
    found = last(runs[0], (*runs, run), replace(WANTED, everyone=True))
    assert "Run 4 has other layers or broken weights" in found.note
