"""The loop's numbers are those of the loop that everyone learns, whatever is measured beside it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch

from gdstudio.core.control import RunControl
from gdstudio.core.events import Event, Started
from gdstudio.core.history import RunHistory
from gdstudio.core.seeds import stream_seed
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.training.modules import build_model
from gdstudio.training.run import complete, run_experiment


def _spec(**values: Any) -> ExperimentSpec:
    plain = {"training.epochs": 3, "model.hidden": [8, 4]} | {k.replace("__", "."): v for k, v in values.items()}
    return ExperimentSpec().with_values(plain)


def _losses(spec: ExperimentSpec) -> list[float]:
    history = RunHistory()
    run_experiment(spec, history=history)
    return history.steps.snapshot()["train_loss"].tolist()


def _plain_loop(spec: ExperimentSpec, make: Any, l1: float = 0.0, l2: float = 0.0) -> list[float]:
    """What a textbook writes, on the same rows, weights and order."""
    dataset = prepare(spec.data, load_table(spec.data.source))
    model = build_model(complete(spec, dataset), dataset)
    dropouts = [m for m in model.modules() if type(m).__name__ == "SeededDropout"]
    optimizer = make(model.parameters())
    features, target = torch.from_numpy(dataset.train.features), torch.from_numpy(dataset.train.target)
    losses = []
    torch.set_num_threads(1)
    assert not dropouts
    for epoch in range(1, spec.training.epochs + 1):
        generator = torch.Generator().manual_seed(stream_seed(spec.training.seed, "order") + epoch)
        for rows in torch.randperm(len(features), generator=generator).split(spec.training.batch_size):
            outputs = model(features[rows])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(outputs[:, 0], target[rows].float())
            weights = [p for p in model.parameters() if p.ndim > 1]
            if l1:
                loss = loss + l1 * sum(w.abs().sum() for w in weights)
            if l2:
                loss = loss + l2 * sum((w * w).sum() for w in weights)
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return losses


@pytest.mark.parametrize(
    ("values", "make"),
    [
        ({"optimizer.kind": "sgd", "optimizer.lr": 0.1}, lambda p: torch.optim.SGD(p, lr=0.1, fused=True)),
        (
            {"optimizer.kind": "sgd", "optimizer.lr": 0.1, "optimizer.momentum": 0.9, "optimizer.nesterov": True},
            lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, fused=True),
        ),
        ({"optimizer.kind": "adam", "optimizer.lr": 0.01}, lambda p: torch.optim.Adam(p, lr=0.01, fused=True)),
    ],
)
def test_losses_equal_a_plain_loop_bit_for_bit(values: dict[str, Any], make: Any) -> None:
    spec = _spec().with_values(values)
    assert _losses(spec) == _plain_loop(spec, make)


def test_penalties_are_added_to_the_loss() -> None:
    spec = _spec(optimizer__kind="sgd", optimizer__lr=0.1, regularization__l1=0.01, regularization__l2=0.02)
    plain = _plain_loop(spec, lambda p: torch.optim.SGD(p, lr=0.1, fused=True), l1=0.01, l2=0.02)
    np.testing.assert_allclose(_losses(spec), plain, rtol=1e-5)


def test_the_same_spec_gives_the_same_numbers_twice() -> None:
    spec = _spec(model__dropout=0.3)
    torch.manual_seed(1)
    first = _losses(spec)
    torch.manual_seed(2)
    assert _losses(spec) == first


def test_another_seed_gives_other_numbers() -> None:
    assert _losses(_spec(training__seed=1)) != _losses(_spec(training__seed=0))


@pytest.mark.parametrize(
    "values", [{"training.gradient_every": 0}, {"training.evaluate_every": 3}, {"training.evaluate_rows": 10}]
)
def test_measuring_changes_no_loss(values: dict[str, Any]) -> None:
    spec = _spec(model__dropout=0.2)
    assert _losses(spec.with_values(values)) == _losses(spec)


def test_a_run_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    run_experiment(_spec(model__dropout=0.5))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("batch", "steps"), [(0, 1), (1, 600), (600, 1), (599, 2), (100, 6)])
def test_an_epoch_has_as_many_steps_as_batches(batch: int, steps: int) -> None:
    history = RunHistory()
    run_experiment(_spec(training__epochs=1, training__batch_size=batch), history=history)
    assert len(history.steps) == steps
    assert len(history.epochs) == 1


class _Cancel(RunControl):
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


def test_cancelling_takes_effect_at_the_next_batch_and_keeps_what_was_done() -> None:
    history = RunHistory()
    result = run_experiment(_spec(), control=_Cancel(7), history=history)
    assert (result.status, result.steps, len(history.steps)) == ("cancelled", 7, 7)
    assert history.steps.snapshot()["train_loss"].tolist() == _losses(_spec())[:7]
    assert result.metrics["test"]["accuracy"] > 0


def test_a_rate_changed_by_hand_is_used_recorded_and_reproduced() -> None:
    class Change(RunControl):
        def obey(self, give_weights: Any) -> None:
            super().obey(give_weights)
            self.wanted = True
            self.count = getattr(self, "count", 0) + 1
            if self.count == 6:
                self.set_learning_rate(0.5)

    control = Change()
    control.wanted = True
    history = RunHistory()
    result = run_experiment(_spec(optimizer__kind="sgd", optimizer__lr=0.1), control=control, history=history)
    rates = history.steps.snapshot()["learning_rate"]
    assert rates[:5].tolist() == [0.1] * 5
    assert set(rates[5:]) == {0.5}
    assert [(c.step, c.lr) for c in result.spec.training.lr_changes] == [(6, 0.5)]
    assert _losses(result.spec) == history.steps.snapshot()["train_loss"].tolist()


def test_a_run_that_explodes_says_when_and_keeps_finite_weights() -> None:
    history = RunHistory()
    spec = ExperimentSpec().with_values(
        {"data.source.kind": "diabetes", "model.kind": "linear", "optimizer.kind": "sgd", "optimizer.lr": 50.0}
    )
    result = run_experiment(spec, history=history)
    losses = history.steps.snapshot()["train_loss"]
    assert result.status == "diverged"
    assert f"step {len(losses)}" in result.message
    assert "learning rate 50" in result.message
    assert np.isfinite(losses[:-1]).all()
    assert not np.isfinite(losses[-1])
    assert all(torch.isfinite(p).all() for p in result.model.parameters())
    assert _losses(spec)[:-1] == losses[:-1].tolist()


def test_weights_are_given_without_changing_the_run() -> None:
    control = RunControl()
    control.request_weights()
    history = RunHistory()
    result = run_experiment(_spec(), control=control, history=history)
    assert history.weights is not None
    assert history.weights.step == 0
    assert history.weights.state.keys() == result.model.state_dict().keys()
    assert history.steps.snapshot()["train_loss"].tolist() == _losses(_spec())


def test_events_tell_how_many_steps_there_will_be() -> None:
    events: list[Event] = []
    run_experiment(_spec(), on_event=events.append)
    started = next(e for e in events if isinstance(e, Started))
    assert (started.total_steps, started.steps_per_epoch) == (3 * 19, 19)


def test_the_spec_is_left_as_it_was() -> None:
    spec = _spec()
    before = copy.deepcopy(spec)
    run_experiment(spec)
    assert spec == before


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop", "adagrad"])
@pytest.mark.parametrize(
    "model",
    [
        {"model.kind": "linear"},
        {"model.dropout": 0.3},
        {"model.normalization": "batch", "model.activation": "tanh"},
        {"model.normalization": "layer", "model.dropout": 0.2, "model.activation": "gelu"},
        {"model.hidden": [256, 256], "training.batch_size": 100},
    ],
)
def test_a_recorded_step_has_the_numbers_of_the_plain_one(optimizer: str, model: dict[str, Any]) -> None:
    values = {"training.epochs": 3, "optimizer.kind": optimizer, "regularization.l1": 1e-4, **model}
    spec = ExperimentSpec().with_values(values)
    plain, recorded = (spec.with_values({"training.capture": c}) for c in ("off", "on"))
    assert _losses(recorded) == _losses(plain)


def test_recording_leaves_the_weights_that_the_plain_loop_leaves() -> None:
    values = {"model.normalization": "batch", "model.dropout": 0.3, "training.epochs": 2}
    states = []
    for capture in ("off", "on"):
        result = run_experiment(ExperimentSpec().with_values({**values, "training.capture": capture}))
        states.append(result.model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize(
    "values",
    [
        {"optimizer.kind": "sgd", "optimizer.momentum": 0.9},
        {"optimizer.kind": "adam"},
        {"optimizer.kind": "adamw"},
        {"optimizer.kind": "adagrad", "optimizer.weight_decay": 0.1},
        {"optimizer.kind": "rmsprop", "optimizer.weight_decay": 0.1, "optimizer.momentum": 0.9},
        {"optimizer.kind": "rmsprop", "optimizer.centered": True},
        {"optimizer.kind": "adadelta", "optimizer.weight_decay": 0.1},
    ],
)
def test_the_fused_kernel_called_directly_leaves_the_state_of_the_optimizer(values: dict[str, Any]) -> None:
    from gdstudio.core.registry import registry
    from gdstudio.training.direct import direct_step

    settings = ExperimentSpec().with_values(values).optimizer
    torch.manual_seed(0)
    start, gradients = torch.randn(5, 3), torch.randn(7, 5, 3)
    made = []
    for direct in (False, True):
        parameter = torch.nn.Parameter(start.clone())
        optimizer = registry("optimizers")[settings.kind].build(settings, [parameter])
        step = direct_step(optimizer) if direct else optimizer.step
        for gradient in gradients:
            parameter.grad = gradient
            step()
        made.append((parameter, optimizer.state_dict()["state"][0]))
    assert torch.equal(made[0][0], made[1][0])
    for name, value in made[0][1].items():
        assert torch.equal(value, made[1][1][name]) if torch.is_tensor(value) else value == made[1][1][name]
