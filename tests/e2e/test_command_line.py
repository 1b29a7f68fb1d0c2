"""The command line as a person runs it: in processes of its own, read by its files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

FAST = ("--set", "training.epochs=2", "--set", "model.hidden=[8]")


def gdstudio(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gdstudio", *map(str, arguments)], capture_output=True, text=True, timeout=240, **options
    )


@pytest.fixture(scope="module")
def purchase(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of 30 epochs on the purchase data."""
    folder = tmp_path_factory.mktemp("run") / "R"
    done = gdstudio("train", "--sample", "purchase", "--set", "training.epochs=30", "--out", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_run_folder_holds_what_the_contract_says(purchase: Path) -> None:
    names = {path.name for path in purchase.iterdir()}
    assert names >= {
        "spec.json", "environment.json", "history.csv", "epochs.csv", "metrics.json", "predictions.csv",
        "model.safetensors", "preparation.json", "log.txt",
    }  # fmt: skip
    spec = json.loads((purchase / "spec.json").read_text())
    assert spec["schema_version"] == 1
    assert spec["data"]["target"] == "bought"
    assert spec["training"]["epochs"] == 30
    history, epochs = pd.read_csv(purchase / "history.csv"), pd.read_csv(purchase / "epochs.csv")
    assert list(history.columns[:5]) == ["step", "epoch", "train_loss", "learning_rate", "gradient_norm"]
    assert list(epochs["epoch"]) == list(range(1, 31))
    assert {"train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "seconds"} <= set(epochs)
    assert epochs["train_loss"].iloc[-1] < epochs["train_loss"].iloc[0]
    assert (np.diff(epochs["seconds"]) >= 0).all()


def test_metrics_equal_scikit_learns_from_the_written_predictions(purchase: Path) -> None:
    test = json.loads((purchase / "metrics.json").read_text())["test"]
    rows = pd.read_csv(purchase / "predictions.csv", dtype={"target": str, "prediction": str})
    positive = test["positive_class"]
    target, prediction = rows["target"], rows["prediction"]
    probability = rows[f"probability_{positive}"]
    both = rows[[c for c in rows if c.startswith("probability_")]]
    labels = [c.removeprefix("probability_") for c in both]
    expected = {
        "accuracy": reference.accuracy_score(target, prediction),
        "precision": reference.precision_score(target, prediction, pos_label=positive),
        "recall": reference.recall_score(target, prediction, pos_label=positive),
        "f1": reference.f1_score(target, prediction, pos_label=positive),
        "roc_auc": reference.roc_auc_score(target == positive, probability),
        "log_loss": reference.log_loss(target, both, labels=labels),
        "n": len(rows),
    }
    for name, value in expected.items():
        assert test[name] == pytest.approx(value, abs=1e-9), name
    assert test["confusion_matrix"] == reference.confusion_matrix(target, prediction, labels=labels).tolist()


def test_the_same_spec_gives_the_same_files(purchase: Path, tmp_path: Path) -> None:
    done = gdstudio("train", "--spec", purchase / "spec.json", "--out", tmp_path / "again")
    assert done.returncode == 0, done.stderr
    for name in (
        "history.csv",
        "metrics.json",
        "predictions.csv",
        "model.safetensors",
        "spec.json",
        "preparation.json",
    ):
        assert (tmp_path / "again" / name).read_bytes() == (purchase / name).read_bytes(), name


def test_json_is_one_document_and_progress_goes_elsewhere(tmp_path: Path) -> None:
    done = gdstudio("train", "--sample", "iris", *FAST, "--out", tmp_path / "R", "--json")
    assert json.loads(done.stdout)["status"] == "finished"
    assert json.loads(done.stdout)["metrics"]["test"]["n"] == 30


def test_evaluating_gives_the_scores_of_the_run(purchase: Path) -> None:
    done = gdstudio("evaluate", purchase, "--json")
    assert json.loads(done.stdout) == json.loads((purchase / "metrics.json").read_text())


def test_predicting_the_run_s_own_rows_gives_its_predictions(purchase: Path, tmp_path: Path) -> None:
    from gdstudio.core.registry import registry
    from gdstudio.data.load import load_table

    frame = load_table(registry("samples").settings("purchase")).frame
    frame.drop(columns="bought").to_csv(tmp_path / "new.csv", index=False)
    done = gdstudio("predict", purchase, "--data", tmp_path / "new.csv", "--out", tmp_path / "p.csv")
    assert done.returncode == 0, done.stderr
    all_rows = pd.read_csv(tmp_path / "p.csv")
    test = pd.read_csv(purchase / "predictions.csv")
    assert len(all_rows) == len(frame)
    same = all_rows.set_index("row").loc[test["row"]].reset_index()
    assert list(same["prediction"]) == list(test["prediction"])
    probabilities = [c for c in test if c.startswith("probability_")]
    np.testing.assert_allclose(same[probabilities], test[probabilities], atol=1e-6)


def test_cancelling_keeps_what_was_done(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gdstudio", "train", "--sample", "purchase", "--set", "training.epochs=1000000",
         "--out", tmp_path / "R"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stderr is not None
        process.stderr.readline()  # the first note: training begins
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert len(pd.read_csv(tmp_path / "R" / "history.csv")) > 0
    assert json.loads((tmp_path / "R" / "metrics.json").read_text())["test"]["n"] > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "--sample", "purchas", "--out", "R"), ["purchase"]),
        (("train", "--out", "R"), ["--sample"]),
        (("train", "--sample", "iris", "--data", "x.csv", "--out", "R"), ["--sample", "--data"]),
        (("train", "--sample", "iris", "--set", "optimizer.lrr=1", "--out", "R"), ["optimizer.lrr", "lr"]),
        (("train", "--sample", "iris", "--set", "optimizer.lr=-1", "--out", "R"), ["optimizer.lr", "-1"]),
        (("train", "--sample", "iris", "--set", "optimizer.lr=NaN", "--out", "R"), ["optimizer.lr"]),
        (("train", "--sample", "iris", "--set", "trainin.epochs=1", "--out", "R"), ["training"]),
        (("train", "--sample", "iris", "--set", "model.kind=mpl", "--out", "R"), ["mlp"]),
        (("train", "--sample", "iris", "--set", "loss.kind=mse", "--out", "R"), ["mse", "cross_entropy"]),
        (("train", "--sample", "iris", "--set", "epochs", "--out", "R"), ["KEY=VALUE"]),
        (("train", "--sample", "iris", "--device", "cuda", "--out", "R"), ["CUDA"]),
        (("train", "--sample", "iris", "--device", "tpu", "--out", "R"), ["training.device"]),
        (("train", "--data", "missing.csv", "--out", "R"), ["missing.csv"]),
        (("train", "--spec", "missing.json", "--out", "R"), ["missing.json"]),
        (("train", "--sample", "iris", "--out", "/proc/nowhere/R"), ["/proc/nowhere"]),
        (("evaluate", "nowhere"), ["nowhere"]),
        (("list", "sampels"), ["samples"]),
        (("trian",), ["trian"]),
        (("train", "--sample", "iris", "--wrong", "1", "--out", "R"), ["--wrong"]),
    ],
)
def test_bad_input_is_two_lines_and_exit_code_two(arguments: tuple[str, ...], words: list[str], tmp_path: Path) -> None:
    done = gdstudio(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert 1 <= len(done.stderr.strip().splitlines()) <= 2
    assert "Traceback" not in done.stderr
    assert not done.stdout
    for word in words:
        assert word in done.stderr
    assert not (tmp_path / "R" / "spec.json").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = gdstudio("train", "--sample", "iris", *FAST, "--out", tmp_path)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == [tmp_path / "thesis.txt"]


def test_version_and_lists() -> None:
    import gdstudio as package

    assert gdstudio("--version").stdout.strip() == f"gdstudio {package.__version__}"
    listing = json.loads(gdstudio("list", "--json").stdout)
    assert {"samples", "models", "losses", "optimizers"} <= set(listing)
    assert "purchase" in [entry["key"] for entry in listing["samples"]]
    assert "purchase" in gdstudio("list", "samples").stdout
