"""Laboratories find what is known beforehand."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.labs.entry import LabResult
from gdstudio.labs.range_test import judge
from gdstudio.labs.statistics import wilson
from gdstudio.training.ensemble import run_many


def run(lab: str, own: dict[str, Any] | None = None, **values: Any) -> tuple[LabResult, Dataset]:
    spec = ExperimentSpec().with_values({"training.epochs": 10, "model.hidden": [6], **values})
    dataset = prepare(spec.data, load_table(spec.data.source))
    entry = registry("labs")[lab]
    settings = registry("labs").settings({"kind": lab, **(own or {})})
    return entry.build(settings)(spec, dataset, RunControl(), lambda share: None), dataset


@pytest.mark.parametrize("lab", registry("labs"))
def test_every_lab_answers_and_can_be_saved(lab: str, tmp_path: Path) -> None:
    own = {"learning_rate": {"seeds": 1}, "restarts": {"count": 3}, "penalties": {"seeds": 1}, "depth": {"seeds": 1},
           "capacity": {"seeds": 1}, "basins": {"size": 12, "steps": 40}, "cross_validation": {"folds": 2},
           "learning_curve": {"seeds": 1, "shares": [0.3, 1.0]}}.get(lab)  # fmt: skip
    shares: list[float] = []
    spec = ExperimentSpec().with_values({"training.epochs": 3, "model.hidden": [4]})
    dataset = prepare(spec.data, load_table(spec.data.source))
    settings = registry("labs").settings({"kind": lab, **(own or {})})
    result = registry("labs")[lab].build(settings)(spec, dataset, RunControl(), shares.append)
    assert result.sentences
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    result.save(tmp_path / "lab")
    saved = json.loads((tmp_path / "lab" / "result.json").read_text())
    assert saved == json.loads(json.dumps(result.document(), allow_nan=False))
    assert len(pd.read_csv(tmp_path / "lab" / "runs.csv")) == len(result.runs)
    if result.curves:
        assert set(pd.read_csv(tmp_path / "lab" / "curves.csv")["run"]) == {row["run"] for row in result.runs}
    else:
        assert result.picture is not None
    if result.picture is not None:
        assert result.picture.x_label
        assert result.picture.y_label
        assert len(pd.read_csv(tmp_path / "lab" / "picture.csv")) == len(result.picture.rows()) > 0


def test_full_batch_least_squares_has_the_sharp_edge_at_two_over_the_largest_curvature() -> None:
    spec = ExperimentSpec().with_values(
        {
            "data.source.kind": "plane", "model.kind": "linear", "optimizer.kind": "sgd", "training.batch_size": 0,
            "training.epochs": 200,
        }
    )  # fmt: skip
    dataset = prepare(spec.data, load_table(spec.data.source))
    # MSE of w·x + b: the Hessian is 2/n·[X 1]ᵀ[X 1], whatever the weights.
    inputs = np.column_stack([dataset.train.features, np.ones(len(dataset.train))]).astype(np.float64)
    edge = 2 / float(np.linalg.eigvalsh(2 / len(inputs) * inputs.T @ inputs).max())
    rates = tuple(float(edge * f) for f in (0.003, 0.03, 0.1, 0.3, 0.95, 1.05))
    settings = registry("labs").settings({"kind": "learning_rate", "rates": rates, "seeds": 2})
    result = registry("labs")["learning_rate"].build(settings)(spec, dataset, RunControl(), lambda share: None)
    zones = [row["zone"] for row in result.summary]
    assert zones[-1] == "diverged"
    assert "diverged" not in zones[:-1]
    steps = [row["iterations"] for row in result.summary[1:4]]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > steps[2]


@pytest.mark.parametrize(("sample", "target"), [("diabetes", None), ("purchase", "income")])
def test_the_boundary_that_runs_find_is_two_over_the_measured_curvature(sample: str, target: str | None) -> None:
    spec = ExperimentSpec().with_values(
        {"data.source.kind": sample, "model.kind": "linear", "optimizer.kind": "sgd", "training.batch_size": 0,
         "training.epochs": 60}
    )  # fmt: skip
    spec = spec.with_values({"data.target": target}) if target else spec
    dataset = prepare(spec.data, load_table(spec.data.source))
    settings = registry("labs").settings({"kind": "learning_rate", "rates": [0.001, 0.01, 0.1, 1, 10], "seeds": 1})
    found = registry("labs")["learning_rate"].build(settings)(spec, dataset, RunControl(), lambda share: None)
    inputs = np.column_stack([dataset.train.features, np.ones(len(dataset.train))]).astype(np.float64)
    edge = 2 / float(np.linalg.eigvalsh(2 / len(inputs) * inputs.T @ inputs).max())
    assert found.findings["largest_rate"] == pytest.approx(edge, rel=1e-3)
    assert found.findings["boundary"] == pytest.approx(edge, rel=0.05)
    assert found.findings["last_stable_rate"] < found.findings["first_diverged_rate"]
    assert found.findings["first_diverged_rate"] == pytest.approx(found.findings["last_stable_rate"], rel=0.011)
    assert [row["zone"] for row in found.summary][-1] == "diverged"
    steps = [row["iterations"] for row in found.summary if row["iterations"] is not None]
    assert steps == sorted(steps, reverse=True)
    assert found.picture is not None
    assert [label for _, label in found.picture.marks][:2] == ["2/λmax, measured", "boundary, found"]


def test_sigmoid_gradients_vanish_with_depth_and_relu_with_he_keeps_them() -> None:
    own = {"depths": [1, 8], "activations": ["sigmoid", "relu"], "initializers": ["xavier_uniform", "he_normal"]}
    result, _ = run("depth", own)
    ratio = {(r["activation"], r["initializer"], r["depth"]): r["ratio"] for r in result.summary}
    assert ratio["sigmoid", "xavier_uniform", 8] < 1e-3 * ratio["sigmoid", "xavier_uniform", 1]
    assert 0.05 < ratio["relu", "he_normal", 8] < 20
    assert "sigmoid with xavier_uniform" in result.findings["vanished"]


def test_a_wide_network_on_few_rows_has_the_widest_gap() -> None:
    own = {"widths": [2, 128], "shares": [0.1, 1.0], "seeds": 1}
    result, dataset = run("capacity", own, **{"training.epochs": 150, "optimizer.lr": 0.01})
    gap = {(row["width"], row["rows"]): row["gap"] for row in result.summary}
    few, many = round(0.1 * len(dataset.train)), len(dataset.train)
    assert gap[128, few] == max(gap.values())
    assert gap[128, few] > 2 * abs(gap[128, many])


def test_restarts_on_a_formula_count_its_minima() -> None:
    spec = ExperimentSpec().with_values({"optimizer.kind": "adam", "optimizer.lr": 0.1})
    # Two minima; the deeper one lies on the left.
    settings = registry("labs").settings(
        {"kind": "restarts", "formula": "(x**2 - 4)**2 + x", "count": 60, "steps": 1000}
    )
    result = registry("labs")["restarts"].build(settings)(spec, None, RunControl(), lambda share: None)
    assert result.findings["minima"] == 2
    left = np.roots([4, 0, -16, 1]).real.min()
    assert result.findings["best_value"] == pytest.approx((left**2 - 4) ** 2 + left, abs=1e-9)
    assert sum(row["restarts"] for row in result.summary) == 60
    low, high = wilson(result.findings["successes"], 60)
    assert (result.findings["share_low"], result.findings["share_high"]) == (low, high)
    assert 0 < result.findings["successes"] < 60


def test_an_empty_list_and_a_million_runs_are_refused_at_once() -> None:
    spec = ExperimentSpec()
    dataset = prepare(spec.data, load_table(spec.data.source))
    for own in ({"rates": []}, {"rates": [0.1 + k / 1000 for k in range(200)], "seeds": 100}):
        settings = registry("labs").settings({"kind": "learning_rate", **own})
        began = time.perf_counter()
        with pytest.raises(StudioError):
            registry("labs")["learning_rate"].build(settings)(spec, dataset, RunControl(), lambda share: None)
        assert time.perf_counter() - began < 0.1
    with pytest.raises(StudioError, match="seeds"):
        registry("labs").settings({"kind": "learning_rate", "seeds": 1_000_000})


def test_the_race_starts_everybody_at_the_same_loss() -> None:
    result, _ = run("race", {"optimizers": ["sgd", "momentum", "adam"]})
    first = [loss for _, epoch, loss in result.curves if epoch == 1]
    assert len(set(first)) == 3
    names = [row["optimizer"] for row in result.summary]
    assert names == ["sgd", "momentum", "adam"]
    assert result.summary[0]["learning_rate"] == registry("optimizers").settings("sgd").lr  # type: ignore[attr-defined]


def test_stronger_penalties_make_smaller_weights() -> None:
    result, _ = run("penalties", {"strengths": [0, 0.01, 0.1], "seeds": 2})
    norms = [row["weight_norm"] for row in result.summary]
    assert norms == sorted(norms, reverse=True)


def test_smaller_batches_are_noisier_and_take_more_steps() -> None:
    result, _ = run("variants", {"batch_sizes": [0, 100, 10]})
    assert [row["steps_per_epoch"] for row in result.runs] == [1, 6, 60]
    assert [row["steps"] for row in result.summary] == [10, 60, 600]
    noise = [row["noise"] for row in result.summary]
    assert noise == sorted(noise)
    assert len({row["examples"] for row in result.summary}) == 1


def test_a_budget_of_time_ends_every_size_at_the_same_second() -> None:
    seconds = 0.15
    result, dataset = run("variants", {"batch_sizes": [0, 10], "budget": "time", "seconds": seconds})
    rows, each = len(dataset.train), [row["steps"] for row in result.runs]
    for row in result.runs:
        assert row["status"] == "finished"
        # The last step before the bell; on a busy machine that may be long before.
        assert 0 < row["seconds"] <= seconds
        assert row["examples"] == round(row["steps"] * (rows if row["batch_size"] == 0 else 10))
    assert [p.name for p in (result.picture, *result.more)][:3] == ["By time", "By examples", "By steps"]
    assert result.picture is not None
    for series, count in zip(result.picture.series, each, strict=True):
        assert list(series.x) == sorted(series.x)
        assert series.x[-1] == pytest.approx(result.runs[0 if "full" in series.label else 1]["seconds"])
        assert count >= 1
    assert "by the clock" in result.sentences[1]


def test_the_clock_leaves_out_the_making_ready_alone() -> None:
    each = np.full(1000, 0.001)
    each[[0, 1, 40]] = 0.2
    each[900] = 0.3
    from gdstudio.labs.computing.timing import _from_ready

    assert _from_ready(np.cumsum(each))[-1] == pytest.approx(999 * 0.001 + 0.3)


def test_a_run_on_a_budget_of_time_takes_the_very_steps_of_an_ordinary_one() -> None:
    result, dataset = run("variants", {"batch_sizes": [20], "budget": "time", "seconds": 0.1})
    (member,) = run_many([result.spec.with_values({"training.batch_size": 20, "training.epochs": 1})], dataset)
    ordinary = result.picture
    assert ordinary is not None
    assert ordinary.series[0].y[0] == pytest.approx(float(member.losses[0]), rel=1e-6)


def test_the_cosine_of_a_batch_grows_with_its_rows_and_is_one_for_all() -> None:
    result, _ = run("variants", {"batch_sizes": [0, 100, 4]})
    cosines = [row["cosine_at_start"] for row in result.summary]
    assert cosines[0] == pytest.approx(1.0)
    assert cosines == sorted(cosines, reverse=True)
    # Against the textbook: for independent rows, cosine² = g² / (g² + trace(Σ) / b), here at b = 4 and b = 100.
    odds = [c**2 / (1 - c**2) for c in cosines[1:]]
    assert odds[0] / odds[1] == pytest.approx(25, rel=0.7)
    assert [p.name for p in (result.picture, *result.more)] == [
        "By examples", "By steps", "By time", "Gradient noise",
    ]  # fmt: skip
    assert result.summary[0]["batch_size"] == 0


def test_proximal_steps_make_zeros_that_gradient_steps_do_not() -> None:
    result, _ = run("penalties", {"penalty": "l1", "strengths": [0, 0.03], "seeds": 2}, **{
        "optimizer.kind": "sgd", "optimizer.lr": 0.1, "training.epochs": 20,
    })  # fmt: skip
    zeros = {(row["steps_taken"], row["strength"]): row["exact_zeros"] for row in result.summary}
    assert zeros["gradient steps", 0.03] == zeros["gradient steps", 0] == zeros["proximal steps", 0] == 0
    assert zeros["proximal steps", 0.03] > 5
    assert "exactly zero by proximal steps" in " ".join(result.sentences)
    assert [p.name for p in (result.picture, *result.more)] == ["Losses", "Weights", "Zeros"]


def test_restarts_with_one_seed_would_not_vary_but_these_do() -> None:
    result, _ = run("restarts", {"count": 5})
    losses = [row["train_loss"] for row in result.runs]
    assert len(set(losses)) == 5
    row = next(row for row in result.summary if row["measure"] == "train_loss")
    assert row["mean"] == pytest.approx(np.mean(losses))
    assert row["deviation"] == pytest.approx(torch.tensor(losses).double().std().item())


def test_wilson_is_the_published_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_the_range_test_grows_the_rate_over_one_run_and_suggests_one_that_trains() -> None:
    own = {"method": "range_test", "lowest": 1e-4, "highest": 30, "test_steps": 200}
    result, dataset = run("learning_rate", own, **{"optimizer.kind": "sgd", "training.batch_size": 50})
    rates = [row["learning_rate"] for row in result.runs]
    np.testing.assert_allclose(rates, np.geomspace(1e-4, 30, 200)[: len(rates)], rtol=1e-12)
    found = result.findings
    assert found["begins_at"] <= found["steepest_rate"] <= found["lowest_loss_rate"]
    assert found["suggested_rate"] <= found["lowest_loss_rate"] / 3
    # Independent truth: a run at the suggested rate falls far, one at a thousandth of it hardly.
    losses = []
    for factor in (1.0, 1e-3):
        spec = ExperimentSpec().with_values({
            "training.epochs": 10, "model.hidden": [6], "optimizer.kind": "sgd",
            "optimizer.lr": found["suggested_rate"] * factor,
        })  # fmt: skip
        losses.append(run_many([spec], dataset)[0].curves["train_loss"])
    assert losses[0] < 0.9 * losses[1]
    # The same numbers as a run with those rates set by hand.
    smooth, mean = [], 0.0
    for k, row in enumerate(result.runs):
        mean = 0.9 * mean + 0.1 * row["loss"]
        smooth.append(mean / (1 - 0.9 ** (k + 1)))
    np.testing.assert_allclose([row["smoothed_loss"] for row in result.runs], smooth, rtol=1e-12)
    with pytest.raises(StudioError, match="no range"):
        run("learning_rate", {"method": "range_test", "lowest": 1.0, "highest": 0.1})


def test_the_range_test_reads_the_curve_as_a_person_would() -> None:
    rates = np.geomspace(1e-4, 1.0, 101)
    x = np.log10(rates)
    curve = np.where(x < -3, 1.0, np.where(x < -1, 1.0 - 0.4 * (x + 3), 0.2 + 3 * (x + 1) ** 2))
    found, sentences = judge(rates, curve)
    assert found["lowest_loss_rate"] == pytest.approx(0.1)
    assert 1e-3 < found["steepest_rate"] < 0.1
    assert found["suggested_rate"] == pytest.approx(min(found["steepest_rate"], 0.01))
    assert found["blown_up_rate"] > 0.1
    assert "suggested" in sentences[0]
    assert judge(rates, np.ones(101))[0]["suggested_rate"] is None
    assert judge(rates, np.full(101, np.nan))[0]["suggested_rate"] is None


def test_rates_on_a_bowl_diverge_beyond_two_over_the_curvature() -> None:
    spec = ExperimentSpec().with_values({"optimizer.kind": "sgd"})
    settings = registry("labs").settings(
        {"kind": "learning_rate", "formula": "x**2 + 10*y**2", "rates": [0.001, 0.01, 0.05, 0.09, 0.11, 1], "seeds": 2}
    )
    result = registry("labs")["learning_rate"].build(settings)(spec, None, RunControl(), lambda share: None)
    assert result.findings["largest_rate"] == pytest.approx(0.1)
    assert [row["zone"] for row in result.summary] == [
        "slow",
        "stable",
        "stable",
        "stable",
        "diverged",
        "diverged",
    ]
    steps = [row["iterations"] for row in result.summary[1:3]]
    assert steps == sorted(steps, reverse=True)


def test_a_race_on_a_formula_starts_everybody_at_one_point() -> None:
    settings = registry("labs").settings(
        {"kind": "race", "formula": "x**2 + 3*y**2", "optimizers": ["sgd", "momentum", "adam"], "rates": [0.1]}
    )
    result = registry("labs")["race"].build(settings)(ExperimentSpec(), None, RunControl(), lambda share: None)
    assert len({value for run, step, value in result.curves if step == 0}) == 1
    assert [row["optimizer"] for row in result.summary] == ["sgd", "momentum", "adam"]
    assert all(row["iterations"] for row in result.summary)
    assert result.picture is not None
