"""A step as a CUDA graph. Where there is no card, what surrounds the graph is tested on a stand-in for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gdstudio.core.spec import ExperimentSpec
from gdstudio.training.cuda_graph import GraphedFunction
from gdstudio.training.run import run_experiment

WEIGHTS = torch.tensor([1.0, -2.0, 0.5])


class Step:
    """A loss and its gradient; remembers where its last call read and wrote, as a capture does."""

    def __init__(self) -> None:
        self.read: tuple[Tensor, ...] = ()
        self.written: list[Tensor] = []

    def __call__(self, rows: Tensor, target: Tensor) -> list[Tensor]:
        self.read = rows, target
        errors = rows @ WEIGHTS - target
        self.written = [errors.square().mean(), 2 * rows.T @ errors / len(rows)]
        return self.written


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Step, bool], None]:
    """Puts a graph that computes a step again, in its places, or forgets to, where the card's would be."""

    def put(step: Step, works: bool) -> None:
        def replay() -> None:
            places = step.written
            for place, value in zip(places, Step()(*step.read) if works else places, strict=True):
                place.copy_(value)

        stream = SimpleNamespace(wait_stream=lambda other: None)
        for name, made in (
            ("Stream", lambda: stream),
            ("current_stream", lambda: stream),
            ("stream", lambda given: nullcontext()),
            ("CUDAGraph", lambda: SimpleNamespace(replay=replay)),
            ("graph", lambda graph, capture_error_mode: nullcontext()),
        ):
            monkeypatch.setattr(torch.cuda, name, made)

    return put


def batch(seed: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(8, 3, generator=random), torch.randn(8, generator=random)


def test_each_call_gives_the_numbers_of_its_own_arguments(stand_in: Callable[[Step, bool], None]) -> None:
    step = Step()
    stand_in(step, True)
    graphed = GraphedFunction(step, batch(0))
    losses = []
    for seed in range(3):
        loss, gradient = graphed(*batch(seed))
        wanted = Step()(*batch(seed))
        assert torch.equal(loss, wanted[0])
        assert torch.equal(gradient, wanted[1])
        losses.append((loss, wanted[0].clone()))
    assert all(torch.equal(kept, wanted) for kept, wanted in losses)  # later calls leave earlier losses alone


def test_a_graph_that_gives_other_numbers_is_refused(stand_in: Callable[[Step, bool], None]) -> None:
    step = Step()
    stand_in(step, False)
    with pytest.raises(RuntimeError, match="does not give the numbers"):
        GraphedFunction(step, batch(0))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no graphics card")
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"model.dropout": 0.3},
        {"model.normalization": "batch"},
        {"optimizer.kind": "sgd", "training.clip_norm": 0.1},
    ],
    ids=lambda v: "-".join(v) or "plain",
)
def test_on_a_card_the_numbers_are_those_of_the_plain_loop(values: dict[str, Any]) -> None:
    spec = ExperimentSpec().with_values({"training.device": "cuda", "training.epochs": 6, **values})
    found = [
        run_experiment(spec.with_values({"training.capture": capture})).history.steps.snapshot()["train_loss"]
        for capture in ("off", "on")
    ]
    assert np.array_equal(*found)
