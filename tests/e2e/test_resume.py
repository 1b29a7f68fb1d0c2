"""Runs that are killed for real, in processes of their own, and gone on with."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SETTINGS = (
    "training.epochs=150",
    "training.checkpoint_seconds=0.02",
    "model.hidden=[8]",
    "model.dropout=0.2",
    "schedule.kind=cosine",
)


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "gdstudio", *map(str, arguments)]


def gdstudio(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=240)


def training(out: Path) -> tuple[str | Path, ...]:
    return ("train", "--sample", "moons", *(a for s in SETTINGS for a in ("--set", s)), "--out", out)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "R"
    done = gdstudio(*training(folder))
    assert done.returncode == 0, done.stderr
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def assert_equal(folder: Path, whole: Path) -> None:
    for name in ("history.csv", "spec.json", "metrics.json", "predictions.csv", "model.safetensors"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name


def step_of(folder: Path) -> int:
    path = folder / "checkpoint" / "checkpoint.json"
    return json.loads(path.read_text())["content"]["step"] if path.exists() else -1


def kill_and_resume(folder: Path, whole: Path, seconds: float, after: int = 0) -> int:
    """Kill a run so long after a checkpoint of that step or a later one, then go on with it; the step it went on at."""
    process = subprocess.Popen(command(*training(folder)), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while step_of(folder) < after and process.poll() is None:
        time.sleep(0.002)
    time.sleep(seconds)
    process.kill()
    process.wait()
    step = step_of(folder)
    done = gdstudio("train", "--resume", folder, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "finished"
    assert_equal(folder, whole)
    assert not list(folder.rglob(".*.part"))
    return step


@pytest.mark.parametrize("seconds", [0.0, 0.15, 0.5])
def test_killed_and_gone_on_with_it_is_the_run_that_never_stopped(tmp_path: Path, whole: Path, seconds: float) -> None:
    kill_and_resume(tmp_path / "R", whole, seconds)


@pytest.mark.slow
def test_fifty_kills_at_random_moments(tmp_path: Path, whole: Path) -> None:
    draw = random.Random(0)
    total = json.loads((whole / "checkpoint" / "checkpoint.json").read_text())["content"]["step"]
    # By steps and not by the clock alone, since the whole run takes less than half a second.
    moments = [(draw.uniform(0, 0.05), draw.randrange(total)) for _ in range(50)]
    steps = [kill_and_resume(tmp_path / f"R{n}", whole, *moment) for n, moment in enumerate(moments)]
    # Most were killed while they trained, at moments of their own.
    assert sum(0 < step < total for step in steps) >= 20
    assert len(set(steps)) >= 10


def test_interrupted_politely_it_keeps_its_last_step(tmp_path: Path, whole: Path) -> None:
    folder = tmp_path / "R"
    process = subprocess.Popen(command(*training(folder)), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while step_of(folder) <= 0 and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) in (0, 130)
    assert step_of(folder) == len((folder / "history.csv").read_text().splitlines()) - 1
    elsewhere = tmp_path / "other"
    before = contents(folder)
    assert gdstudio("train", "--resume", folder, "--out", elsewhere).returncode == 0
    assert contents(folder) == before
    assert_equal(elsewhere, whole)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "optimizer.lr=0.5"), "optimizer.lr"),
        (("--set", "training.epochs=200"), "depends on the length"),
        (("--sample", "moons"), "--resume"),
    ],
)
def test_what_would_be_another_run_is_refused(whole: Path, arguments: tuple[str, ...], said: str) -> None:
    before = contents(whole)
    done = gdstudio("train", "--resume", whole, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert contents(whole) == before


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    done = gdstudio("train", "--resume", tmp_path)
    assert done.returncode == 2
    assert "checkpoint" in done.stderr


def test_other_data_are_refused(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    rows = [f"{i},{i * i % 17},{'yes' if i % 3 else 'no'}" for i in range(60)]
    table.write_text("\n".join(["a,b,y", *rows]) + "\n")
    folder = tmp_path / "R"
    assert gdstudio("train", "--data", table, "--set", "training.epochs=2", "--out", folder).returncode == 0
    table.write_text("\n".join(["a,b,y", *rows[:-1], "1,1,no"]) + "\n")
    before = contents(folder)
    done = gdstudio("train", "--resume", folder)
    assert done.returncode == 2
    assert "changed" in done.stderr
    assert contents(folder) == before


def test_a_run_that_was_killed_says_so_to_other_commands(tmp_path: Path) -> None:
    folder = tmp_path / "R"
    process = subprocess.Popen(command(*training(folder)), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while step_of(folder) < 0 and process.poll() is None:
        time.sleep(0.002)
    process.kill()
    process.wait()
    done = gdstudio("evaluate", folder)
    assert done.returncode == 2
    assert "--resume" in done.stderr
