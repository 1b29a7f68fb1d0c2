"""``gdstudio landscape``: its files, every plane, and a sentence for each run that cannot be mapped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from gdstudio.cli import run_command_line
from gdstudio.core.spec import ExperimentSpec
from gdstudio.training.run import run_experiment

SPEC = ExperimentSpec().with_values(
    {"data.source.kind": "moons", "data.source.size": 120, "model.hidden": [5], "training.epochs": 4}
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name, values in (("a", {}), ("b", {"training.seed": 1}), ("c", {"training.seed": 2}), ("wide", {"model.hidden": [6]})):  # fmt: skip  # noqa: E501
        run_experiment(SPEC.with_values(values)).save(folder / name)
    return folder


def test_every_plane_writes_numbers_and_a_picture(runs: Path, tmp_path: Path) -> None:
    through = {"points": ["b", "c"], "line": ["b"], "random": [], "trajectory": []}
    for plane, others in through.items():
        out = tmp_path / f"{plane}.npz"
        arguments = ["landscape", str(runs / "a"), "--plane", plane, "--grid", "7", "--out", str(out)]
        for other in others:
            arguments += ["--through", str(runs / other)]
        assert run_command_line(arguments) == 0
        with np.load(out, allow_pickle=False) as found:
            assert found["loss"].shape == ((1, 7) if plane == "line" else (7, 7))
            assert np.isfinite(found["loss"]).all()
            assert str(found["plane"]) == plane
        assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    final = run_experiment(SPEC).history.epochs.snapshot()["train_loss"][-1]
    with np.load(tmp_path / "random.npz") as found:
        assert found["loss"][3, 3] == pytest.approx(final, rel=1e-5)  # its middle is the trained model


def test_accuracy_on_the_test_rows(runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.npz"
    arguments = [
        "landscape",
        str(runs / "a"),
        "--grid",
        "3",
        "--on",
        "test",
        "--measure",
        "accuracy",
        "--out",
        str(out),
    ]
    assert run_command_line(arguments) == 0
    known = json.loads((runs / "a" / "metrics.json").read_text())["test"]["accuracy"]
    with np.load(out) as found:
        assert found["accuracy"][1, 1] == pytest.approx(known)


def broken(runs: Path, tmp_path: Path, what: str) -> Path:
    import safetensors.numpy

    folder = tmp_path / what
    shutil.copytree(runs / "a", folder)
    if what == "weights":
        path = folder / "model.safetensors"
        state = safetensors.numpy.load_file(path)
        next(iter(state.values())).flat[0] = np.nan
        safetensors.numpy.save_file(state, path)
    elif what == "data":
        path = folder / "environment.json"
        document = json.loads(path.read_text())
        path.write_text(json.dumps({**document, "data_hash": "0" * 64}))
    elif what == "source":
        path = folder / "spec.json"
        document = json.loads(path.read_text())
        document["data"]["source"] = {"kind": "file", "path": str(tmp_path / "gone.csv")}
        path.write_text(json.dumps(document))
    else:
        (folder / "environment.json").unlink()
    return folder


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a", "--grid", "0"], ["grid of 0", "1001"]),
        (["a", "--grid", "10000"], ["grid of 10000"]),
        (["a", "--plane", "points", "--through", "b", "--through", "wide"], ["wide", "shape", "equal layers"]),
        (["a", "--plane", "points", "--through", "b", "--through", "b"], ["one line"]),
        (["a", "--plane", "points", "--through", "b"], ["2 other runs", "1 was named"]),
        (["a", "--through", "b"], ["Leave --through out"]),
        (["a", "--plane", "line", "--through", "a"], ["the same"]),
        (["missing"], ["missing"]),
        (["weights"], ["not finite"]),
        (["data"], ["have changed", "000000000000"]),
        (["source"], ["gone.csv"]),
        (["environment"], ["environment.json"]),
    ],
)
def test_what_cannot_be_mapped_is_said(
    runs: Path, tmp_path: Path, arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    known = {p.name: p for p in runs.iterdir()}
    if arguments[0] in ("weights", "data", "source", "environment"):
        known[arguments[0]] = broken(runs, tmp_path, arguments[0])
    full = [str(known.get(word, word)) for word in arguments]
    assert run_command_line(["landscape", *full, "--out", str(tmp_path / "x.npz")]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert 1 <= len(said.err.strip().splitlines()) <= 2
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err
    assert not (tmp_path / "x.npz").exists()
