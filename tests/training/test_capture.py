"""Recording where the text of generated functions cannot be found, as in a frozen program."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from gdstudio.core.spec import ExperimentSpec
from gdstudio.selftest.steps import recording
from gdstudio.training.capture import scripted
from gdstudio.training.run import run_experiment
from gdstudio.training.whole_epochs import WholeEpochs


@pytest.fixture
def no_generated_source(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Python's own files are there; what was generated while the program ran is not. Gives what was asked for."""
    ordinary, asked = inspect.getsourcelines, []

    def lines(thing: Any) -> Any:
        code = getattr(inspect.unwrap(thing), "__code__", None) or getattr(thing, "__func__", thing)
        name = getattr(getattr(code, "__code__", code), "co_filename", "")
        if name.startswith("<eval_with_key>"):
            asked.append(name)
            raise OSError("could not get source code")
        return ordinary(thing)

    monkeypatch.setattr("inspect.getsourcelines", lines)
    yield asked
    assert asked, "nothing generated was asked for: this tests nothing"


def test_a_program_without_generated_source_records_the_same_numbers(no_generated_source: list[str]) -> None:
    constant = torch.linspace(0, 1, 3)

    def function(x):  # type: ignore[no-untyped-def]  # annotations would stand in the generated text
        return torch.tanh(x @ x.t()).sum(), x.relu() * 0.1 + constant

    inputs = torch.linspace(-1, 1, 12).reshape(4, 3)
    module = scripted(function, (inputs,))
    assert all(torch.equal(a, b) for a, b in zip(module(inputs), function(inputs), strict=True))


def test_the_self_test_finds_blocks_without_generated_source(no_generated_source: list[str]) -> None:
    losses, in_blocks = recording._losses(in_blocks=True)
    assert in_blocks > 20
    assert losses == recording._losses(in_blocks=False)[0]


def test_every_run_of_such_a_program_takes_epochs_whole(
    no_generated_source: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of two sizes, two parts that are measured, and the same architecture once more."""
    spec = ExperimentSpec().with_values(
        {"data.source.kind": "moons", "data.source.size": 100, "model.hidden": [4], "training.epochs": 90}
    )
    taken: list[int] = []
    take = WholeEpochs._take
    monkeypatch.setattr(WholeEpochs, "_take", lambda self, epochs: (taken.append(len(epochs)), take(self, epochs)))
    plain = run_experiment(spec.with_values({"training.capture": "off"})).history.steps.snapshot()["train_loss"]
    for _ in range(2):
        taken.clear()
        recorded = run_experiment(spec.with_values({"training.capture": "on"}), health=False)
        assert sum(taken) > 80
        assert np.array_equal(recorded.history.steps.snapshot()["train_loss"], plain)
