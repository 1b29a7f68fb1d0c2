"""Exported scripts give the run's numbers, to the bit, in a process without the program."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec
from gdstudio.projects.export.script import make_script, write_script
from gdstudio.projects.export.verify import verify_script
from gdstudio.training.run import run_experiment

SPECS: dict[str, dict[str, Any]] = {
    "binary, Adam, missing values and an ordered column": {"data.source.kind": "purchase"},
    "multiclass, momentum, cosine with warm-up": {
        "data.source.kind": "iris", "optimizer.kind": "sgd", "optimizer.momentum": 0.9, "optimizer.lr": 0.05,
        "schedule.kind": "cosine", "schedule.warmup_steps": 5,
    },
    "regression, RMSprop, exponential, L2, BatchNorm with a last single row": {
        "data.source.kind": "diabetes", "optimizer.kind": "rmsprop", "schedule.kind": "exponential",
        "regularization.l2": 0.001, "model.normalization": "batch", "training.batch_size": 33,
    },
    "dropout, LayerNorm, AdamW, one cycle, L1": {
        "data.source.kind": "wine", "model.dropout": 0.3, "model.normalization": "layer", "optimizer.kind": "adamw",
        "schedule.kind": "one_cycle", "regularization.l1": 0.001, "model.activation": "gelu",
    },
    "AdaGrad, steps, robust scaling, He": {
        "data.source.kind": "breast_cancer", "optimizer.kind": "adagrad", "optimizer.lr": 0.05,
        "schedule.kind": "step", "schedule.every": 2, "data.preparation.scale": "robust",
        "initializer.kind": "he_uniform", "model.activation": "tanh",
    },
    "full batch, changed rates, no shuffle": {
        "data.source.kind": "moons", "training.batch_size": 0, "training.epochs": 30,
        "training.lr_changes": [{"step": 4, "lr": 0.1}, {"step": 9, "lr": 0.01}], "model.activation": "sigmoid",
    },
    "single rows, linear, plain SGD, multi-step": {
        "data.source.kind": "circles", "data.source.size": 60, "training.batch_size": 1, "model.kind": "linear",
        "optimizer.kind": "sgd", "schedule.kind": "multi_step", "schedule.milestones": [2, 3],
    },
    "early stopping, clipping, max-norm, noise": {
        "data.source.kind": "purchase", "training.patience": 2, "training.epochs": 40, "optimizer.lr": 0.03,
        "training.clip_norm": 0.5, "training.clip_value": 0.1, "regularization.max_norm": 1.0,
        "regularization.input_noise": 0.1,
    },
    "plateau, balanced classes, min-max": {
        "data.source.kind": "purchase", "schedule.kind": "plateau", "schedule.patience": 0, "training.epochs": 15,
        "training.class_weights": "balanced", "data.preparation.scale": "min_max", "schedule.warmup_steps": 9,
        "training.evaluate_every": 2, "training.evaluate_rows": 77,
    },
    "hinge, given weights, orthogonal, polynomial": {
        "data.source.kind": "purchase", "loss.kind": "hinge", "training.class_weights": "given",
        "training.class_weight_values": "yes=3", "initializer.kind": "orthogonal", "schedule.kind": "polynomial",
    },
    "L-BFGS with Huber": {
        "data.source.kind": "diabetes", "optimizer.kind": "lbfgs", "training.batch_size": 0, "loss.kind": "huber",
        "data.preparation.scale_target": False,
    },
    "restarts, NAdam, no test part, replayed steps": {
        "data.source.kind": "sine", "schedule.kind": "cosine_restarts", "schedule.first": 2, "optimizer.kind": "nadam",
        "data.split.test": 0, "training.capture": "on", "model.dropout": 0.2,
    },
}  # fmt: skip


def spec_of(values: dict[str, Any]) -> ExperimentSpec:
    usual = (
        {"training.epochs": 5, "model.hidden": [8, 5]}
        if values.get("model.kind") != "linear"
        else {"training.epochs": 5}
    )
    return ExperimentSpec().with_values({"training.device": "cpu", **usual, **values})


@pytest.mark.parametrize("name", SPECS)
def test_a_script_is_equal_to_the_bit(name: str, tmp_path: Path) -> None:
    result = run_experiment(spec_of(SPECS[name]))
    path = tmp_path / "experiment.py"
    write_script(result.spec, result.dataset, path)
    assert "gdstudio" not in {n.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.alias)}
    verdict = verify_script(result, path)
    assert verdict.identical, verdict.text


def test_a_file_with_categories_missing_values_and_odd_names_is_equal(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    count = 120
    frame = pd.DataFrame(
        {
            "größe 'x'\"": np.where(draw.random(count) < 0.1, np.nan, draw.normal(170, 10, count).round(2)),
            "city": np.where(draw.random(count) < 0.1, None, draw.choice(["Köln", "Bonn # 1", "NA"], count)),
            "member": draw.choice(["yes", "no"], count),
            "rooms": draw.integers(1, 5, count),
        }
    )
    frame["class"] = np.where(frame["rooms"] + draw.normal(size=count) > 2.5, "big", "small")
    file = tmp_path / "häuser.csv"
    frame.to_csv(file, sep=";", decimal=",", index=False)
    for columns in ({}, {"data.columns": {"rooms": {"type": "category"}}}):
        spec = spec_of({"data.source": {"kind": "file", "path": str(file)}, "data.target": "class", **columns})
        result = run_experiment(spec)
        path = tmp_path / "out" / "houses.py"
        path.parent.mkdir(exist_ok=True)
        written = write_script(result.spec, result.dataset, path)
        # A number that is understood as a category is not what pandas reads: the rows then lie beside the script.
        assert len(written) == (2 if columns else 1)
        verdict = verify_script(result, path)
        assert verdict.identical, verdict.text


def test_another_number_is_found_and_named(tmp_path: Path) -> None:
    result = run_experiment(spec_of({"data.source.kind": "iris"}))
    path = tmp_path / "experiment.py"
    write_script(result.spec, result.dataset, path)
    path.write_text(path.read_text().replace("LEARNING_RATE = 0.002", "LEARNING_RATE = 0.0021"))
    result.save(tmp_path / "run")
    verdict = verify_script(tmp_path / "run", path)
    assert not verdict.identical
    assert verdict.text.startswith("Different from step 2 on: train_loss is ")


def test_what_cannot_be_expressed_is_refused() -> None:
    spec = spec_of({"data.source.kind": "iris", "optimizer.kind": "muon"})
    from gdstudio.data.dataset import prepare
    from gdstudio.data.load import load_table

    with pytest.raises(StudioError, match="optimizer muon"):
        make_script(spec, prepare(spec.data, load_table(spec.data.source)))
