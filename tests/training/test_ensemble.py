"""Each run of many equals its own single run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from gdstudio.core.control import RunControl
from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.training.capture import scripted
from gdstudio.training.ensemble import run_many
from gdstudio.training.run import run_experiment
from gdstudio.training.stacking import stackable

STACKING = ("sgd", "adam", "adamw", "adagrad", "rmsprop", "adamax", "nadam", "radam", "adadelta")


def make(**values: Any) -> tuple[ExperimentSpec, Dataset]:
    plain = {"training.epochs": 11, "model.hidden": [8, 4]} | values
    spec = ExperimentSpec().with_values(plain)
    return spec, prepare(spec.data, load_table(spec.data.source))


def variants(spec: ExperimentSpec) -> list[ExperimentSpec]:
    """Runs that differ in rate, seed and penalties."""
    rate = float(spec.get("optimizer.lr"))
    return [
        spec.with_values({"optimizer.lr": rate * factor, "training.seed": seed, "regularization.l2": l2})
        for factor, seed, l2 in ((1, 0, 0), (0.3, 0, 0.01), (1, 1, 0), (0.1, 2, 0.001))
    ]


@pytest.mark.parametrize("optimizer", STACKING)
@pytest.mark.parametrize("model", [{"model.kind": "linear", "model.hidden": None}, {}, {"model.dropout": 0.3}])
def test_every_member_equals_its_own_run(optimizer: str, model: dict[str, Any]) -> None:
    values = {"optimizer.kind": optimizer, **model}
    if model.get("model.kind") == "linear":
        values.pop("model.hidden")
        spec = ExperimentSpec().with_values({"training.epochs": 11, **values})
        dataset = prepare(spec.data, load_table(spec.data.source))
    else:
        spec, dataset = make(**values)
    specs = variants(spec)
    assert stackable(run_many(specs[:1], dataset)[0].spec) is not None
    for member in run_many(specs, dataset):
        history = RunHistory()
        single = run_experiment(member.spec, dataset=dataset, history=history)
        losses = history.steps.snapshot()["train_loss"]
        assert len(losses) >= 200
        np.testing.assert_allclose(member.losses[:200], losses[:200], rtol=1e-5)
        epochs = history.epochs.snapshot()
        assert member.curves["validation_loss"] == pytest.approx(epochs["validation_loss"][-1], rel=1e-4)
        for name, tensor in single.model.state_dict().items():
            np.testing.assert_allclose(member.state[name], tensor.numpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_an_l1_penalty_is_each_run_s_own(optimizer: str) -> None:
    """Near zero L1's gradient jumps with the sign, so a last digit can turn a weight: the losses are compared alone."""
    spec, dataset = make(**{"optimizer.kind": optimizer})
    specs = [spec.with_values({"regularization.l1": l1}) for l1 in (0.0, 0.001, 0.01)]
    for member in run_many(specs, dataset):
        history = RunHistory()
        run_experiment(member.spec, dataset=dataset, history=history)
        np.testing.assert_allclose(member.losses, history.steps.snapshot()["train_loss"], rtol=1e-4)


def test_proximal_steps_are_each_run_s_own() -> None:
    spec, dataset = make(**{"optimizer.kind": "sgd", "regularization.proximal": True, "schedule.kind": "cosine"})
    specs = [
        spec.with_values({"regularization.l1": l1, "optimizer.lr": lr})
        for l1, lr in ((0, 0.1), (0.01, 0.1), (0.03, 0.2))
    ]
    for member in run_many(specs, dataset):
        assert stackable(member.spec) is not None
        history = RunHistory()
        single = run_experiment(member.spec, dataset=dataset, history=history)
        np.testing.assert_allclose(member.losses, history.steps.snapshot()["train_loss"], rtol=1e-4)
        zeros = {name: int((p == 0).sum()) for name, p in single.model.state_dict().items()}
        assert {name: int((p == 0).sum()) for name, p in member.state.items()} == zeros
        assert bool(sum(zeros.values())) == bool(member.spec.regularization.l1)


