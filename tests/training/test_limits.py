"""Clipping, max-norm, noise, class weights, stopping early: the numbers of a loop that writes them out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from plain_loop import our_losses, plain_losses
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.utils.class_weight import compute_class_weight

from gdstudio.core.errors import StudioError
from gdstudio.core.history import RunHistory
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.optim.limits import clipping, max_norm
from gdstudio.training.batches import Batches, Noise
from gdstudio.training.ensemble import run_many
from gdstudio.training.objective import class_weights
from gdstudio.training.run import complete, run_experiment

SPEC = ExperimentSpec().with_values(
    {"model.hidden": [16, 8], "training.epochs": 3, "optimizer.kind": "sgd", "optimizer.lr": 0.5,
     "optimizer.momentum": 0.9}
)  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return prepare(SPEC.data, load_table(SPEC.data.source))


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
@pytest.mark.parametrize(
    "values",
    [
        {"training.clip_norm": 0.05},
        {"training.clip_value": 0.01},
        {"training.clip_norm": 0.1, "training.clip_value": 0.01},
        {"regularization.max_norm": 0.5},
        {"regularization.l1": 0.02, "regularization.proximal": True},
        {"regularization.input_noise": 0.3},
        {"training.class_weights": "balanced"},
        {"training.patience": 2, "training.min_delta": 0.01, "training.epochs": 12},
    ],
    ids=lambda v: "+".join(k.split(".")[1] for k in v),
)
def test_losses_equal_a_plain_loop_bit_for_bit(optimizer: str, values: dict[str, Any], dataset: Dataset) -> None:
    usual = SPEC.with_values({"optimizer.kind": optimizer, "training.batch_size": 50})
    spec = usual.with_values(values)
    plain = plain_losses(spec, dataset)
    recorded, played = our_losses(spec, dataset, "off"), our_losses(spec, dataset, "on")
    assert recorded == played
    if "regularization.max_norm" in values:
        assert recorded == pytest.approx(plain, rel=1e-4)  # torch.renorm sums in another order
    else:
        assert recorded == plain
    assert recorded != our_losses(usual, dataset, "off")


def test_proximal_steps_find_the_lasso_and_its_exact_zeros() -> None:
    l1 = 0.12
    spec = ExperimentSpec().with_values({
        "data.source.kind": "diabetes", "model.kind": "linear", "optimizer.kind": "sgd", "optimizer.lr": 0.15,
        "training.batch_size": 0, "training.epochs": 700, "training.evaluate_every": 700,
        "regularization.l1": l1, "regularization.proximal": True,
    })  # fmt: skip
    dataset = prepare(spec.data, load_table(spec.data.source))
    features, target = dataset.train.features.astype(np.float64), dataset.train.target.astype(np.float64)
    # scikit-learn has half the mean square.
    truth = Lasso(alpha=l1 / 2, tol=1e-10).fit(features, target)
    model = run_experiment(spec, dataset=dataset).model
    weights = next(p for p in model.parameters() if p.ndim == 2).detach().numpy()[0]
    np.testing.assert_allclose(weights, truth.coef_, atol=1e-4)
    assert ((weights == 0) == (truth.coef_ == 0)).all()
    assert (weights == 0).sum() >= 2
    name = next(name for name, p in model.named_parameters() if p.ndim == 2)
    (member,) = run_many([spec], dataset)
    assert ((member.state[name] == 0) == (weights[None] == 0)).all()
    np.testing.assert_allclose(member.state[name], weights[None], atol=1e-5)


def test_the_norm_in_the_history_is_the_one_before_clipping(dataset: Dataset) -> None:
    norms = []
    for clip in (0.0, 1e-3):
        history = RunHistory()
        spec = SPEC.with_values({"training.clip_norm": clip, "training.epochs": 1})
        run_experiment(spec, dataset=dataset, history=history)
        norms.append(history.steps.snapshot()["gradient_norm"])
    assert norms[1][0] == norms[0][0] > 1e-3
    assert np.isfinite(norms[1]).all()


def test_max_norm_bounds_rows_and_leaves_shorter_ones_and_biases_alone() -> None:
    weight, bias = torch.nn.Parameter(torch.tensor([[3.0, 4.0], [0.3, 0.4]])), torch.nn.Parameter(torch.ones(2) * 9)
    project = max_norm([weight, bias], 1.0)
    assert project is not None
    project()
    torch.testing.assert_close(weight.detach(), torch.tensor([[0.6, 0.8], [0.3, 0.4]]))
    assert bias.tolist() == [9, 9]


def test_what_is_off_is_not_there() -> None:
    assert clipping([], 0, 0) is None
    assert max_norm([], 0) is None


def test_noise_is_new_each_epoch_and_the_same_however_it_is_portioned(monkeypatch: pytest.MonkeyPatch) -> None:
    from gdstudio.training import batches as module

    x, y = torch.randn(25, 3), torch.arange(25)

    def made(epoch: int, skip: int = 0) -> torch.Tensor:
        portions = Batches(x, y, 10, seed=1, shuffle=True, noise=Noise(0.5, 7)).epoch(epoch, skip)
        return torch.cat([inputs for inputs, _ in portions])

    def noise(epoch: int) -> torch.Tensor:
        return made(epoch) - x[Batches(x, y, 10, 1, True).order(epoch)]

    assert not torch.equal(noise(1), noise(2))
    many = torch.cat([noise(e) for e in range(1, 400)])
    assert many.mean().abs() < 0.01
    assert many.std() == pytest.approx(0.5, rel=0.02)
    assert torch.equal(made(3, skip=1), made(3)[10:])
    monkeypatch.setattr(module, "_COPY_LIMIT_BYTES", 0)
    assert torch.equal(made(3, skip=2), made(3)[20:])


def test_balanced_weights_are_scikit_learns() -> None:
    spec = ExperimentSpec().with_values({"data.source.kind": "wine", "training.class_weights": "balanced"})
    dataset = prepare(spec.data, load_table(spec.data.source))
    target = dataset.train.target
    expected = compute_class_weight("balanced", classes=np.unique(target), y=target)
    assert class_weights(complete(spec, dataset), dataset) == pytest.approx(expected)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
def test_a_weighted_loss_finds_the_weighted_minimum(loss: str, dataset: Dataset) -> None:
    first, second = dataset.classes
    spec = SPEC.with_values(
        {"model.kind": "linear", "optimizer.kind": "lbfgs", "training.batch_size": 0, "training.epochs": 15,
         "loss.kind": loss, "training.class_weights": "given", "training.class_weight_values": f"{first}=1, {second}=5"}
    )  # fmt: skip
    model = run_experiment(spec, dataset=dataset).model
    reference = LogisticRegression(C=np.inf, class_weight={0: 1, 1: 5}, tol=1e-10, max_iter=5000)
    reference.fit(dataset.train.features, dataset.train.target)
    weights = model.output.weight.detach().numpy()
    found = weights[0] if loss == "binary_cross_entropy" else weights[1] - weights[0]
    assert found == pytest.approx(reference.coef_[0], abs=5e-3)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_row_of_weight_two_counts_as_two_rows_in_the_hinge_loss(classes: int, squared: bool) -> None:
    from gdstudio.core.registry import registry

    entry = registry("losses")["hinge"]
    torch.manual_seed(0)
    outputs, target = torch.randn(6, 1 if classes == 2 else 3), torch.tensor([0, 1, 0, 1, classes - 1, 0])
    weighted = entry.build(entry.settings(squared=squared), torch.tensor([1.0, 2.0, 1.0][:classes]))(outputs, target)
    twice = torch.cat([outputs, outputs[target == 1]]), torch.cat([target, target[target == 1]])
    assert weighted.item() == pytest.approx(entry.build(entry.settings(squared=squared))(*twice).item(), rel=1e-6)


def test_stopping_early_takes_the_best_weights_and_says_so(dataset: Dataset) -> None:
    history = RunHistory()
    spec = SPEC.with_values({"training.patience": 4, "training.epochs": 200, "model.hidden": [64, 64]})
    result = run_experiment(spec, dataset=dataset, history=history)
    epochs = history.epochs.snapshot()
    best = int(np.argmin(epochs["validation_loss"]))
    assert result.status == "finished"
    assert len(epochs["epoch"]) == best + 1 + 4 < 200
    assert f"weights of epoch {best + 1}" in result.message
    shorter = run_experiment(spec.with_values({"training.patience": 0, "training.epochs": best + 1}), dataset=dataset)
    for name, tensor in shorter.model.state_dict().items():
        assert torch.equal(result.model.state_dict()[name], tensor)
    assert result.metrics == shorter.metrics


def test_a_run_that_goes_on_after_stopping_early_ends_at_once_with_the_same(dataset: Dataset) -> None:
    spec = SPEC.with_values({"training.patience": 3, "training.epochs": 200, "model.hidden": [64, 64]})
    first = run_experiment(spec, dataset=dataset)
    again = run_experiment(spec, dataset=dataset, resume_from=first.checkpoint)
    assert (again.steps, again.metrics) == (first.steps, first.metrics)
    assert again.message.split(" s.")[-1] == first.message.split(" s.")[-1]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"optimizer.kind": "lbfgs", "training.batch_size": 1}, "one row"),
        ({"optimizer.kind": "lbfgs", "training.clip_norm": 1}, "clipping"),
        ({"optimizer.kind": "sgd", "optimizer.nesterov": True, "optimizer.momentum": 0}, "momentum"),
        ({"training.patience": 3, "data.split.validation": 0}, "no rows validate"),
        ({"schedule.kind": "one_cycle", "schedule.warmup_steps": 10_000}, "never begin"),
        ({"data.source.kind": "diabetes", "training.class_weights": "balanced"}, "needs? classes"),
        ({"model.normalization": "batch", "training.batch_size": 1}, "two rows"),
        ({"training.class_weights": "given"}, "class_weight_values"),
        ({"training.class_weights": "given", "training.class_weight_values": "maybe=2"}, "maybe"),
        ({"training.class_weights": "given", "training.class_weight_values": "yes=0"}, "above 0"),
        ({"training.class_weights": "given", "training.class_weight_values": "yes=nan"}, "above 0"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_what_contradicts_is_refused_with_a_way_out(values: dict[str, Any], said: str) -> None:
    with pytest.raises(StudioError, match=said) as refused:
        run_experiment(ExperimentSpec().with_values({"training.epochs": 2} | values))
    assert refused.value.message.endswith(".")
    assert refused.value.hint or "nesterov" in str(values)


def test_weights_can_be_given_as_json_for_names_with_commas() -> None:
    spec = ExperimentSpec().with_values({"training.class_weight_values": {"a, b": 2}})
    assert spec.training.class_weight_values == '{"a, b": 2}'


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            RuntimeError("DefaultCPUAllocator: you tried to allocate 8589934592 bytes."),
            "8.0 GiB",
        ),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has"), "2.50 GiB"),
        (MemoryError(), "ran out"),
    ],
    ids=["CPU", "CUDA", "Python"],
)
def test_running_out_of_memory_says_what_was_asked_for(
    error: Exception, said: str, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gdstudio.training import run

    def fail(*arguments: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(run, "train", fail)
    with pytest.raises(StudioError, match=said) as refused:
        run_experiment(SPEC, dataset=dataset)
    assert "batch size below 32" in refused.value.hint
    monkeypatch.setattr(run, "train", lambda *a, **o: (_ for _ in ()).throw(RuntimeError("shapes")))
    with pytest.raises(RuntimeError, match="shapes"):
        run_experiment(SPEC, dataset=dataset)
