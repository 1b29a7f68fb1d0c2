"""What a run is handed on as holds the run's own numbers, whatever reads it."""

from __future__ import annotations

import json
import runpy
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from gdstudio.__main__ import main
from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.load import load_table
from gdstudio.projects.descents import save_descent
from gdstudio.projects.export.formats import FORMATS, export_as
from gdstudio.projects.export.tensorboard import crc32c
from gdstudio.training.minimize import minimize
from gdstudio.training.run import run_experiment
from gdstudio.training.run_folder import load_run


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw = np.random.default_rng(1)
    count = 150
    amount = draw.lognormal(3, 2, count).round(2)
    frame = pd.DataFrame({
        "amount": np.where(draw.random(count) < 0.1, np.nan, amount),
        "when": [f"2024-0{1 + i % 9}-{1 + i % 28:02d} {i % 24:02d}:30" if i % 11 else None for i in range(count)],
        "town": np.where(draw.random(count) < 0.1, None, draw.choice(["Ulm", "Bonn", "Köln", "Jena"], count)),
        "member": draw.choice(["yes", "no"], count),
        "size": draw.choice(["s", "m", "l"], count),
        "prediction": draw.normal(size=count),
    })  # fmt: skip
    frame["price"] = (amount**0.5 + (frame["size"] == "l") * 4 + draw.normal(size=count)).round(3)
    frame["=kind"] = np.where(frame["price"] > 7, "=high", np.where(frame["price"] > 4, "mid", "low"))
    path = tmp_path_factory.mktemp("data") / "table.csv"
    frame.to_csv(path, index=False)
    return path


def trained(table: Path, folder: Path, **values: Any) -> Path:
    source = {"data.source": {"kind": "file", "path": str(table)}, "model.hidden": [6, 4], "training.epochs": 3}
    run_experiment(ExperimentSpec().with_values({**source, **values})).save(folder)
    return folder


