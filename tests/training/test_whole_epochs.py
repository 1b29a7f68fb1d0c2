"""Epochs taken in one call: the numbers of the plain loop, and nothing that is asked for comes late."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from same_numbers import CancelAfter, assert_same, interfere
from same_numbers import numbers as all_numbers

from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.data.table import Table
from gdstudio.training import run, whole_epochs
from gdstudio.training.run import run_experiment
from gdstudio.training.whole_epochs import WholeEpochs

#: 240 training rows: seven batches of 32 and one of 16.
SPEC = ExperimentSpec().with_values(
    {
        "data.source.kind": "moons",
        "data.source.size": 400,
        "model.hidden": [8, 6],
        "training.epochs": 150,
        "training.gradient_every": 7,
        "training.capture": "on",
    }
)


@pytest.fixture(scope="module")
def table() -> Table:
    return load_table(SPEC.data.source)


@pytest.fixture(scope="module")
def dataset(table: Table) -> Dataset:
    return prepare(SPEC.data, table)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many epochs each call took."""
    noted: list[int] = []
    take = WholeEpochs._take

    def note(self: Any, epochs: range) -> None:
        noted.append(len(epochs))
        take(self, epochs)

    monkeypatch.setattr(WholeEpochs, "_take", note)
    monkeypatch.setattr(run, "score_parts", lambda *_: ({}, {}))
    return noted


def numbers(
    spec: ExperimentSpec, dataset: Dataset, *, health: bool = False, snapshots: bool = True, **options: Any
) -> dict[str, np.ndarray]:
    """Without health, which looks at early steps one by one, if not asked for."""
    return all_numbers(spec, dataset, health=health, snapshots=snapshots, **options)


@pytest.mark.parametrize(
    "values",
    [
        {"optimizer.kind": "adam"},
        {"optimizer.kind": "sgd", "optimizer.momentum": 0.9, "training.batch_size": 0},
        {"optimizer.kind": "adam", "schedule.kind": "cosine", "training.batch_size": 40},
        {"optimizer.kind": "adamw", "regularization.l2": 0.01, "training.evaluate_every": 7},
        {"optimizer.kind": "adagrad", "training.clip_norm": 0.05, "training.clip_value": 0.02},
        {"optimizer.kind": "sgd", "regularization.l1": 0.003, "regularization.proximal": True,
         "regularization.max_norm": 1.1, "training.shuffle": False},
        {"optimizer.kind": "rmsprop", "training.class_weights": "balanced", "schedule.kind": "step"},
        {"optimizer.kind": "adadelta", "model.activation": "tanh", "model.normalization": "layer"},
        {"model.kind": "linear", "optimizer.kind": "adam", "data.split.validation": 0},
    ],
    ids=lambda v: "-".join(str(x) for x in v.values()),
)  # fmt: skip
def test_whole_epochs_keep_every_number(values: dict[str, Any], table: Table, taken: list[int]) -> None:
    spec = SPEC.with_values(values)
    dataset = prepare(spec.data, table)
    plain = numbers(spec.with_values({"training.capture": "off"}), dataset)
    assert not taken
    assert_same(numbers(spec, dataset), plain)
    assert sum(taken) > 50
    assert max(taken) > 3


def test_beside_sampled_steps_some_epochs_are_taken_whole(dataset: Dataset, taken: list[int]) -> None:
    spec = SPEC.with_values({"training.epochs": 300})
    with_health = numbers(spec, dataset, health=True)
    assert 0 < sum(taken) < 290
    assert_same(with_health, numbers(spec.with_values({"training.capture": "off"}), dataset))


@pytest.mark.parametrize(
    "values",
    [
        {"model.dropout": 0.3},
        {"model.normalization": "batch"},
        {"regularization.input_noise": 0.1},
        {"training.patience": 30},
        {"schedule.kind": "plateau"},
        {"optimizer.kind": "lbfgs", "training.batch_size": 0},
    ],
    ids=lambda v: "-".join(v),
)
def test_what_needs_more_between_two_epochs_or_within_them_is_left_to_the_loop(
    values: dict[str, Any], dataset: Dataset, taken: list[int]
) -> None:
    spec = SPEC.with_values(values | {"training.epochs": 12})
    assert_same(numbers(spec, dataset), numbers(spec.with_values({"training.capture": "off"}), dataset))
    assert not taken


@pytest.mark.parametrize("batch_size", [16, 0])
def test_a_loss_that_is_not_finite_ends_the_run_at_its_step(batch_size: int, taken: list[int]) -> None:
    spec = ExperimentSpec().with_values({"data.source.kind": "diabetes"})
    spec = spec.with_values(
        {"model.kind": "linear", "optimizer.kind": "sgd", "optimizer.lr": 0.3 if batch_size else 1.0,
         "training.batch_size": batch_size, "training.epochs": 2_000}
    )  # fmt: skip
    dataset = prepare(spec.data, load_table(spec.data.source))
    ends = []
    for capture in ("off", "on"):
        history = RunHistory()
        one = spec.with_values({"training.capture": capture})
        result = run_experiment(one, dataset=dataset, history=history, health=False)
        assert result.status == "diverged"
        weights = [p.tolist() for p in result.model.parameters()]
        steps, epochs = history.steps.snapshot(), history.epochs.snapshot()
        kept = steps["train_loss"][:-1].tolist(), epochs["train_loss"][:-1].tolist(), epochs["step"].tolist()
        ends.append((result.steps, result.message, kept, weights))
    assert ends[0] == ends[1]
    assert sum(taken) > 3


def test_resumed_after_any_call_the_rest_is_the_same(dataset: Dataset, taken: list[int]) -> None:
    spec = SPEC.with_values({"optimizer.kind": "adam", "schedule.kind": "cosine"})
    whole = numbers(spec, dataset, snapshots=False)

    for count in (1, 2, 4):
        taken.clear()
        result = run_experiment(spec, dataset=dataset, control=CancelAfter(taken, count), health=False)
        assert result.status == "cancelled"
        assert len(taken) == count
        assert_same(numbers(spec, dataset, snapshots=False, resume_from=result.checkpoint), whole)


def test_a_pause_and_a_rate_take_effect_between_two_calls(dataset: Dataset, taken: list[int]) -> None:
    spec = SPEC.with_values({"training.epochs": 100_000, "optimizer.kind": "sgd", "optimizer.lr": 0.01})
    epochs = interfere(spec, dataset, lambda: sum(taken), 50).epochs.snapshot()
    assert (np.diff(epochs["seconds"]) >= 0).all()
    assert np.array_equal(epochs["step"], 8 * epochs["epoch"])


def test_what_cannot_be_put_together_is_taken_epoch_by_epoch(
    dataset: Dataset, taken: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = numbers(SPEC.with_values({"training.capture": "off"}), dataset)
    monkeypatch.setattr(whole_epochs, "_source", lambda *_: "def epochs(self):\n    return nothing_of_that_name")
    assert_same(numbers(SPEC, dataset), plain)
    assert not taken


def test_long_epochs_are_left_to_blocks_of_steps(
    dataset: Dataset, taken: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = numbers(SPEC.with_values({"training.capture": "off"}), dataset)
    monkeypatch.setattr(whole_epochs, "_SHORT", 0.0)
    assert_same(numbers(SPEC, dataset), plain)
    assert not taken
