"""What is installed elsewhere: the wheel, its resources, its metadata, its licences."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import gdstudio
from gdstudio.paths import resources

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    done = subprocess.run(build, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site packages é")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_the_package_and_its_resources(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    source = {
        str(path.relative_to(ROOT).as_posix())
        for path in (ROOT / "gdstudio").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert source <= names
    assert {
        "gdstudio/resources/samples/purchase.csv",
        "gdstudio/resources/licenses/LICENSE-gdstudio.txt",
        "gdstudio/resources/licenses/THIRD-PARTY.md",
    } <= names
    assert not [name for name in names if name.startswith(("tests/", "resources/"))]


def test_from_an_unpacked_wheel_the_program_finds_its_resources_and_trains(unpacked: Path) -> None:
    code = f"""
from pathlib import Path
from gdstudio.paths import resources
assert resources() == Path({str(unpacked)!r}) / "gdstudio" / "resources", resources()
from gdstudio.__main__ import main
raise SystemExit(main(["train", "--sample", "purchase", "--set", "training.epochs=1", "--out", "R"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        cwd=unpacked, capture_output=True, text=True, timeout=90,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (unpacked / "R" / "metrics.json").exists()


def test_a_frozen_program_looks_into_its_bundle_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    resources.cache_clear()
    try:
        assert resources() == tmp_path / "resources"
    finally:
        resources.cache_clear()


def test_the_version_stands_in_one_place(wheel: Path) -> None:
    assert "version" not in PROJECT
    assert "version" in PROJECT["dynamic"]
    assert wheel.name.split("-")[1] == gdstudio.__version__
    written = [path for path in (ROOT / "gdstudio").rglob("*.py") if f'"{gdstudio.__version__}"' in path.read_text()]
    assert written == [ROOT / "gdstudio" / "__init__.py"]


def test_the_licence_and_the_command_are_in_the_metadata(unpacked: Path) -> None:
    (information,) = unpacked.glob("*.dist-info")
    metadata = (information / "METADATA").read_text(encoding="utf-8")
    assert "License-Expression: MIT\n" in metadata
    assert "License-File: resources/licenses/LICENSE-gdstudio.txt\n" in metadata
    assert "gdstudio = gdstudio.__main__:main" in (information / "entry_points.txt").read_text(encoding="utf-8")


def test_every_dependency_is_named_with_its_licence() -> None:
    text = (ROOT / "resources" / "licenses" / "THIRD-PARTY.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| ([\w.-]+) \| .+ \| .*(?:MIT|BSD|Apache|LGPL|OFL).* \|$", text, re.MULTILINE)
    names = [match.group() for match in (re.match(r"[\w.-]+", d) for d in PROJECT["dependencies"]) if match]
    assert [name for name in names if name not in named] == []
