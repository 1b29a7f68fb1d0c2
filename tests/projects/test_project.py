"""A project holds everything that a person made, to the last bit."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.spec import ExperimentSpec, FileSource
from gdstudio.data.dataset import prepare
from gdstudio.data.load import load_table
from gdstudio.projects.data_link import find_data, link_to, unpack_data
from gdstudio.projects.project import FormulaExperiment, Project, load_project, save_project
from gdstudio.projects.project_run import ProjectRun, RunPacks, pack_run
from gdstudio.projects.versions import previous_versions
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run_experiment(ExperimentSpec().with_values({"training.epochs": 3}))


@pytest.fixture(scope="module")
def project(result: RunResult) -> Project:
    return Project(
        spec=result.spec,
        runs=(ProjectRun(4, "Erster „Lauf“", 2, False, pack_run(result)),),
        formula=FormulaExperiment((MinimizeSpec(),), "bowl", ((-1.5, 2.0), (0.0, 1.0)), (0, 1)),
        labs={"race": {"rows": [1, 2.5, None]}},
        view={"tab": "tab.metrics", "level": float("nan")},
        notes="Erste Zeile\nzweite — 数",
    )


def test_a_project_reads_back_equal(tmp_path: Path, project: Project) -> None:
    save_project(project, tmp_path / "a.gdstudio")
    read = load_project(tmp_path / "a.gdstudio")
    assert replace(read, view={}) == replace(project, view={})
    assert np.isnan(read.view["level"])


def test_a_run_in_a_project_is_the_run_to_the_last_bit(tmp_path: Path, project: Project, result: RunResult) -> None:
    save_project(project, tmp_path / "a.gdstudio")
    run = load_project(tmp_path / "a.gdstudio").runs[0]
    read = run.result(prepare(run.spec.data, result.dataset.table))
    for kind in ("steps", "epochs", "health"):
        before, after = (getattr(r.history, kind).snapshot() for r in (result, read))
        assert before.keys() == after.keys()
        assert all(np.array_equal(before[name], after[name], equal_nan=True) for name in before)
    assert read.history.health_layers == result.history.health_layers
    for part, known in result.predictions.items():
        found = read.predictions[part]
        assert np.array_equal(known.rows, found.rows)
        assert known.target is not None
        assert found.target is not None
        assert np.array_equal(known.target, found.target)
        assert np.array_equal(known.prediction, found.prediction)
        assert known.probabilities is not None
        assert found.probabilities is not None
        assert known.probabilities.tobytes() == found.probabilities.tobytes()
    weights = result.model.state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in read.model.state_dict().items())
    assert [s.step for s in read.snapshots] == [s.step for s in result.snapshots]
    assert (read.metrics, read.environment, read.status, read.message, read.steps, read.spec) == (
        result.metrics, result.environment, result.status, result.message, result.steps, result.spec,
    )  # fmt: skip


def test_a_run_of_a_project_goes_on_as_if_it_had_never_stopped(tmp_path: Path, result: RunResult) -> None:
    run = ProjectRun(1, "Run", 0, True, pack_run(result)).result(result.dataset)
    longer = result.spec.with_values({"training.epochs": 5})
    whole = run_experiment(longer, dataset=result.dataset)
    on = run_experiment(longer, dataset=result.dataset, resume_from=run.checkpoint)
    assert np.array_equal(on.history.steps.snapshot()["train_loss"], whole.history.steps.snapshot()["train_loss"])


def test_a_run_shows_its_numbers_without_its_data(project: Project, result: RunResult) -> None:
    read = project.runs[0].result()
    assert read.metrics == result.metrics
    assert len(read.dataset.train) == 0
    assert read.dataset.feature_names == result.dataset.feature_names


def test_a_run_refuses_other_data(project: Project) -> None:
    other = ExperimentSpec.parse({"data": {"source": {"kind": "iris"}}})
    with pytest.raises(StudioError, match="other data"):
        project.runs[0].result(prepare(other.data, load_table(other.data.source)))


def test_a_result_is_packed_once(result: RunResult) -> None:
    packs = RunPacks()
    assert packs.of(result) is packs.of(result)
    copy = replace(result)
    assert packs.of(copy) is not packs.of(result)


def test_a_project_is_documented_members_with_hashes(tmp_path: Path, project: Project) -> None:
    save_project(project, tmp_path / "a.gdstudio")
    with zipfile.ZipFile(tmp_path / "a.gdstudio") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
    assert names[0] == "manifest.json"
    assert set(names[1:]) == set(manifest["members"])
    assert {"spec.json", "runs.json", "runs/4/history.safetensors", "notes.txt"} <= set(names)


def test_equal_projects_are_equal_files(tmp_path: Path, project: Project) -> None:
    for name in "ab":
        save_project(project, tmp_path / f"{name}.gdstudio")
    assert (tmp_path / "a.gdstudio").read_bytes() == (tmp_path / "b.gdstudio").read_bytes()


def test_the_last_three_versions_are_kept(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "a.gdstudio"
    for number in range(6):
        assert save_project(replace(project, notes=str(number)), path) == ""
    assert [load_project(version).notes for version in previous_versions(path)] == ["4", "3", "2"]
    assert load_project(path).notes == "5"
    assert len(list(tmp_path.iterdir())) == 4


def test_a_damaged_project_names_its_last_good_version(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "a.gdstudio"
    for number in range(3):
        save_project(replace(project, notes=str(number)), path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    first = path.with_name("a.gdstudio~1")
    first.write_bytes(first.read_bytes()[:-1])
    with pytest.raises(StudioError, match="damaged") as refused:
        load_project(path)
    assert "a.gdstudio~2" in refused.value.hint


@pytest.fixture
def linked(tmp_path: Path) -> tuple[Path, FileSource]:
    folder = tmp_path / "here"
    (folder / "tables").mkdir(parents=True)
    path = folder / "tables" / "people.csv"
    path.write_text("age,bought\n" + "".join(f"{20 + i},{i % 2}\n" for i in range(30)))
    source = load_table(FileSource(path=str(path))).source
    assert isinstance(source, FileSource)
    return folder, source


def test_data_that_moved_with_the_project_are_found(
    tmp_path: Path, linked: tuple[Path, FileSource], project: Project
) -> None:
    folder, source = linked
    save_project(replace(project, data=(link_to(source),)), folder / "a.gdstudio")
    there = tmp_path / "there"
    shutil.move(folder, there)
    link = load_project(there / "a.gdstudio").data[0]
    found = find_data(link, there / "a.gdstudio")
    assert found is not None
    assert found.same
    assert found.path.samefile(there / "tables" / "people.csv")
    # Renamed and put beside the project: known by its content alone.
    (there / "tables" / "people.csv").rename(there / "renamed.csv")
    found = find_data(link, there / "a.gdstudio")
    assert found is not None
    assert found.path == there / "renamed.csv"
    (there / "renamed.csv").write_text("age,bought\n1,1\n")
    assert find_data(link, there / "a.gdstudio") is None


def test_data_that_changed_are_told_from_those_that_moved(linked: tuple[Path, FileSource]) -> None:
    folder, source = linked
    link = link_to(source)
    Path(source.path).write_text("age,bought\n1,1\n")
    found = find_data(link, folder / "a.gdstudio")
    assert found is not None
    assert not found.same


def test_a_project_can_carry_its_data(tmp_path: Path, linked: tuple[Path, FileSource], project: Project) -> None:
    folder, source = linked
    content = Path(source.path).read_bytes()
    save_project(replace(project, data=(link_to(source, carry=True),)), folder / "a.gdstudio")
    Path(source.path).unlink()
    link = load_project(folder / "a.gdstudio").data[0]
    assert find_data(link, folder / "a.gdstudio") is None
    path = unpack_data(link, tmp_path / "unpacked")
    assert path.name == "people.csv"
    assert path.read_bytes() == content
    assert load_table(link.source.model_copy(update={"path": str(path)})).name == "people.csv"
    with pytest.raises(StudioError, match="taken into the project"):
        link_to(source, carry=True)
