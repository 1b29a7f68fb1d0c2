"""A laboratory: many runs as one, each like its own single run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gdstudio.core.spec import ExperimentSpec
from gdstudio.selftest.step import Step, expect


def _run(folder: Path) -> str:
    from gdstudio.data.dataset import prepare
    from gdstudio.data.load import load_table
    from gdstudio.training.ensemble import run_many
    from gdstudio.training.run import run_experiment

    base = ExperimentSpec().with_values({"training.epochs": 2, "training.threads": 1})
    specs = [base.with_values({"training.seed": seed}) for seed in range(4)]
    dataset = prepare(base.data, load_table(base.data.source))
    members = run_many(specs, dataset)
    for spec, member in zip(specs, members, strict=True):
        alone = run_experiment(spec, dataset=dataset).history.epochs.snapshot()["train_loss"][-1]
        together = member.curves["train_loss"]
        expect(bool(np.isclose(together, alone, rtol=1e-4)), f"Together {together:.6g}, alone {alone:.6g}.")
    return f"{len(members)} runs as one ended where each ends alone."


STEP = Step(key="labs", label="Trains many runs as one", run=_run, order=56)
