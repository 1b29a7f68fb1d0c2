"""Exported scripts give the run's numbers, to the bit, in a process without the program."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.projects.descents import save_descent
from gdstudio.projects.export import script_known, script_optimizer
from gdstudio.projects.export.notebook import save_notebook
from gdstudio.projects.export.script import Script, make_script
from gdstudio.projects.export.script_formula import make_formula_script
from gdstudio.projects.export.verify import Verdict, compare, expected_of, verify_script
from gdstudio.training.minimize import minimize
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
        "data.source.kind": "moons", "data.source.size": 5_000, "training.batch_size": 0, "training.epochs": 15,
        "training.lr_changes": [{"step": 4, "lr": 0.1}, {"step": 9, "lr": 0.01}], "model.activation": "sigmoid",
    },
    "mixed precision": {"data.source.kind": "moons", "training.precision": "bf16", "training.epochs": 3},
    "single rows, linear, plain SGD, multi-step": {
        "data.source.kind": "circles", "data.source.size": 30, "training.batch_size": 1, "model.kind": "linear",
        "optimizer.kind": "sgd", "schedule.kind": "multi_step", "schedule.milestones": [2, 3],
    },
    "early stopping, clipping, max-norm, noise": {
        "data.source.kind": "purchase", "training.patience": 2, "training.epochs": 12, "optimizer.lr": 0.03,
        "training.clip_norm": 0.5, "training.clip_value": 0.1, "regularization.max_norm": 1.0,
        "regularization.input_noise": 0.1,
    },
    "a notebook with its rows beside it": {"data.source.kind": "purchase", "data.split.test": 0},
    "plateau, balanced classes, min-max": {
        "data.source.kind": "purchase", "schedule.kind": "plateau", "schedule.patience": 0, "training.epochs": 8,
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
    "Muon, proximal L1": {
        "data.source.kind": "wine", "optimizer.kind": "muon", "regularization.l1": 0.01,
        "regularization.proximal": True, "regularization.l2": 0.001, "schedule.kind": "cosine",
    },
    "restarts, NAdam, no test part, replayed steps": {
        "data.source.kind": "sine", "schedule.kind": "cosine_restarts", "schedule.first": 2, "optimizer.kind": "nadam",
        "data.split.test": 0, "training.capture": "on", "model.dropout": 0.2,
    },
}  # fmt: skip


FORMULAS: dict[str, dict[str, Any]] = {
    "formula, momentum": {"objective.formula": "x**2 + 10*y**2", "optimizer.momentum": 0.9, "training.steps": 200},
    "formula, Adam from a given start, cosine": {
        "objective.formula": "(1 - x)^2 + 100*(y - x**2)**2", "optimizer.kind": "adam", "optimizer.lr": 0.1,
        "training.steps": 100, "training.start": [-1.5, 2.0], "schedule.kind": "cosine",
    },
    "a notebook of a formula": {"objective.formula": "x**2 + y**4", "training.steps": 40},
    "a formula without matrices for Muon": {
        "objective.formula": "x**2 + y**2", "optimizer.kind": "muon", "training.steps": 30,
    },
    "formula over a vector with a parameter, L-BFGS": {
        "objective.formula": "sum(i*(x_i - a)**2)/n + x_2**2*n + max(x_1, 2, x_3)", "objective.parameters": {"a": 0.5},
        "objective.n": 12, "optimizer.kind": "lbfgs", "training.steps": 15,
    },
    "noisy formula with every kind of part, plateau": {
        "objective.formula": "2/3*x**2 + 3**y + 1/(2+x**2) + where(x<y, x*x, y*y) + clamp(x, -1, 1)**2 + x**-2 + "
        "(x > 0)*y%3 + --x - e*ln(2) + norm(x, 3) + atan2(y, x)*round(y) + 9 % (1 + x**2)",
        "optimizer.lr": 0.01, "objective.noise": 0.2, "training.steps": 80, "training.start": [1.2, 0.3],
        "schedule.kind": "plateau", "schedule.patience": 3,
    },
    "a descent that falls for ever": {"objective.formula": "-exp(x**2)", "training.start": [2.0]},
}  # fmt: skip

#: Runs every script in a folder, each as a program of its own, where nothing of this program can be imported.
_DRIVER = """
import os, pathlib, runpy, sys
sys.modules["gdstudio"] = None
for script in sorted(pathlib.Path(sys.argv[1]).glob("*/experiment.py")):
    sys.argv = [str(script), "--losses", str(script.with_name("losses.csv"))]
    if "--predictions" in script.read_text(encoding="utf-8"):
        sys.argv += ["--predictions", str(script.with_name("predictions.csv"))]
    os.chdir(script.parent)
    runpy.run_path(str(script), run_name="__main__")
