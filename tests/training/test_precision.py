"""Products in bfloat16: a plain loop under autocast, whatever way the steps are taken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gdstudio.core.errors import StudioError
from gdstudio.core.events import Note
from gdstudio.core.history import RunHistory
from gdstudio.core.registry import registry
from gdstudio.core.seeds import stream_seed
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.training.modules import build_model
from gdstudio.training.precision import products
from gdstudio.training.run import complete, run_experiment
from gdstudio.training.step_anatomy import take_apart

SPEC = ExperimentSpec().with_values(
    {"data.source.kind": "moons", "data.source.size": 120, "model.hidden": [16, 8], "training.epochs": 6,
     "training.batch_size": 8, "training.precision": "bf16", "optimizer.kind": "adam"}
)  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return prepare(SPEC.data, load_table(SPEC.data.source))


def losses(spec: ExperimentSpec, dataset: Dataset) -> list[float]:
    history = RunHistory()
    run_experiment(spec, dataset=dataset, history=history)
    found: list[float] = history.steps.snapshot()["train_loss"].tolist()
    return found


def by_hand(dataset: Dataset) -> list[float]:
    spec = complete(SPEC, dataset)
    model = build_model(spec, dataset).train()
    optimizer = registry("optimizers")["adam"].build(spec.optimizer, list(model.parameters()))
    features, target = torch.from_numpy(dataset.train.features), torch.from_numpy(dataset.train.target).float()
    found = []
    for epoch in range(1, 7):
        seed = stream_seed(spec.training.seed, "order") + epoch
        order = torch.randperm(len(features), generator=torch.Generator().manual_seed(seed))
        for rows in order.split(8):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                outputs = model(features[rows])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(outputs[:, 0].float(), target[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
    return found


def test_mixed_precision_is_autocast_to_the_bit(dataset: Dataset) -> None:
    expected = by_hand(dataset)
    assert losses(SPEC.with_values({"training.capture": "off"}), dataset) == expected
    assert losses(SPEC.with_values({"training.capture": "on"}), dataset) == expected


def test_it_rounds_more_than_full_precision_and_learns_the_same(dataset: Dataset) -> None:
    full = losses(SPEC.with_values({"training.precision": "float32"}), dataset)
    mixed = losses(SPEC, dataset)
    assert mixed != full
    assert np.allclose(mixed, full, atol=0.02)


def test_tf32_on_a_processor_is_full_precision_and_says_so(dataset: Dataset) -> None:
    heard: list[Any] = []
    spec = SPEC.with_values({"training.precision": "tf32", "training.device": "cpu"})
    history = RunHistory()
    run_experiment(spec, dataset=dataset, history=history, on_event=heard.append)
    full = losses(spec.with_values({"training.precision": "float32"}), dataset)
    assert history.steps.snapshot()["train_loss"].tolist() == full
    assert any("TF32" in event.text for event in heard if isinstance(event, Note))


def test_tf32_is_switched_on_for_a_graphics_card_alone_and_back_again() -> None:
    before = torch.backends.cuda.matmul.allow_tf32
    with products("tf32", torch.device("cuda")):
        assert torch.backends.cuda.matmul.allow_tf32
    with products("tf32", torch.device("cpu")):
        assert not torch.backends.cuda.matmul.allow_tf32
    assert torch.backends.cuda.matmul.allow_tf32 == before


def test_a_step_in_mixed_precision_is_not_taken_apart(dataset: Dataset) -> None:
    with pytest.raises(StudioError, match="bfloat16"):
        take_apart(SPEC, dataset, None)  # type: ignore[arg-type]
