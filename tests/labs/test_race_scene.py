"""A race's scene shows what the runs themselves say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from gdstudio.core.control import RunControl
from gdstudio.core.registry import registry
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import Dataset, prepare
from gdstudio.data.load import load_table
from gdstudio.labs.entry import LabResult
from gdstudio.training.ensemble import run_many
from gdstudio.training.run import run_experiment


def race(own: dict[str, Any], **values: Any) -> tuple[LabResult, Dataset | None]:
    spec = ExperimentSpec().with_values({"training.epochs": 12, "model.hidden": [6], **values})
    dataset = None if own.get("formula") else prepare(spec.data, load_table(spec.data.source))
    settings = registry("labs").settings({"kind": "race", **own})
    return registry("labs")["race"].build(settings)(spec, dataset, RunControl(), lambda share: None), dataset


@pytest.fixture(scope="module")
def moons() -> tuple[LabResult, Dataset]:
    result, dataset = race({"optimizers": ["sgd", "adam", "rmsprop"]}, **{"data.source.kind": "moons"})
    assert dataset is not None
    return result, dataset


def test_all_paths_begin_at_one_point_and_losses_are_those_of_each_run(moons: tuple[LabResult, Dataset]) -> None:
    result, dataset = moons
    scene = result.scene
    assert scene is not None
    assert [racer.name for racer in scene.racers] == ["sgd 0.05", "adam 0.002", "rmsprop 0.002"]
    for racer in scene.racers:
        np.testing.assert_allclose(racer.points[0], 0, atol=1e-6)
        assert racer.losses[0] == scene.racers[0].losses[0]
        assert racer.distances.max() <= 1.5 * np.linalg.norm(racer.points, axis=1).max()
    spec = result.spec.with_values({"optimizer.kind": "adam"})
    alone = run_experiment(spec, dataset=dataset)
    epochs = alone.history.epochs.snapshot()
    racer = scene.racers[1]
    at = [int(np.flatnonzero(epochs["step"] == step)[0]) for step in racer.steps[1:]]
    assert len(at) > 5
    np.testing.assert_allclose(racer.losses[1:], epochs["train_loss"][at], rtol=1e-6)
    assert result.runs[1]["train_loss"] == epochs["train_loss"][-1]


def test_the_boundary_at_the_end_is_what_the_trained_model_predicts(moons: tuple[LabResult, Dataset]) -> None:
    result, dataset = moons
    assert result.scene is not None
    features, racer = result.scene.features, result.scene.racers[2]
    assert features is not None
    assert racer.fields is not None
    alone = run_experiment(result.spec.with_values({"optimizer.kind": "rmsprop"}), dataset=dataset)
    j, i = 30, 12
    frame = pd.DataFrame({features.names[0]: [features.x[i]], features.names[1]: [features.y[j]]})
    with torch.no_grad():
        margin = float(alone.model(torch.from_numpy(dataset.preparation.transform(frame)))[0, 0])
    assert racer.fields[-1, j, i, 1] == pytest.approx(1 / (1 + np.exp(-margin)), rel=1e-5)
    assert racer.fields.shape[0] == len(racer.steps)


def test_the_plane_holds_the_loss_of_the_start_where_the_start_is(moons: tuple[LabResult, Dataset]) -> None:
    scene = moons[0].scene
    assert scene is not None
    i, j = (int(np.abs(axis).argmin()) for axis in (scene.x, scene.y))
    near = scene.values[max(j - 1, 0) : j + 2, max(i - 1, 0) : i + 2]
    assert near.min() <= scene.racers[0].losses[0] <= near.max()


def test_looking_at_the_way_changes_no_loss(moons: tuple[LabResult, Dataset]) -> None:
    result, dataset = moons
    spec = result.spec.with_values({"optimizer.kind": "adam"})
    (member,) = run_many([spec], dataset)
    assert result.runs[1]["last_loss"] == pytest.approx(float(member.losses[-len(member.losses) // 12 :].mean()), 1e-5)


def test_files_are_written_and_hold_the_paths(moons: tuple[LabResult, Dataset], tmp_path: Path) -> None:
    result, _ = moons
    assert result.scene is not None
    result.save(tmp_path / "race")
    for name in ("race_plane.png", "race_boundaries.png"):
        assert (tmp_path / "race" / name).read_bytes().startswith(b"\x89PNG")
    paths = pd.read_csv(tmp_path / "race" / "paths.csv")
    assert len(paths) == sum(len(racer.steps) for racer in result.scene.racers)
    with np.load(tmp_path / "race" / "race_plane.npz") as arrays:
        np.testing.assert_array_equal(arrays["points_1"], result.scene.racers[1].points)
        np.testing.assert_array_equal(arrays["values"], result.scene.values)


def test_a_racer_that_diverges_does_not_spoil_the_others_plane() -> None:
    result, _ = race({"optimizers": ["sgd", "adam"], "rates": [0.01, 1000.0]}, **{"data.source.kind": "moons"})
    scene = result.scene
    assert scene is not None
    assert scene.has_plane
    assert np.ptp(scene.x) < 1e3
    assert all(np.isfinite(racer.losses[0]) for racer in scene.racers)


def test_other_than_two_features_have_a_plane_and_no_boundary() -> None:
    result, _ = race({"optimizers": ["sgd", "adam"]}, **{"training.epochs": 4})
    assert result.scene is not None
    assert result.scene.features is None
    assert result.scene.has_plane


def test_on_a_function_of_two_variables_the_paths_lie_on_it_and_on_one_of_three_there_is_no_plane() -> None:
    result, _ = race({"formula": "x**2 + 10*y**2", "steps": 60})
    scene = result.scene
    assert scene is not None
    for racer in scene.racers:
        x, y = racer.points.T
        np.testing.assert_allclose(racer.losses, x**2 + 10 * y**2, rtol=1e-12)
    x, y = np.meshgrid(scene.x, scene.y)
    np.testing.assert_allclose(scene.values, x**2 + 10 * y**2, rtol=1e-9)
    assert race({"formula": "x**2 + y**2 + z**2", "steps": 5})[0].scene is None