"""


def spec_of(values: dict[str, Any]) -> ExperimentSpec:
    usual = (
        {"training.epochs": 3, "model.hidden": [8, 5]}
        if values.get("model.kind") != "linear"
        else {"training.epochs": 3}
    )
    return ExperimentSpec().with_values({"training.device": "cpu", **usual, **values})


def houses(folder: Path) -> Path:
    """A file with categories, missing values and odd names."""
    draw = np.random.default_rng(0)
    count = 120
    frame = pd.DataFrame(
        {
            "größe 'x'\"": np.where(draw.random(count) < 0.1, np.nan, draw.normal(170, 10, count).round(2)),
            "city": np.where(draw.random(count) < 0.1, None, draw.choice(["Köln", "Bonn # 1", "NA"], count)),
            "member": draw.choice(["yes", "no"], count),
            "rooms": draw.integers(1, 5, count),
            "sold": [
                f"{day}.{month}.{2020 + day % 4} {day % 24}:00" if day % 9 else None
                for day, month in zip(draw.integers(1, 29, count), draw.integers(1, 13, count), strict=True)
            ],
            "street": np.where(draw.random(count) < 0.1, None, draw.choice(list("abcdefgh"), count)),
        }
    )
    frame["class"] = np.where(frame["rooms"] + draw.normal(size=count) > 2.5, "big", "small")
    file = folder / "häuser.csv"
    frame.to_csv(file, sep=";", decimal=",", index=False)
    return file


#: A number that is understood as a category is not what pandas reads: those rows then lie beside the script.
FILES: dict[str, dict[str, Any]] = {
    "a person's file": {"data.target": "class"},
    "a person's file, read otherwise than pandas would": {
        "data.target": "class", "data.columns": {"rooms": {"type": "category"}},
    },
    "rare categories, clipped logarithms, marks of what is missing, dates": {
        "data.target": "class", "data.preparation.indicator": True, "data.preparation.clip": "fences",
        "data.columns": {"größe 'x'\"": {"impute": "constant", "constant": 3.5, "scale": "robust", "log": True},
                         "rooms": {"clip": "quantiles", "indicator": False, "scale": "none"},
                         "sold": {"type": "datetime"}, "street": {"max_categories": 3}, "city": {"encode": "ordinal"}},
    },
    "means of the target among two classes": {
        "data.target": "class", "data.preparation.encode": "target_mean", "data.preparation.impute": "most_frequent",
    },
    "means of the target among more classes": {
        "data.target": "street", "data.preparation.encode": "target_mean",
        "data.columns": {"sold": {"role": "ignore"}, "street": {"type": "category"}},
    },
    "means of a target that is a number": {
        "data.target": "größe 'x'\"", "data.preparation.encode": "target_mean", "data.preparation.scale": "min_max",
    },
}  # fmt: skip


def cells_of(script: Script, path: Path) -> str:
    """The code of a notebook's cells, and lines that write the losses that they have made."""
    save_notebook(script, path)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert not any("argparse" in cell or "__file__" in cell for cell in cells)
    return "\n\n".join([*cells, _LOSSES_OF_CELLS if "losses = []" in "".join(cells) else _PATH_OF_CELLS])


_LOSSES_OF_CELLS = """
import sys
pd.DataFrame({"step": range(1, len(losses) + 1), "train_loss": losses}).to_csv(sys.argv[2], index=False)
"""
_PATH_OF_CELLS = """
import csv, sys
with open(sys.argv[2], "w", newline="") as file:
    csv.writer(file).writerow(["step", *VARIABLES, "value"])
    csv.writer(file).writerows([step, *point, height] for step, (point, height) in enumerate(path))
"""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """All scripts in one clean process, which imports torch but once."""
    top = tmp_path_factory.mktemp("scripts")
    expected = {}
    source = {"data.source": {"kind": "file", "path": str(houses(top))}}
    files = {name: {**source, **values} for name, values in FILES.items()}
    for number, (name, values) in enumerate({**SPECS, **FORMULAS, **files}.items()):
        folder = top / f"{number:02}"
        folder.mkdir()
        if name in FORMULAS:
            descent = minimize(MinimizeSpec().with_values(values))
            script, expected[name] = make_formula_script(descent.spec), expected_of(descent)
        else:
            result = run_experiment(spec_of(values))
            script, expected[name] = make_script(result.spec, result.dataset), expected_of(result)
        beside = script.save(folder / "experiment.py")
        if "notebook" in name:
            (folder / "experiment.py").write_text(cells_of(script, folder / "run.ipynb"), encoding="utf-8")
        assert "a person" not in name or len(beside) == (2 if "otherwise" in name else 1)
        imported = {n.name for n in ast.walk(ast.parse(script.text)) if isinstance(n, ast.alias)}
        assert "gdstudio" not in imported
    subprocess.run([sys.executable, "-I", "-c", _DRIVER, str(top)], check=True, capture_output=True)
    return {name: compare(tables, top / f"{number:02}") for number, (name, tables) in enumerate(expected.items())}


@pytest.mark.parametrize("name", [*SPECS, *FORMULAS, *FILES])
def test_a_script_is_equal_to_the_bit(name: str, verdicts: dict[str, Verdict]) -> None:
    assert verdicts[name].identical, verdicts[name].text
    assert verdicts[name].text.startswith("Bit-equal: ")


def test_another_number_is_found_and_named(tmp_path: Path) -> None:
    descent = minimize(MinimizeSpec().with_values({"training.steps": 5, "training.start": [3, 2]}))
    save_descent(descent, tmp_path / "run")
    path = tmp_path / "descent.py"
    text = make_formula_script(descent.spec).text
    path.write_text(
        text.replace("    return LEARNING_RATE\n", "    return LEARNING_RATE * (1 if step < 2 else 1.01)\n")
    )
    verdict = verify_script(tmp_path / "run", path)
    assert not verdict.identical
    assert verdict.text.startswith("Different from step 3 on: x is ")


def test_what_cannot_be_expressed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of({"data.source.kind": "iris", "optimizer.kind": "adamax"})
    monkeypatch.delitem(script_optimizer._OPTIMIZERS, "adamax")
    dataset = prepare(spec.data, load_table(spec.data.source))
    with pytest.raises(StudioError, match="optimizer adamax"):
        make_script(spec, dataset)
    # A setting that a later version may bring is never left out in silence.
    followed = {**script_known._FOLLOWED, "regularization": frozenset({"l1", "l2"})}
    monkeypatch.setattr(script_known, "_FOLLOWED", followed)
    with pytest.raises(StudioError, match=r"regularization\.max_norm = 2"):
        make_script(spec_of({"data.source.kind": "iris", "regularization.max_norm": 2.0}), dataset)
