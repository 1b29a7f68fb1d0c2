"""Steps taken several at once: the numbers of single steps, and nothing that is asked for comes late."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from plain_loop import our_losses, plain_losses
from same_numbers import CancelAfter, assert_same, interfere, numbers, until

from gdstudio.core.control import RunControl
from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.selftest.step import Unmet
from gdstudio.selftest.steps.recording import STEP
from gdstudio.training import blocks, run
from gdstudio.training.capture import CapturedGradients
from gdstudio.training.run import run_experiment

SPEC = ExperimentSpec().with_values(
    {
        "data.source.kind": "moons",
        "data.source.size": 400,
        "model.hidden": [8, 6],
        "training.batch_size": 16,
        "training.epochs": 12,
        "training.gradient_every": 3,
        "training.capture": "on",
    }
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return prepare(SPEC.data, load_table(SPEC.data.source))


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many steps each block had."""
    noted: list[int] = []
    take = blocks.Blocks._take

    def note(self: Any, loop: Any, batches: Any) -> None:
        noted.append(len(batches))
        take(self, loop, batches)

    monkeypatch.setattr(blocks.Blocks, "_take", note)
    monkeypatch.setattr(run, "score_parts", lambda *_: ({}, {}))
    return noted


@pytest.mark.parametrize(
    "values",
    [
        {"optimizer.kind": "adam", "model.dropout": 0.3, "schedule.kind": "cosine"},
        {"optimizer.kind": "adam", "optimizer.amsgrad": True, "optimizer.weight_decay": 0.01},
        {"optimizer.kind": "adamw", "model.normalization": "batch", "regularization.l2": 0.01},
        {"optimizer.kind": "adagrad", "training.clip_norm": 0.05, "training.clip_value": 0.02},
        {"optimizer.kind": "sgd", "regularization.max_norm": 0.4, "training.clip_norm": 0.7},
        {"optimizer.kind": "sgd", "optimizer.momentum": 0.9, "optimizer.nesterov": True, "regularization.l1": 0.003,
         "regularization.proximal": True, "regularization.max_norm": 1.1},
        {"optimizer.kind": "sgd", "optimizer.lr": 0.3, "training.class_weights": "balanced", "schedule.kind": "step"},
        {"model.kind": "linear", "optimizer.kind": "adam", "regularization.input_noise": 0.1},
        {"optimizer.kind": "rmsprop", "training.clip_norm": 0.3},
        {"optimizer.kind": "rmsprop", "optimizer.centered": True, "optimizer.momentum": 0.7},
        {"optimizer.kind": "rmsprop", "optimizer.weight_decay": 0.02, "schedule.kind": "cosine"},
        {"optimizer.kind": "adadelta", "optimizer.weight_decay": 0.02},
    ],
    ids=lambda v: "-".join(str(x) for x in v.values()),
)  # fmt: skip
def test_blocks_keep_every_number(values: dict[str, Any], dataset: Dataset, sizes: list[int]) -> None:
    spec = SPEC.with_values(values)
    plain = numbers(spec.with_values({"training.capture": "off"}), dataset)
    assert not sizes
    assert_same(numbers(spec, dataset), plain)
    assert sum(sizes) > 80
    assert max(sizes) > 3


def test_they_are_those_of_a_loop_written_by_hand(dataset: Dataset, sizes: list[int]) -> None:
    assert our_losses(SPEC, dataset, "on") == plain_losses(SPEC, dataset)
    assert sum(sizes) > 80


def test_resumed_between_any_two_blocks_the_rest_is_the_same(dataset: Dataset, sizes: list[int]) -> None:
    spec = SPEC.with_values({"model.dropout": 0.2, "optimizer.kind": "adam", "schedule.kind": "cosine"})
    whole = numbers(spec, dataset)

    for count in (1, 2, 5, 9, 14):
        sizes.clear()
        result = run_experiment(spec, dataset=dataset, control=CancelAfter(sizes, count))
        assert result.status == "cancelled"
        assert len(sizes) == count
        assert_same(numbers(spec, dataset, resume_from=result.checkpoint), whole)


def test_what_cannot_be_put_into_blocks_is_taken_step_by_step(
    dataset: Dataset, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = numbers(SPEC.with_values({"training.capture": "off"}), dataset)
    monkeypatch.setattr(blocks, "_source", lambda *_: "def steps(self):\n    return nothing_of_that_name")
    assert_same(numbers(SPEC, dataset), plain)
    assert not sizes


def test_a_loss_that_is_not_finite_within_a_block_ends_the_run_at_its_step(dataset: Dataset, sizes: list[int]) -> None:
    table = load_table(ExperimentSpec().with_values({"data.source.kind": "diabetes"}).data.source)
    spec = ExperimentSpec().with_values(
        {"data.source.kind": "diabetes", "model.kind": "linear", "optimizer.kind": "sgd", "optimizer.lr": 0.3,
         "training.batch_size": 16, "training.epochs": 60, "training.capture": "on"}
    )  # fmt: skip
    ends = []
    for capture in ("off", "on"):
        history = RunHistory()
        result = run_experiment(spec.with_values({"training.capture": capture}), table=table, history=history)
        assert result.status == "diverged"
        weights = [p.tolist() for p in result.model.parameters()]
        ends.append((result.steps, result.message, history.steps.snapshot()["train_loss"][:-1].tolist(), weights))
    assert ends[0] == ends[1]
    assert sizes


def test_a_pause_and_a_rate_take_effect_between_two_blocks(dataset: Dataset, sizes: list[int]) -> None:
    spec = SPEC.with_values({"training.epochs": 100_000, "optimizer.kind": "sgd", "optimizer.lr": 0.01})
    interfere(spec, dataset, lambda: sum(sizes), 100)
    assert max(sizes) > 3


def test_the_lock_is_free_while_a_block_runs(dataset: Dataset) -> None:
    """Otherwise a window beside a run would wait for each block."""
    spec = SPEC.with_values({"model.hidden": [256, 256], "training.epochs": 100_000, "training.threads": 1})
    control, history = RunControl(), RunHistory()
    thread = threading.Thread(
        target=lambda: run_experiment(spec, dataset=dataset, control=control, history=history, health=False)
    )
    thread.start()
    try:
        until(lambda: len(history.steps) > 200)
        began, mine = time.perf_counter(), time.thread_time()
        while time.perf_counter() - began < 0.5:
            torch.get_num_threads()
        share = (time.thread_time() - mine) / (time.perf_counter() - began)
    finally:
        control.cancel()
        thread.join()
    assert share > 0.1


def test_a_size_that_comes_too_seldom_is_not_recorded() -> None:
    model = torch.nn.Linear(3, 1)
    gradients = CapturedGradients(model, lambda outputs, _: outputs.square().mean(), pays=lambda rows: rows > 4)
    for rows in (8, 2, 8, 2, 8, 2):
        gradients(torch.ones(rows, 3), torch.ones(rows))
    assert gradients.recorded(8) is not None
    assert gradients.recorded(2) is None


def test_the_selftest_finds_out_where_blocks_cannot_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "38 of 40" in STEP.run(tmp_path)
    monkeypatch.setattr(blocks, "_source", lambda *_: "def steps(self):\n    return nothing_of_that_name")
    with pytest.raises(Unmet, match="0 of 40"):
        STEP.run(tmp_path)