@pytest.fixture(scope="module")
def run(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(table, tmp_path_factory.mktemp("run") / "run", **{"data.target": "=kind", "model.dropout": 0.1})


def test_tables_hold_every_digit_and_start_no_spreadsheet_formula(run: Path, tmp_path: Path) -> None:
    files, _ = export_as("csv", run, tmp_path / "tables")
    assert [path.name for path in files] == ["history.csv", "epochs.csv", "predictions.csv", "scores.csv"]
    assert files[0].read_bytes() == (run / "history.csv").read_bytes()
    predictions = files[2].read_text(encoding="utf-8")
    assert "'=high" in predictions
    assert ",=high" not in predictions
    scores = pd.read_csv(files[3]).set_index(["part", "score"])["value"]
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert scores["test", "accuracy"] == metrics["test"]["accuracy"]


def test_weights_are_loaded_by_the_program_beside_them(run: Path, tmp_path: Path) -> None:
    files, _ = export_as("weights", run, tmp_path / "my weights.safetensors")
    loaded = runpy.run_path(str(files[1]))
    saved = load_run(run)
    inputs = torch.randn(5, len(saved.preparation.feature_names))
    assert loaded["INPUTS"] == list(saved.preparation.feature_names)
    assert torch.equal(loaded["model"](inputs), saved.model(inputs))


def events(path: Path) -> list[bytes]:
    """The records of an event file, their checksums checked."""
    content, found = path.read_bytes(), []

    def masked(data: bytes) -> int:
        crc = crc32c(data)
        return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF

    while content:
        (length,) = struct.unpack("<Q", content[:8])
        assert struct.unpack("<I", content[8:12])[0] == masked(content[:8])
        data = content[12 : 12 + length]
        assert struct.unpack("<I", content[12 + length : 16 + length])[0] == masked(data)
        found.append(data)
        content = content[16 + length :]
    return found


def test_events_hold_the_curves(run: Path, tmp_path: Path) -> None:
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720
    files, note = export_as("tensorboard", run, tmp_path / "logs")
    assert "tensorboard --logdir" in note
    records = events(files[0])
    assert b"brain.Event:2" in records[0]
    losses = [record for record in records if b"step/train_loss" in record]
    history = pd.read_csv(run / "history.csv")
    assert [struct.unpack("<f", record[-4:])[0] for record in losses] == [
        np.float32(x) for x in history["train_loss"]
    ]  # fmt: skip
    assert any(b"epoch/validation_accuracy" in record for record in records)
    assert any(b"test/accuracy" in record for record in records)


ONNX: dict[str, dict[str, Any]] = {
    "classes, categories, dates": {"data.target": "=kind", "model.activation": "gelu", "model.normalization": "layer"},
    "two classes, capped, marked": {
        "data.target": "member", "model.activation": "silu", "model.normalization": "batch", "model.dropout": 0.2,
        "data.columns": {"=kind": {"max_categories": 2}, "amount": {"indicator": True, "log": True, "clip": "fences"}},
    },
    "a number, means of it": {
        "data.target": "price", "model.activation": "elu", "data.preparation.encode": "target_mean",
        "data.preparation.scale": "robust",
    },
    "linear, ordered": {"data.target": "price", "model.kind": "linear", "data.preparation.encode": "ordinal"},
}  # fmt: skip


@pytest.mark.parametrize("name", ONNX)
def test_an_onnx_model_predicts_what_the_run_does(name: str, table: Path, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from gdstudio.projects.export.onnx_file import feeds

    values = {k: v for k, v in ONNX[name].items() if k != "model.kind"}
    if "model.kind" in ONNX[name]:
        spec = ExperimentSpec().with_values({
            "data.source": {"kind": "file", "path": str(table)}, "training.epochs": 3, "model.kind": "linear", **values,
        })  # fmt: skip
        folder = tmp_path / "run"
        run_experiment(spec).save(folder)
    else:
        folder = trained(table, tmp_path / "run", **values)
    files, note = export_as("onnx", folder, tmp_path / "model.onnx")
    assert "On 30 test rows, onnxruntime's" in note
    saved = load_run(folder)
    frame = load_table(saved.spec.data.source).frame.iloc[:20].copy()
    for column in saved.spec.data.columns:
        if column in ("town", "size") and saved.spec.data.columns[column].role == "feature":
            frame.loc[frame.index[0], column] = "Atlantis"  # never seen
            frame.loc[frame.index[1], column] = None
    session = runtime.InferenceSession(str(files[0]), providers=["CPUExecutionProvider"])
    got = session.run(None, feeds(saved.preparation, frame))
    out = tmp_path / "rows.csv"
    frame.to_csv(tmp_path / "in.csv", index=False)
    saved.predict_file(tmp_path / "in.csv", out)
    want = pd.read_csv(out)
    if saved.preparation.classes:
        assert list(got[0]) == list(want["prediction"])
        columns = [f"probability_{name}" for name in saved.preparation.classes]
        np.testing.assert_allclose(got[1], want[columns].to_numpy(), atol=1e-5)
    else:
        np.testing.assert_allclose(got[0], want["prediction"], atol=1e-4)


def test_what_cannot_be_written_is_refused_in_a_sentence(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    descent = tmp_path / "descent"
    save_descent(minimize(MinimizeSpec().with_values({"training.steps": 3})), descent)
    for key, known in FORMATS.items():
        if known.descents:
            assert export_as(key, descent, tmp_path / known.name)[0]
        else:
            with pytest.raises(StudioError, match=r"A descent on a formula cannot be written as"):
                export_as(key, descent, tmp_path / known.name)
    with pytest.raises(StudioError, match="does not exist"):
        export_as("csv", run, tmp_path / "no" / "tables")
    with pytest.raises(StudioError, match="is a folder"):
        export_as("weights", run, tmp_path)
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["export", str(run), "--format", "onnx", "--out", str(tmp_path / "m.onnx")]) == 2
    assert "pip install 'gdstudio[onnx]'" in capsys.readouterr().err
    assert main(["export", str(run), "--format", "csv", "--out", str(tmp_path / "t"), "--verify"]) == 2