@pytest.mark.parametrize("broken", ["gdstudio.training.stacking.scripted", "gdstudio.training.stacked_update._loop"])
def test_steps_that_cannot_be_recorded_are_taken_singly(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, dataset = make(**{"training.epochs": 2})
    truth = run_many(variants(spec), dataset)
    monkeypatch.setattr("gdstudio.training.stacking.worthwhile", lambda *_: True)

    def fail(*_: Any) -> Any:
        raise RuntimeError("not here")

    monkeypatch.setattr(broken, fail)
    for member, plain in zip(run_many(variants(spec), dataset), truth, strict=True):
        np.testing.assert_allclose(member.losses, plain.losses, rtol=1e-6)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_run_that_explodes_does_not_disturb_the_others(recorded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdstudio.training.stacking.worthwhile", lambda *_: recorded)
    spec = ExperimentSpec().with_values(
        {"data.source.kind": "diabetes", "model.kind": "linear", "optimizer.kind": "sgd", "training.epochs": 40}
    )
    dataset = prepare(spec.data, load_table(spec.data.source))
    rates = (0.01, 900.0, 0.03)
    found = run_many([spec.with_values({"optimizer.lr": rate}) for rate in rates], dataset)
    assert [m.status for m in found] == ["finished", "diverged", "finished"]
    assert not np.isfinite(found[1].losses[-1])
    assert np.isfinite(found[1].losses[:-1]).all()
    alone = run_many([spec.with_values({"optimizer.lr": 0.03})], dataset)[0]
    np.testing.assert_allclose(found[2].losses, alone.losses, rtol=1e-6)


def test_what_cannot_be_stacked_trains_one_after_another() -> None:
    spec, dataset = make(**{"model.normalization": "batch", "training.epochs": 2})
    member = run_many([spec], dataset)[0]
    history = RunHistory()
    run_experiment(spec, dataset=dataset, history=history)
    assert member.losses.tolist() == history.steps.snapshot()["train_loss"].tolist()


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("optimizer", STACKING)
def test_recorded_steps_are_the_plain_ones(optimizer: str, shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In blocks and singly, with rates of their own and with one for all, with short batches and a schedule."""
    spec, dataset = make(
        **{
            "optimizer.kind": optimizer,
            "optimizer.weight_decay": 0.01,
            "model.dropout": 0.2,
            "regularization.l1": 0.001,
            "schedule.kind": "cosine",
            "training.epochs": 3,
        }
    )
    specs = [s.with_values({"optimizer.lr": 0.01}) if shared else s for s in variants(spec)]
    monkeypatch.setattr("gdstudio.training.stacking.worthwhile", lambda *_: False)
    plain = run_many(specs, dataset)
    monkeypatch.setattr("gdstudio.training.stacking.worthwhile", lambda *_: True)
    recorded: list[int] = []

    def record(function: Callable[..., Any], arguments: tuple[Tensor, ...]) -> Any:
        recorded.append(arguments[0].shape[1])
        return scripted(function, arguments)

    monkeypatch.setattr("gdstudio.training.stacking.scripted", record)
    for member, truth in zip(run_many(specs, dataset), plain, strict=True):
        np.testing.assert_allclose(member.losses, truth.losses, rtol=1e-6)
        for name, values in truth.state.items():
            np.testing.assert_allclose(member.state[name], values, rtol=1e-4, atol=1e-6)
    rest = len(dataset.train) % 32
    assert recorded == [32, rest]


@pytest.mark.parametrize(
    "values",
    [
        {"data.source.kind": "wine"},
        {"data.source.kind": "wine", "training.class_weights": "balanced", "model.activation": "tanh"},
        {"data.source.kind": "diabetes"},
        {"data.source.kind": "wine", "model.kind": "linear", "model.hidden": None},
    ],
)
def test_every_task_and_layers_wider_than_their_inputs(values: dict[str, Any]) -> None:
    wide = {"model.hidden": [40, 5, 7], "training.epochs": 5} | values
    spec = ExperimentSpec().with_values({name: value for name, value in wide.items() if value is not None})
    dataset = prepare(spec.data, load_table(spec.data.source))
    for member in run_many(variants(spec)[:2], dataset):
        history = RunHistory()
        single = run_experiment(member.spec, dataset=dataset, history=history)
        np.testing.assert_allclose(member.losses, history.steps.snapshot()["train_loss"], rtol=1e-5)
        for name, tensor in single.model.state_dict().items():
            np.testing.assert_allclose(member.state[name], tensor.numpy(), rtol=1e-3, atol=1e-5)


def test_full_batches_single_rows_and_classes() -> None:
    for values in ({"training.batch_size": 0}, {"training.batch_size": 1, "training.epochs": 1}):
        spec, dataset = make(**{"training.epochs": 30, **values})
        member = run_many(variants(spec), dataset)[2]
        history = RunHistory()
        run_experiment(member.spec, dataset=dataset, history=history)
        np.testing.assert_allclose(member.losses, history.steps.snapshot()["train_loss"], rtol=1e-4)


def test_a_cancel_keeps_what_was_done() -> None:
    spec, dataset = make(**{"training.epochs": 1000})
    control = RunControl()

    def progress(share: float) -> None:
        if share > 0.01:
            control.cancel()

    found = run_many(variants(spec), dataset, control=control, on_progress=progress)
    assert {m.status for m in found} == {"cancelled"}
    assert 0 < len(found[0].losses) < 1000 * 19
