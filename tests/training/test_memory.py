"""A run of a million steps takes no more memory at its end than at its beginning, but for its history."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

#: Run in a process of its own, so that nothing else's memory is measured.
SCRIPT = """
import json, os, threading
from pathlib import Path
from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.training.run import run_experiment

steps = {steps}
spec = ExperimentSpec().with_values({{
    "data.source.kind": "moons", "data.source.size": 200, "model.hidden": [4], "model.dropout": 0.1,
    "training.batch_size": 1, "training.epochs": steps // 120, "training.evaluate_every": 1000,
    "training.capture": "{capture}", "training.checkpoint_seconds": 5, "schedule.kind": "cosine",
}})
history, samples, ended = RunHistory(), [], threading.Event()

def watch():
    while not ended.wait(0.2):
        with open("/proc/self/statm") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        taken = sum(column.nbytes for column in history.steps.snapshot().values())
        samples.append((len(history.steps), resident - taken))

thread = threading.Thread(target=watch)
thread.start()
run_experiment(spec, history=history, checkpoint_to=Path({folder!r}))
ended.set()
thread.join()
print(json.dumps(samples))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("capture", ["on", "off"])
def test_memory_is_flat_but_for_the_history(capture: str, tmp_path: Path) -> None:
    steps = 1_000_000 if capture == "on" else 200_000
    script = SCRIPT.format(steps=steps, capture=capture, folder=str(tmp_path / "R"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    samples = json.loads(done.stdout)
    assert samples[-1][0] > 0.9 * steps
    early = [rest for step, rest in samples if 0.1 * steps < step < 0.3 * steps]
    late = [rest for step, rest in samples if step > 0.8 * steps]
    # The history's rows are left out of both; what is left grows by less than ten bytes a step.
    assert min(late) - max(early) < 10e6
