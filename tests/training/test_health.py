"""Gradient health: it changes no number, its numbers are those of a plain loop, it is read back, it stays cheap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.evaluation.health import Health, verdicts
from gdstudio.training.health import HealthProbe, idle_units
from gdstudio.training.health_file import health_of
from gdstudio.training.modules import build_model
from gdstudio.training.run import complete, run_experiment
from gdstudio.training.run_folder import load_run


def spec_of(**values: object) -> ExperimentSpec:
    base = {"model.kind": "mlp", "training.epochs": 3, "training.batch_size": 0}
    return ExperimentSpec().with_values({**base, **values})


@pytest.mark.parametrize("capture", ["on", "off"])
@pytest.mark.parametrize(
    "values",
    [
        {"model.dropout": 0.3, "model.normalization": "batch"},
        {"training.clip_norm": 0.1, "model.activation": "tanh"},
        {"optimizer.kind": "lbfgs", "training.batch_size": 0},
    ],
)
def test_sampling_changes_no_number(capture: str, values: dict[str, object]) -> None:
    spec = spec_of(**{"training.batch_size": 32, "training.capture": capture, **values})
    sampled, plain = run_experiment(spec), run_experiment(spec, health=False)
    assert len(sampled.history.health)
    assert not len(plain.history.health)
    for name, column in plain.history.steps.snapshot().items():
        if name != "seconds":
            np.testing.assert_array_equal(sampled.history.steps.snapshot()[name], column)
    for name, tensor in plain.model.state_dict().items():
        assert torch.equal(tensor, sampled.model.state_dict()[name])


@pytest.mark.parametrize("capture", ["on", "off"])
def test_the_numbers_are_those_of_a_plain_loop(capture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdstudio.training.health._ALLOWANCE", 60.0)  # a busy machine must not leave samples out
    spec = spec_of(**{"optimizer.kind": "sgd", "optimizer.lr": 0.1, "training.capture": capture})
    dataset = prepare(spec.data, load_table(spec.data.source))
    health = health_of(run_experiment(spec, dataset=dataset).history)
    model = build_model(complete(spec, dataset), dataset).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = torch.from_numpy(dataset.train.features), torch.from_numpy(dataset.train.target).float()
    layers = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    for sample in range(3):
        before = [torch.cat([p.detach().clone().ravel() for p in layer.parameters()]) for layer in layers]
        optimizer.zero_grad()
        functional.binary_cross_entropy_with_logits(model(x)[:, 0], y).backward()
        gradients = [torch.cat([p.grad.ravel() for p in layer.parameters()]).norm() for layer in layers]
        optimizer.step()
        after = [torch.cat([p.detach().ravel() for p in layer.parameters()]) for layer in layers]
        updates = [(a - b).norm() / b.norm() for a, b in zip(after, before, strict=True)]
        assert health.matrix("gradient_norm")[:, sample] == pytest.approx([float(g) for g in gradients], rel=1e-5)
        assert health.matrix("weight_norm")[:, sample] == pytest.approx([float(b.norm()) for b in before], rel=1e-5)
        assert health.matrix("update_ratio")[:, sample] == pytest.approx([float(u) for u in updates], rel=1e-4)


def test_dead_and_saturated_units_are_counted() -> None:
    inputs = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    dead = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    with torch.no_grad():
        dead[0].bias[:3] = -100
        dead[0].bias[3] = 100
    assert idle_units(dead, inputs)[0] == 0.75
    flat = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    with torch.no_grad():
        flat[0].bias[:] = torch.tensor([50.0, -50.0, 0.0, 0.0])
        flat[0].weight[2:] *= 0.01
    shares = idle_units(flat, inputs)
    assert shares[0] == 0.5
    assert np.isnan(shares[1])


def test_what_was_sampled_is_read_back_to_the_bit(tmp_path: Path) -> None:
    result = run_experiment(spec_of())
    result.save(tmp_path / "run")
    read, written = load_run(tmp_path / "run").health, health_of(result.history)
    assert read.layers == written.layers == ("hidden_1", "hidden_2", "output")
    for name, column in written.columns.items():
        np.testing.assert_array_equal(read.columns[name], column)


def test_samples_are_few_and_thin_out() -> None:
    model, history = torch.nn.Sequential(torch.nn.Linear(2, 1)), RunHistory()
    probe = HealthProbe(model, history, np.zeros((4, 2), np.float32), torch.device("cpu"))
    step = taken = 0
    while (step := probe.next_step) <= 1_000_000:
        assert probe.before_step(step, elapsed=1e9)
        taken += 1
    assert 100 < taken < 400


def test_a_sample_that_would_cost_too_much_is_left_out() -> None:
    model, history = torch.nn.Sequential(torch.nn.Linear(2, 1)), RunHistory()
    probe = HealthProbe(model, history, np.zeros((4, 2), np.float32), torch.device("cpu"))
    history.health_seconds = 0.1
    assert not probe.before_step(1, elapsed=1.0)
    assert probe.before_step(2, elapsed=10.0)


def health(gradients: list[list[float]], idle: float = 0.0) -> Health:
    layers = len(gradients[0])
    flat = np.array(gradients).ravel()
    return Health(
        tuple(f"hidden_{i}" for i in range(layers)),
        {
            "step": np.repeat(np.arange(1.0, len(gradients) + 1), layers),
            "layer": np.tile(np.arange(1.0, layers + 1), len(gradients)),
            "gradient_norm": flat,
            "weight_norm": np.ones_like(flat),
            "update_ratio": np.full_like(flat, 1e-3),
            "idle_units": np.full_like(flat, idle),
        },
    )


@pytest.mark.parametrize(
    ("samples", "activation", "kind", "words"),
    [
        (health([[1e-6, 1e-3, 0.1]]), "tanh", "vanishing", "100,000 times smaller than layer 3's"),
        (health([[1e4, 1.0, 0.1]]), "relu", "exploding", "100,000 times larger than layer 3's"),
        (health([[1.0, 1.0], [1e6, 1e6]]), "relu", "exploding", "larger than at the first step"),
        (health([[1.0, 1.0], [np.inf, 1.0]]), "relu", "exploding", "At step 2"),
        (health([[1.0, 1.0]], idle=0.8), "relu", "dead", "80% of layer 1's units"),
        (health([[1.0, 1.0]], idle=0.8), "tanh", "saturated", "80% of layer 1's units"),
        (health([[1.0, 2.0]]), "relu", "healthy", "within a factor of 2"),
    ],
)
def test_verdicts_name_what_the_numbers_show(samples: Health, activation: str, kind: str, words: str) -> None:
    found = verdicts(samples, activation)
    assert [v.kind for v in found] == [kind]
    assert words in found[0].sentence
