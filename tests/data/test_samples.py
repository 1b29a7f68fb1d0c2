from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

from gdstudio.core.registry import registry
from gdstudio.core.spec import DataSpec
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.data.preparation import Preparation
from gdstudio.paths import resources

SAMPLES = list(registry("samples"))


@pytest.mark.parametrize("key", SAMPLES)
def test_every_sample_loads_resolves_and_prepares(key: str) -> None:
    entry = registry("samples")[key]
    source = registry("samples").settings(key)
    table = load_table(source)
    dataset = prepare(DataSpec(source=source), table)
    assert dataset.task == entry.task
    assert dataset.spec.target == entry.target
    assert len(dataset.train) + len(dataset.validation) + len(dataset.test) == len(table.frame)
    assert dataset.train.features.shape == (len(dataset.train), len(dataset.feature_names))
    for part in dataset.parts.values():
        assert part.features.dtype == np.float32
        assert part.features.flags.c_contiguous
        assert np.isfinite(part.features).all()
    assert load_table(source).data_hash == table.data_hash
    again = prepare(dataset.spec, table)
    assert again.spec == dataset.spec
    assert np.array_equal(again.test.features, dataset.test.features)
    text = dataset.preparation.model_dump_json()
    assert Preparation.model_validate_json(text) == dataset.preparation
    assert table.description


@pytest.mark.parametrize("key", ["moons", "circles", "spirals", "blobs", "xor", "plane", "sine"])
def test_a_toys_settings_change_what_they_say(key: str) -> None:
    settings = registry("samples").settings
    table = load_table(settings({"kind": key, "size": 60, "seed": 1, "noise": 0}))
    assert len(table.frame) == 60
    hashes = {load_table(settings({"kind": key, "size": 60, "seed": s, "noise": n})).data_hash for s, n in
              ((1, 0), (2, 0), (1, 0.5))}  # fmt: skip
    assert len(hashes) == 3
    assert table.data_hash in hashes


def test_toys_have_their_shapes_without_noise() -> None:
    def frame(**values: object):  # type: ignore[no-untyped-def]
        return load_table(registry("samples").settings({"noise": 0, **values})).frame

    circles = frame(kind="circles")
    radius = np.hypot(circles["x1"], circles["x2"])
    assert np.allclose(radius, np.where(circles["class"] == "A", 1, 0.5), atol=1e-5)
    xor = frame(kind="xor")
    assert (((xor["x1"] >= 0) == (xor["x2"] >= 0)) == (xor["class"] == "A")).all()
    sine = frame(kind="sine")
    assert np.allclose(sine["y"], np.sin(sine["x"]), atol=1e-5)
    plane = frame(kind="plane")
    assert np.allclose(plane["y"], (plane["x1"] + plane["x2"]) / 2, atol=1e-5)
    assert set(frame(kind="blobs", classes=5)["class"]) == set("ABCDE")
    assert set(frame(kind="spirals", arms=3)["class"]) == set("ABC")


@pytest.mark.parametrize(
    ("key", "loader", "target"),
    [("iris", "load_iris", None), ("wine", "load_wine", None), ("breast_cancer", "load_breast_cancer", None),
     ("digits", "load_digits", None), ("diabetes", "load_diabetes", "progression")],
)  # fmt: skip
def test_bundled_samples_hold_scikit_learns_values(key: str, loader: str, target: str | None) -> None:
    from sklearn import datasets

    options = {"scaled": False} if key == "diabetes" else {}
    bunch = getattr(datasets, loader)(**options)
    frame = load_table(registry("samples").settings(key)).frame
    assert np.array_equal(frame.iloc[:, :-1].to_numpy(), bunch.data)
    classes, codes = np.unique(frame.iloc[:, -1].to_numpy(), return_inverse=True)
    if target:
        assert np.array_equal(frame[target], bunch.target)
    else:
        # Every class of ours is one class of theirs.
        assert (
            len({(a, b) for a, b in zip(codes, bunch.target, strict=True)}) == len(classes) == len(bunch.target_names)
        )


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_purchase", resources() / "samples" / "make_purchase.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_best_accuracy_on_purchase_is_about_85_percent() -> None:
    _, chance = _script().generate()
    assert np.maximum(chance, 1 - chance).mean() == pytest.approx(0.85, abs=0.01)
    _, many = _script().generate(people=200_000, seed=1)
    assert np.maximum(many, 1 - many).mean() == pytest.approx(0.85, abs=0.01)


def test_the_purchase_script_writes_the_file_beside_it(tmp_path) -> None:  # type: ignore[no-untyped-def]
    _script().write(tmp_path / "new.csv")
    assert (tmp_path / "new.csv").read_bytes() == (resources() / "samples" / "purchase.csv").read_bytes()


def test_purchase_is_mildly_imbalanced_with_a_few_missing_values() -> None:
    frame = load_table(registry("samples").settings("purchase")).frame
    assert len(frame) == 1000
    assert 0.33 < (frame["bought"] == "yes").mean() < 0.45
    assert 5 <= frame["age"].isna().sum() <= 20
    assert 5 <= frame["income"].isna().sum() <= 20


def test_entries_are_found_without_importing_pandas_sklearn_or_torch() -> None:
    code = (
        "import sys; from gdstudio.core.registry import registry;"
        "list(registry('samples')), list(registry('readers'));"
        "print([m for m in ('pandas', 'sklearn', 'torch', 'scipy', 'duckdb', 'PySide6') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
