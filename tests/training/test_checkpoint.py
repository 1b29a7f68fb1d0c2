"""A run that is interrupted anywhere and gone on with gives the very numbers of one that never stopped."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.training import run
from gdstudio.training.checkpoint import Checkpoint, CheckpointWriter, load_checkpoint
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment

SMALL = {
    "data.source.kind": "moons",
    "data.source.size": 60,
    "training.batch_size": 10,
    "training.epochs": 3,
    "training.gradient_every": 0,
}
MODELS: list[dict[str, Any]] = [
    {"model.kind": "linear"},
    {"model.hidden": [5, 4], "model.normalization": "batch", "model.dropout": 0.3},
    {"model.hidden": [5, 4], "model.normalization": "layer", "model.activation": "tanh", "regularization.l1": 1e-3},
]
OPTIMIZERS = [
    "adam", "sgd", "lbfgs", "rprop", "nadam", "asgd", "muon", "rmsprop", "adafactor", "adamax", "radam", "adagrad",
]  # fmt: skip
SCHEDULES: list[dict[str, Any]] = [
    {"schedule.kind": "one_cycle"},
    {"schedule.kind": "plateau", "schedule.patience": 0, "schedule.threshold": 0.5},
    {"schedule.kind": "cosine", "schedule.warmup_steps": 5},
    {"schedule.kind": "constant"},
]
EXTRAS: list[dict[str, Any]] = [
    {},
    {"regularization.input_noise": 0.1, "regularization.max_norm": 1.0},
    {"training.patience": 3, "training.min_delta": 0.001},
]
#: Each optimizer once, with each model four times, each schedule three times.
COMBINATIONS = [
    {"optimizer.kind": optimizer}
    | ({"optimizer.momentum": 0.9} if optimizer == "sgd" else {})
    | MODELS[i % 3]
    | SCHEDULES[i % 4]
    | EXTRAS[(i // 3) % 3]
    for i, optimizer in enumerate(OPTIMIZERS)
]


@pytest.fixture(autouse=True)
def _unscored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Final scores follow from weights that are compared, and take most of so small a run."""
    monkeypatch.setattr(run, "score_parts", lambda *_: ({}, {}))


def _spec(values: dict[str, Any], **more: Any) -> ExperimentSpec:
    return ExperimentSpec().with_values(SMALL | values | {k.replace("__", "."): v for k, v in more.items()})


