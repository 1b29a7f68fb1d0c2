"""A run that is stopped half-way, saved and gone on with gives the bits of one that never stopped."""

from __future__ import annotations

from pathlib import Path

from gdstudio.core.control import RunControl
from gdstudio.core.events import Event, Paused, Started
from gdstudio.core.spec import ExperimentSpec
from gdstudio.selftest.step import Step, expect

_SAME = ("history.csv", "metrics.json", "predictions.csv", "model.safetensors")
_STEPS = 7


def _run(folder: Path) -> str:
    from gdstudio.training.checkpoint import load_checkpoint
    from gdstudio.training.run import run_experiment
    from gdstudio.training.run_folder import load_run

    spec = ExperimentSpec().with_values(
        {"training.epochs": 4, "model.dropout": 0.2, "schedule.kind": "cosine", "training.threads": 1}
    )
    whole, halves = folder / "whole", folder / "in two – halves é"
    run_experiment(spec, checkpoint_to=whole).save(whole)
    control = RunControl()

    def hear(event: Event) -> None:
        if isinstance(event, Started):
            for _ in range(_STEPS):
                control.step()
        elif isinstance(event, Paused) and event.step >= _STEPS:
            control.cancel()

    stopped = run_experiment(spec, control=control, on_event=hear, checkpoint_to=halves)
    stopped.save(halves)
    expect(stopped.steps == _STEPS, f"It {stopped.status} after {stopped.steps} steps, not where it was stopped.")
    checkpoint = load_checkpoint(halves)
    run_experiment(checkpoint.spec, resume_from=checkpoint, checkpoint_to=halves).save(halves)
    for name in _SAME:
        same = (whole / name).read_bytes() == (halves / name).read_bytes()
        expect(same, f"{name} of the run that was gone on with differs from that of the uninterrupted one.")
    saved = load_run(halves)
    written = (whole / "metrics.json").read_text(encoding="utf-8")
    expect(f"{saved.evaluate()['test']['accuracy']!r}" in written, "Scored again, the saved run has other scores.")
    return f"Stopped after {stopped.steps} steps, continued to the same bits, read back and scored again."


STEP = Step(key="resume", label="Stops, saves, goes on to the bit", run=_run, order=40)
