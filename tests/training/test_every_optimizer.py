"""Every optimizer under every schedule: the losses of a plain loop, to the bit, recorded and not."""

from __future__ import annotations

import pytest
from plain_loop import our_losses, plain_losses

from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.training import run

SPEC = ExperimentSpec().with_values(
    {
        "data.source.kind": "moons",
        "data.source.size": 60,
        "model.hidden": [5, 4],
        "training.batch_size": 12,
        "training.epochs": 5,
    }
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return prepare(SPEC.data, load_table(SPEC.data.source))


@pytest.fixture(autouse=True)
def _unscored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Final scores have no part in this and take most of so small a run."""
    monkeypatch.setattr(run, "score_parts", lambda *_: ({}, {}))


@pytest.mark.parametrize("schedule", registry("schedules"))
@pytest.mark.parametrize("optimizer", registry("optimizers"))
def test_losses_equal_a_plain_loop_bit_for_bit(optimizer: str, schedule: str, dataset: Dataset) -> None:
    spec = SPEC.with_values({"optimizer.kind": optimizer, "schedule.kind": schedule})
    if schedule != "constant":
        spec = spec.with_values({"schedule.warmup_steps": 2})
    if schedule == "plateau":
        spec = spec.with_values({"schedule.patience": 0, "schedule.threshold": 0.5})
    plain = plain_losses(spec, dataset)
    assert len(plain) == 15
    assert our_losses(spec, dataset, "off") == plain
    assert our_losses(spec, dataset, "on", health=False) == plain


@pytest.mark.parametrize("optimizer", registry("optimizers"))
def test_with_many_layers_and_all_rows_in_a_step(optimizer: str, dataset: Dataset) -> None:
    spec = SPEC.with_values(
        {"optimizer.kind": optimizer, "model.hidden": [64, 48, 32], "model.normalization": "batch",
         "training.batch_size": 0, "training.epochs": 8}
    )  # fmt: skip
    plain = plain_losses(spec, dataset)
    assert our_losses(spec, dataset, "off") == plain
    assert our_losses(spec, dataset, "on") == plain
    assert our_losses(spec, dataset, "on", health=False) == plain
