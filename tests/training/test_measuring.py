"""What is measured between epochs, recorded and replayed, is what the plain model says to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gdstudio.core.spec import ExperimentSpec
from gdstudio.training import curves
from gdstudio.training.curves import Curves, measures_often
from gdstudio.training.run import run_experiment

CASES: dict[str, dict[str, Any]] = {
    "binary": {},
    "binary linear, weighted": {"model.kind": "linear", "training.class_weights": "balanced"},
    "multi-class": {"data.source.kind": "iris", "loss": {"kind": "cross_entropy", "label_smoothing": 0.1}},
    "regression": {"data.source.kind": "diabetes", "model.activation": "tanh", "model.normalization": "layer"},
    "dropout": {"model.dropout": 0.2},
    "batch normalization": {"model.normalization": "batch"},
    "L-BFGS": {"optimizer.kind": "lbfgs", "training.batch_size": 0},
    "early stopping": {"training.patience": 2},
}


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Gives the parts that were recorded, run by run."""
    found: list[list[str]] = []
    ordinary = Curves._record

    def record(self: Curves) -> None:
        ordinary(self)
        found.append(sorted(self._recorded))

    monkeypatch.setattr(Curves, "_record", record)
    return found


def spec_of(case: str, capture: str) -> ExperimentSpec:
    values = {"training.epochs": 6, "model.hidden": [5, 4], **CASES[case], "training.capture": capture}
    if values.get("model.kind") == "linear":
        del values["model.hidden"]
    spec = ExperimentSpec()
    known = {name: value for name, value in values.items() if name.split(".")[0] == "data"}
    spec = spec.with_values(known) if known else spec
    return spec.with_values({name: value for name, value in values.items() if name not in known})


@pytest.mark.parametrize("case", CASES)
def test_recorded_curves_are_the_plain_ones_to_the_bit(case: str, recorded: list[list[str]]) -> None:
    plain = run_experiment(spec_of(case, "off"))
    assert not recorded
    replayed = run_experiment(spec_of(case, "on"))
    # Layers that do otherwise while they train are measured as before.
    assert recorded == ([] if case in ("dropout", "batch normalization") else [["train", "validation"]])
    for part in ("epochs", "steps"):
        one, other = getattr(plain.history, part).snapshot(), getattr(replayed.history, part).snapshot()
        for name in one.keys() - {"seconds"}:
            np.testing.assert_array_equal(one[name], other[name], err_msg=f"{part} {name}")
    for name, value in plain.model.state_dict().items():
        assert torch.equal(value, replayed.model.state_dict()[name]), name


def test_a_model_that_cannot_be_recorded_is_measured_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("cannot be traced")

    monkeypatch.setattr("gdstudio.training.capture.scripted", refuse)
    spec = ExperimentSpec().with_values({"training.epochs": 4, "training.capture": "on"})
    refused = run_experiment(spec).history.epochs.snapshot()
    plain = run_experiment(spec.with_values({"training.capture": "off"})).history.epochs.snapshot()
    np.testing.assert_array_equal(refused["train_loss"], plain["train_loss"])


def test_short_runs_and_those_that_measure_rarely_are_not_recorded() -> None:
    spec = ExperimentSpec()
    assert not measures_often(spec)
    assert measures_often(spec.with_values({"training.epochs": 10_000}))
    assert measures_often(spec.with_values({"training.capture": "on"}))
    assert not measures_often(spec.with_values({"training.epochs": 10_000, "training.evaluate_every": 100}))
    assert not measures_often(spec.with_values({"training.epochs": 10_000, "training.capture": "off"}))


def test_r2_of_equal_targets_is_not_defined() -> None:
    assert torch.isnan(curves._r2(torch.ones(3, 1), torch.ones(3)))
    assert float(curves._r2(torch.tensor([[1.0], [3.0]]), torch.tensor([1.0, 3.0]))) == 1.0
