"""The rates that are drawn before a run are those that it then uses."""

from __future__ import annotations

import numpy as np
import pytest

from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec
from gdstudio.optim.plan import planned_rates
from gdstudio.training.run import run_experiment


@pytest.mark.parametrize("kind", sorted(registry("schedules")))
def test_the_plan_is_what_the_run_does(kind: str) -> None:
    spec = ExperimentSpec().with_values(
        {"schedule.kind": kind, "schedule.warmup_steps": 3, "training.epochs": 2, "training.batch_size": 100}
    )
    result = run_experiment(spec)
    rates = result.history.steps.snapshot()["learning_rate"]
    plan = planned_rates(result.spec.schedule, float(spec.get("optimizer.lr")), len(rates), len(rates) // 2)
    if plan is None:
        assert kind == "plateau"
        return
    assert np.array_equal(plan[0], np.arange(1, len(rates) + 1))
    assert np.array_equal(plan[1], rates)


def test_a_long_plan_is_thinned_and_keeps_both_ends() -> None:
    settings = ExperimentSpec().with_values({"schedule.kind": "cosine"}).schedule
    steps, rates = planned_rates(settings, 0.1, 1_000_000, 100) or ((), ())
    assert len(steps) == len(rates) == 2_000
    assert (steps[0], steps[-1]) == (1, 1_000_000)
