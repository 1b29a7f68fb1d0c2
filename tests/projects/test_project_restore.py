"""What a project held of runs and laboratories is shown as it was."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from gdstudio.core.control import RunControl
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import Settings, registry
from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.data.table import Table
from gdstudio.labs.entry import LabResult
from gdstudio.projects.lab_plain import lab_from_plain, lab_to_plain
from gdstudio.projects.plain import from_bytes, to_bytes
from gdstudio.projects.project import Project, load_project, save_project
from gdstudio.projects.project_run import ProjectRun, RunPacks, pack_run
from gdstudio.projects.restore import restore_runs
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment

SPEC = ExperimentSpec().with_values({"training.epochs": 1})


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run_experiment(SPEC)


def test_runs_on_equal_data_share_them_and_are_not_packed_again(result: RunResult) -> None:
    runs = tuple(ProjectRun(number, f"Run {number}", 0, True, pack_run(result)) for number in (1, 2))
    asked: list[Settings] = []

    def table_of(source: Settings) -> Table:
        asked.append(source)
        return result.dataset.table

    packs, shares = RunPacks(), list[float]()
    restored = restore_runs(Project(SPEC, runs), table_of, packs, shares.append)
    assert restored.problems == {}
    assert len(asked) == 1
    assert restored.results[1].dataset is restored.results[2].dataset
    assert packs.of(restored.results[2]) is runs[1].pack
    assert shares == [0.5, 1.0]


def test_runs_without_their_data_and_damaged_ones_are_told_apart(result: RunResult) -> None:
    whole = ProjectRun(1, "Whole", 0, True, pack_run(result))
    broken = replace(whole, id=2, name="Broken", pack={**whole.pack, "model.safetensors": b"nonsense"})

    def gone(source: Settings) -> Table:
        raise StudioError("The file is gone.")

    restored = restore_runs(Project(SPEC, (whole, broken)), gone, RunPacks())
    assert restored.problems[1].message == "The file is gone."
    assert restored.results[1].metrics == result.metrics
    assert "Broken in the project is damaged" in restored.problems[2].message
    assert 2 not in restored.results


@pytest.mark.parametrize(
    ("name", "settings"),
    [("restarts", {}), ("basins", {"formula": "x**2 + y**2"}), ("race", {"formula": "x**2 + y**2"})],
)
def test_a_laboratorys_result_reads_back_equal(tmp_path: Path, name: str, settings: dict[str, object]) -> None:
    entry = registry("labs")[name]
    chosen = entry.settings.model_validate({"kind": name})
    fast = {k: v for k, v in {"runs": 3, "grid": 21, "steps": 20}.items() if k in type(chosen).model_fields}
    chosen = entry.settings.model_validate({"kind": name, **fast, **settings})
    dataset = prepare(SPEC.data, load_table(SPEC.data.source)) if entry.wants_data(chosen) else None  # type: ignore[attr-defined]
    found: LabResult = entry.build(chosen)(SPEC, dataset, RunControl(), lambda share: None)
    save_project(Project(SPEC, labs={name: lab_to_plain(found)}), tmp_path / "a.gdstudio")
    read = lab_from_plain(load_project(tmp_path / "a.gdstudio").labs[name])
    assert (read.lab, read.settings, read.spec, list(read.sentences)) == (
        found.lab, found.settings, found.spec, list(found.sentences),
    )  # fmt: skip
    for known, again in zip([found.picture, *found.more], [read.picture, *read.more], strict=True):
        assert (known is None) == (again is None)
        if known is not None and again is not None:
            assert to_bytes(known.rows()) == to_bytes(again.rows())
            assert (known.title, known.x_log, known.name) == (again.title, again.x_log, again.name)
            if known.regions is not None:
                assert again.regions is not None
                assert np.array_equal(known.regions.numbers, again.regions.numbers)
    assert (found.scene is None) == (read.scene is None) == (name != "race")
    if found.scene is not None and read.scene is not None:
        assert to_bytes(asdict(found.scene)) == to_bytes(asdict(read.scene))
        assert [racer.points.dtype for racer in read.scene.racers] == [
            racer.points.dtype for racer in found.scene.racers
        ]


@pytest.mark.parametrize("kind", ["<f4", ">f8", "<i8", "<f8"])
@pytest.mark.parametrize("length", [3, 2000])
def test_an_array_comes_back_to_the_bit(kind: str, length: int) -> None:
    array = np.linspace(-1, 7, length).astype(kind)
    if array.dtype.kind == "f":
        array[1] = np.nan
    read = np.asarray(from_bytes(to_bytes({"a": array.reshape(-1, 1)}))["a"], dtype=array.dtype)
    assert np.array_equal(read, array.reshape(-1, 1), equal_nan=True)


@pytest.mark.parametrize(
    "written",
    [
        {"array": "AAAA", "kind": "<f4", "shape": [1]},
        {"array": "AAAAAA==", "kind": "|O", "shape": [1]},
        {"array": "AAAAAA==", "kind": "<f4", "shape": [-1]},
        {"array": "AAAAAA==", "kind": "<f4", "shape": [10**12]},
        {"array": "!", "kind": "<f4", "shape": []},
        {"array": 4, "kind": "<f4", "shape": [True]},
    ],
)
def test_a_damaged_array_is_a_value_error(written: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_bytes(to_bytes(written))


@pytest.mark.parametrize("value", [{}, {"lab": "nonsense"}, {"lab": "restarts", "settings": 1}])
def test_a_damaged_laboratorys_result_is_a_sentence(value: dict[str, object]) -> None:
    with pytest.raises(StudioError):
        lab_from_plain(value)
