from __future__ import annotations

import subprocess
import sys

import torch

from gdstudio.training.warm_up import warm_up


def test_it_leaves_nothing_behind_that_a_run_could_notice() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state(), torch.get_num_threads(), torch._C._get_graph_executor_optimize()
    warm_up()
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (torch.get_num_threads(), torch._C._get_graph_executor_optimize())


def test_a_first_run_has_next_to_nothing_left_to_import() -> None:
    code = """
import sys
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.training.warm_up import warm_up

spec = ExperimentSpec().with_values({"training.epochs": 1, "training.capture": "on"})
table = load_table(spec.data.source)
prepare(spec.data, table)  # as the window has done before anything can be started
warm_up()
from gdstudio.training.run import run_experiment

before = set(sys.modules)
run_experiment(spec, table=table)
print(*sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    left = done.stdout.split()
    assert len(left) < 10, left
    assert {"networkx", "sympy", "sklearn"}.isdisjoint(name.partition(".")[0] for name in left)
