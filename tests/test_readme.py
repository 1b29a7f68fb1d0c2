"""The README promises only what is there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from gdstudio.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(marker: str) -> list[str]:
    """The lines of the fenced block behind a marker."""
    found = re.search(rf"<!-- {marker} -->\n```sh\n(.+?)\n```", README, re.DOTALL)
    assert found, f"README.md has no block marked {marker}"
    return found.group(1).splitlines()


def test_pictures_and_files_that_it_names_exist() -> None:
    named = re.findall(r'(?:src|srcset)="([^"]+)"', README)
    named += re.findall(r"`((?:resources|tests|gdstudio)/[^`]*|\.ci/run)`", README)
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_each_command_makes_its_own_environment() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv .venv && ")]
    assert len(lines) == 3
    assert lines[-1:] == block("tests")


def test_the_tour_on_the_command_line_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "resources", tmp_path / "resources")
    monkeypatch.chdir(tmp_path)
    for line in block("tour"):
        program, *arguments = shlex.split(line)
        assert program == "gdstudio"
        assert main(arguments) == 0, f"{line}\n{capsys.readouterr().err}"
    rows = len((ROOT / "resources" / "samples" / "purchase.csv").read_text().splitlines())
    assert len(Path("runs/predictions.csv").read_text().splitlines()) == rows
    assert Path("runs/again/history.csv").read_bytes() == Path("runs/purchase/history.csv").read_bytes()
    assert json.loads(Path("runs/small/spec.json").read_text())["model"]["hidden"] == [16]


def test_every_file_of_a_run_folder_is_described(tmp_path: Path) -> None:
    assert main(["train", "--sample", "iris", "--set", "training.epochs=1", "--out", str(tmp_path / "R")]) == 0
    rows = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `")]
    described = {
        name for row in rows for name in re.findall(r"`(checkpoint|[\w.]+\.(?:json|csv|txt|safetensors))`", row)
    }
    assert described == {path.name for path in (tmp_path / "R").iterdir()}
