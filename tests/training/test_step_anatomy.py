"""A step of a network that is taken apart adds up to the weight that the run itself stored, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gdstudio.core.control import RunControl
from gdstudio.core.events import Event, Paused
from gdstudio.core.history import Moment, RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.training.run import run_experiment
from gdstudio.training.step_anatomy import StepReport, take_apart

CASES: dict[str, dict[str, Any]] = {
    "sgd": {"optimizer.kind": "sgd"},
    "momentum": {"optimizer.kind": "sgd", "optimizer.momentum": 0.9, "optimizer.lr": 0.05},
    "adam": {"optimizer.kind": "adam"},
    "adamw": {"optimizer.kind": "adamw", "optimizer.weight_decay": 0.1},
    "adagrad": {"optimizer.kind": "adagrad"},
    "rmsprop": {"optimizer.kind": "rmsprop", "optimizer.lr": 0.001},
    "penalties": {"optimizer.kind": "adam", "regularization.l1": 0.01, "regularization.l2": 0.02},
    "dropout and noise": {"model.dropout": 0.3, "regularization.input_noise": 0.1, "schedule.kind": "cosine"},
    "bounds": {"optimizer.kind": "sgd", "training.clip_norm": 0.01, "regularization.max_norm": 0.3},
    "line search": {"optimizer.kind": "lbfgs", "training.batch_size": 0},
    "linear": {"model.kind": "linear", "optimizer.kind": "sgd"},
}
STEPS = 6


class Watch:
    """Goes through the first steps one by one and asks for the moment before each."""

    def __init__(self, asks: bool = True) -> None:
        self.control, self.history = RunControl(), RunHistory()
        self.moments: list[Moment] = []
        self._asks = asks
        self.control.pause()

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Paused):
            return
        if self.history.moment is not None and event.step:
            self.moments.append(self.history.moment)
        if event.step > STEPS:
            self.control.resume()
            return
        if self._asks:
            self.control.request_moment()
        self.control.step()


def watched(values: dict[str, Any], asks: bool = True) -> tuple[ExperimentSpec, Dataset, Watch, dict[str, Any]]:
    hidden = {"model.hidden": [5, 4]} if values.get("model.kind") != "linear" else {}
    spec = ExperimentSpec().with_values({"training.epochs": 2, "training.batch_size": 100, **hidden, **values})
    dataset = prepare(spec.data, load_table(spec.data.source))
    watch = Watch(asks)
    result = run_experiment(
        spec, dataset=dataset, control=watch.control, history=watch.history, on_event=watch, checkpoint_to=None
    )
    return spec, dataset, watch, {k: v.numpy() for k, v in result.model.state_dict().items()}


@pytest.mark.parametrize("name", CASES)
def test_every_step_taken_apart_is_the_step_that_was_taken(name: str) -> None:
    spec, dataset, watch, _ = watched(CASES[name])
    losses = watch.history.steps.snapshot()["train_loss"]
    rates = watch.history.steps.snapshot()["learning_rate"]
    assert [m.step for m in watch.moments] == list(range(len(watch.moments)))
    for moment, later in zip(watch.moments, watch.moments[1:], strict=False):
        report = take_apart(spec, dataset, moment)
        assert report.rate == rates[moment.step]
        assert report.objective == losses[moment.step]
        for parameter, values in report.after.items():
            assert np.array_equal(values, later.state["model"][parameter].numpy()), parameter
        place = (1,)
        for parameter in report.after:
            at = place * report.after[parameter].ndim if report.after[parameter].shape[0] > 1 else None
            lines = report.lines(parameter, at) if at else None
            if lines is not None:
                assert lines[-1].values[0] == later.state["model"][parameter].numpy()[at]


def test_looking_at_steps_changes_no_bit_of_the_run() -> None:
    values = CASES["dropout and noise"]
    _, _, plain, weights = watched(values, asks=False)
    _, _, asked, other = watched(values)
    assert plain.moments == []
    assert len(asked.moments) == STEPS + 1
    for column in ("train_loss", "learning_rate", "gradient_norm"):
        np.testing.assert_array_equal(plain.history.steps.snapshot()[column], asked.history.steps.snapshot()[column])
    assert all(np.array_equal(weights[k], other[k]) for k in weights)


def report_of(values: dict[str, Any], step: int = 3) -> tuple[StepReport, Dataset]:
    spec, dataset, watch, _ = watched(values)
    return take_apart(spec, dataset, watch.moments[step]), dataset


def test_the_rows_of_the_batch_add_up_to_the_gradient() -> None:
    report, dataset = report_of(CASES["penalties"])
    for name, place in (("hidden_1.weight", (2, 1)), ("hidden_1.bias", (3,))):
        found = report.contributions(name, place)
        assert found is not None
        total = found.products.astype(np.float64).sum() + found.penalty
        assert total == pytest.approx(float(report.gradients[name][place]), rel=1e-4, abs=1e-7)
    assert len(report.rows) == len(report.outputs) == len(report.targets) == 100
    positions = [int(np.flatnonzero(dataset.train.rows == row)[0]) for row in report.rows]
    first = report.chain[0]
    np.testing.assert_array_equal(first.inputs, dataset.train.features[positions])
    np.testing.assert_array_equal(report.targets, dataset.train.target[positions])


def test_the_chain_goes_through_every_layer_and_its_gradients_are_autograd_s() -> None:
    report, _ = report_of(CASES["sgd"])
    assert [link.layer.split()[0] for link in report.chain] == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    last = report.chain[-1]
    # Binary cross-entropy of a logit, averaged over the batch: (σ(z) − y) / b.
    expected = (torch.sigmoid(torch.from_numpy(last.outputs[:, 0])).numpy() - report.targets) / len(report.targets)
    np.testing.assert_allclose(last.gradient[:, 0], expected, rtol=1e-4, atol=1e-9)
    weight = next(n for n in reversed(report.before) if n.endswith("weight"))
    np.testing.assert_allclose(last.gradient.T @ last.inputs, report.gradients[weight], rtol=1e-4, atol=1e-8)
    assert report.objective == report.loss


def test_bounds_show_as_lines_of_their_own() -> None:
    report, _ = report_of(CASES["bounds"])
    name = next(n for n in report.before if report.before[n].ndim == 2)
    lines = report.lines(name, (0, 0))
    assert lines is not None
    assert "gradient, unclipped" in [line.name for line in lines]
    held = report.after[name]
    assert (np.linalg.norm(held, axis=1) <= 0.3 + 1e-6).all()
    assert lines[-1].values[0] == held[0, 0]