class _Stop(RunControl):
    """Cancels before the step after ``last``."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self._left = last
        self.wanted = True

    def obey(self, give_weights: Any) -> None:
        if not self._left:
            self.cancel()
        self._left -= 1
        super().obey(give_weights)
        self.wanted = True


def _run(spec: ExperimentSpec, dataset: Dataset, **options: Any) -> tuple[RunResult, RunHistory]:
    history = RunHistory()
    return run_experiment(spec, dataset=dataset, history=history, **options), history


def _numbers(result: RunResult, history: RunHistory) -> dict[str, Any]:
    """All that must be equal to the bit."""
    rows = {f"steps.{name}": column for name, column in history.steps.snapshot().items() if name != "seconds"}
    rows |= {f"epochs.{name}": column for name, column in history.epochs.snapshot().items() if name != "seconds"}
    rows |= {name: tensor.numpy() for name, tensor in result.model.state_dict().items()}
    return rows


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[n], other[n], equal_nan=True) for n in one)


def _stopped_at(spec: ExperimentSpec, dataset: Dataset, step: int) -> Checkpoint:
    result, _ = _run(spec, dataset, control=_Stop(step))
    assert result.status == "cancelled"
    assert result.checkpoint is not None
    assert result.checkpoint.step == step
    return result.checkpoint


@pytest.mark.parametrize("values", COMBINATIONS, ids=lambda v: v["optimizer.kind"])
def test_interrupted_at_every_batch_boundary_the_rest_is_bit_equal(values: dict[str, Any], tmp_path: Path) -> None:
    spec = _spec(values, training__capture="off")
    dataset = prepare(spec.data, load_table(spec.data.source))
    whole, history = _run(spec, dataset)
    expected = _numbers(whole, history)
    writer = CheckpointWriter(tmp_path)
    (tmp_path / "spec.json").write_text(whole.spec.to_json(), encoding="utf-8")
    for step in range(whole.steps):
        writer.write(_stopped_at(spec, dataset, step))
        resumed = _run(spec, dataset, resume_from=load_checkpoint(tmp_path))
        assert _same(_numbers(*resumed), expected), f"stopped after step {step}"
        assert resumed[0].message.split(" s.")[0].split(" in ")[0] == whole.message.split(" s.")[0].split(" in ")[0]


@pytest.mark.parametrize("values", [COMBINATIONS[i] for i in (0, 1, 4, 6)], ids=lambda v: v["optimizer.kind"])
def test_recorded_steps_go_on_to_the_bit_and_so_does_a_run_without_them(values: dict[str, Any]) -> None:
    spec = _spec(values, training__capture="on")
    dataset = prepare(spec.data, load_table(spec.data.source))
    expected = _numbers(*_run(spec.with_values({"training.capture": "off"}), dataset))
    for step in (0, 3, 4, 11):
        checkpoint = _stopped_at(spec, dataset, step)
        assert _same(_numbers(*_run(spec, dataset, resume_from=checkpoint)), expected)


def test_a_checkpoint_can_be_gone_on_from_twice() -> None:
    spec = _spec(COMBINATIONS[0])
    dataset = prepare(spec.data, load_table(spec.data.source))
    checkpoint = _stopped_at(spec, dataset, 5)
    once, twice = (_numbers(*_run(spec, dataset, resume_from=checkpoint)) for _ in range(2))
    assert _same(once, twice)


def _without(state: Any, *path: str, value: Any) -> Any:
    """The state with the value at a path replaced."""
    first, *rest = path
    return {**state, first: _without(state[first], *rest, value=value) if rest else value}


@pytest.mark.parametrize(
    ("values", "path", "value"),
    [
        ({"model.dropout": 0.4}, ("dropout",), None),
        ({"model.dropout": 0.4}, ("dropout",), torch.Generator().manual_seed(5).get_state()),
        ({"schedule.kind": "plateau", "schedule.patience": 0, "schedule.threshold": 0.9},
         ("recorder", "schedule"), {"_level": 1.0, "_best": None, "_waited": 0, "_resting": 0}),
        ({"optimizer.kind": "adam"}, ("optimizer",), {}),
        ({"model.normalization": "batch"}, ("model", "normalization_1.running_mean"), None),
    ],
    ids=["no stream", "wrong stream", "no schedule", "no moments", "no running mean"],
)  # fmt: skip
def test_without_a_part_of_the_state_the_numbers_differ(values: dict[str, Any], path: Any, value: Any) -> None:
    spec = _spec(values, training__epochs=6)
    dataset = prepare(spec.data, load_table(spec.data.source))
    expected = _numbers(*_run(spec, dataset))
    checkpoint = _stopped_at(spec, dataset, 18)
    if "running_mean" in path[-1]:
        name = next(n for n in checkpoint.state["model"] if n.endswith("running_mean"))
        path, value = ("model", name), torch.zeros_like(checkpoint.state["model"][name])
    assert _same(_numbers(*_run(spec, dataset, resume_from=checkpoint)), expected)
    broken = dataclasses.replace(checkpoint, state=_without(checkpoint.state, *path, value=value))
    assert not _same(_numbers(*_run(spec, dataset, resume_from=broken)), expected)


def test_rates_changed_by_hand_are_gone_on_with() -> None:
    class Change(_Stop):
        def obey(self, give_weights: Any) -> None:
            super().obey(give_weights)
            if self._left == 3:
                self.set_learning_rate(0.3)

    spec = _spec({"optimizer.kind": "sgd"})
    dataset = prepare(spec.data, load_table(spec.data.source))
    stopped, _ = _run(spec, dataset, control=Change(9))
    assert [c.lr for c in stopped.spec.training.lr_changes] == [0.3]
    resumed, history = _run(spec, dataset, resume_from=stopped.checkpoint)
    assert resumed.spec.training.lr_changes == stopped.spec.training.lr_changes
    assert _same(_numbers(resumed, history), _numbers(*_run(resumed.spec, dataset)))


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("schedule", ["constant", "step", "plateau"])
def test_a_run_can_become_longer(schedule: str, every: int, tmp_path: Path) -> None:
    values = {"schedule.kind": schedule, "training.evaluate_every": every}
    spec = _spec(values)
    dataset = prepare(spec.data, load_table(spec.data.source))
    longer = spec.with_values({"training.epochs": 7})
    expected = _numbers(*_run(longer, dataset))
    run_experiment(spec, dataset=dataset, checkpoint_to=tmp_path / "R").save(tmp_path / "R")
    resumed, history = _run(longer, dataset, resume_from=load_checkpoint(tmp_path / "R"), checkpoint_to=tmp_path / "R")
    assert _same(_numbers(resumed, history), expected)
    again = _run(longer, dataset, resume_from=load_checkpoint(tmp_path / "R"))
    assert _same(_numbers(*again), expected)


def test_a_longer_run_is_refused_where_the_schedule_depends_on_the_length() -> None:
    spec = _spec({"schedule.kind": "cosine"})
    dataset = prepare(spec.data, load_table(spec.data.source))
    checkpoint = _stopped_at(spec, dataset, 6)
    with pytest.raises(StudioError, match="depends on the length"):
        _run(spec.with_values({"training.epochs": 9}), dataset, resume_from=checkpoint)


def test_other_settings_and_other_data_are_refused() -> None:
    spec = _spec({})
    dataset = prepare(spec.data, load_table(spec.data.source))
    checkpoint = _stopped_at(spec, dataset, 6)
    with pytest.raises(StudioError, match=r"optimizer\.lr = 0\.00"):
        _run(spec.with_values({"optimizer.lr": 0.5}), dataset, resume_from=checkpoint)
    with pytest.raises(StudioError, match="more than 1 epochs"):
        _run(spec.with_values({"training.epochs": 1}), dataset, resume_from=checkpoint)
    other = dataclasses.replace(checkpoint, data_hash="0" * 64)
    with pytest.raises(StudioError, match="not those of the run"):
        _run(spec, dataset, resume_from=other)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    spec = _spec({"model.dropout": 0.2})
    run_experiment(spec, control=_Stop(10), checkpoint_to=tmp_path / "R").save(tmp_path / "R")
    return tmp_path / "R"


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_bit_that_flipped_anywhere_is_found_and_nothing_is_overwritten(folder: Path) -> None:
    load_checkpoint(folder)
    for path, share in itertools.product(sorted((folder / "checkpoint").iterdir()), (0.01, 0.5, 0.99)):
        good = path.read_bytes()
        bad = bytearray(good)
        bad[int(share * len(good))] ^= 1
        path.write_bytes(bad)
        before = _contents(folder)
        with pytest.raises(StudioError, match=r"damaged|schema"):
            load_checkpoint(folder)
        path.write_bytes(good[: int(share * len(good))])
        with pytest.raises(StudioError, match="damaged"):
            load_checkpoint(folder)
        path.write_bytes(bad)
        assert _contents(folder) == before
        path.write_bytes(good)
    load_checkpoint(folder)


def test_a_newer_schema_is_refused(folder: Path) -> None:
    path = folder / "checkpoint" / "checkpoint.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"schema_version": 2}))
    with pytest.raises(StudioError, match="schema version 2"):
        load_checkpoint(folder)


def test_an_edited_spec_is_refused(folder: Path) -> None:
    path = folder / "spec.json"
    path.write_text(path.read_text().replace('"dropout": 0.2', '"dropout": 0.3'))
    with pytest.raises(StudioError, match=r"differs .* model\.dropout"):
        load_checkpoint(folder)


@pytest.mark.parametrize("fails", ["state", "index"])
def test_a_save_that_fails_leaves_the_checkpoint_before(
    folder: Path, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gdstudio.training import checkpoint as module

    before = load_checkpoint(folder)
    longer = dataclasses.replace(before, steps={n: np.append(c, c[-1]) for n, c in before.steps.items()})

    def fail(*arguments: Any) -> None:
        raise OSError("killed here")

    monkeypatch.setattr(module, "write_bytes" if fails == "state" else "write_text", fail)
    with pytest.raises(OSError, match="killed"):
        CheckpointWriter(folder, before).write(longer)
    again = load_checkpoint(folder)
    assert again.step == before.step == len(again.steps["step"]) == 10
    monkeypatch.undo()
    CheckpointWriter(folder, again).write(longer)
    assert len(load_checkpoint(folder).steps["step"]) == 11


def test_a_save_appends_the_new_rows_alone(folder: Path) -> None:
    before = load_checkpoint(folder)
    path = next((folder / "checkpoint").glob("steps-*.f64"))
    file = path.stat()
    longer = dataclasses.replace(before, steps={n: np.append(c, c[-1]) for n, c in before.steps.items()})
    CheckpointWriter(folder, before).write(longer)
    assert path.stat().st_ino == file.st_ino
    assert path.stat().st_size == file.st_size // 10 * 11
    assert len(list((folder / "checkpoint").iterdir())) == 4


def test_a_new_run_replaces_an_old_one_only_once_nothing_is_refused(folder: Path) -> None:
    before = _contents(folder)
    refused = ExperimentSpec().with_values({"data.source.kind": "diabetes", "training.class_weights": "balanced"})
    with pytest.raises(StudioError):
        run_experiment(refused, checkpoint_to=folder)
    assert _contents(folder) == before


def test_no_checkpoints_leave_no_folder(tmp_path: Path) -> None:
    spec = _spec({"training.checkpoint_seconds": 0})
    result = run_experiment(spec, checkpoint_to=tmp_path / "R")
    result.save(tmp_path / "R")
    assert result.checkpoint is None
    assert not (tmp_path / "R" / "checkpoint").exists()


def test_checkpoints_change_no_number(tmp_path: Path) -> None:
    spec = _spec({"model.dropout": 0.2, "training.epochs": 40})
    dataset = prepare(spec.data, load_table(spec.data.source))
    often = spec.with_values({"training.checkpoint_seconds": 1e-9})
    assert _same(_numbers(*_run(often, dataset, checkpoint_to=tmp_path / "R")), _numbers(*_run(spec, dataset)))


def test_the_window_can_save_a_run_that_command_line_goes_on_with(tmp_path: Path) -> None:
    spec = _spec({"model.dropout": 0.2})
    dataset = prepare(spec.data, load_table(spec.data.source))
    stopped, _ = _run(spec, dataset, control=_Stop(7))
    stopped.save(tmp_path / "R")
    resumed = _run(spec, dataset, resume_from=load_checkpoint(tmp_path / "R"))
    assert _same(_numbers(*resumed), _numbers(*_run(spec, dataset)))
