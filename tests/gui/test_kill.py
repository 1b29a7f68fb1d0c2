"""Windows that are killed at random moments: what they leave opens, and little is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gdstudio.core.spec import ExperimentSpec
from gdstudio.data.load import load_table
from gdstudio.gui.document import Document
from gdstudio.gui.project.store import Opened, Store
from gdstudio.gui.runs import Run
from gdstudio.gui.unfinished import UnfinishedRuns
from gdstudio.projects.autosave import Autosave
from gdstudio.training.checkpoint import load_checkpoint
from gdstudio.training.run import run_experiment

HERE = Path(__file__).parent
#: The windows keep their work three times a second, and a checkpoint every second: in so many seconds that is done.
SECONDS = 5.0
PROCESSES = 2
BASE_SEED = 999_999


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the project that every window opens: one run and a seed of its own."""
    spec = ExperimentSpec().with_values({"training.epochs": 1, "training.seed": BASE_SEED})
    result = run_experiment(spec)
    table = load_table(spec.data.source)
    document = Document(result.spec, table, (Run(1, "Run 1", 0, result),), None, "base")
    Store().write(tmp_path / "base.gdstudio", document, {}, None, embed=False)
    return tmp_path


@pytest.fixture
def display() -> Iterator[dict[str, str]]:
    """Variables of a virtual X server; none where there is no such program: windows then are drawn nowhere."""
    if shutil.which("Xvfb") is None:
        yield {}
        return
    command = ["Xvfb", "-displayfd", "1", "-noreset", "-nolisten", "tcp", "-screen", "0", "1600x1000x24"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    yield {"DISPLAY": f":{server.stdout.readline().strip()}"}
    server.terminate()
    server.communicate()


def kills(root: Path, display: dict[str, str], count: int, longest: float) -> list[dict[str, Any]]:
    """Have windows live and be killed, in several processes beside each other."""
    share = -(-count // PROCESSES)
    platform = "xcb" if "DISPLAY" in display else "offscreen"
    nurseries = [
        subprocess.Popen(
            [sys.executable, str(HERE / "kill_nursery.py"), str(root), str(share), str(n), str(longest), platform],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **display},
        )
        for n in range(PROCESSES)
    ]
    found = []
    for nursery in nurseries:
        out, errors = nursery.communicate()
        assert nursery.returncode == 0, errors
        found += [json.loads(line) for line in out.splitlines()]
    assert len(found) >= count
    return found


def journal(folder: Path) -> dict[str, list[tuple[float, int]]]:
    """Deed → when, and its number. The last line may have been cut off by the kill."""
    deeds: dict[str, list[tuple[float, int]]] = {}
    for line in (folder / "journal").read_text().splitlines():
        when, deed, number = line.split()
        deeds.setdefault(deed, []).append((float(when), int(number)))
    return deeds


def opened(path: Path) -> Opened:
    return Store().read(path, None)


def seed_of(found: Opened) -> int:
    """The number of the edit that a project holds; 0 for the base that was there at first."""
    seed = found.document.spec.training.seed
    assert found.document.notes == "base"
    assert [run.name for run in found.document.runs] == ["Run 1"]
    assert found.document.runs[0].result.steps > 0
    return 0 if seed == BASE_SEED else seed


@pytest.mark.parametrize(("count", "longest"), [(20, 1.2), pytest.param(300, 9.0, marks=pytest.mark.slow)])
def test_what_a_killed_window_leaves_opens_and_lost_little(
    root: Path, display: dict[str, str], count: int, longest: float
) -> None:
    modes: dict[str, int] = {}
    for kill in kills(root, display, count, longest):
        folder, killed = root / kill["folder"], kill["killed"]
        modes[kill["mode"]] = modes.get(kill["mode"], 0) + 1
        deeds = journal(folder)
        in_file = seed_of(opened(folder / "work.gdstudio"))
        begun = [number for _, number in deeds.get("begin", [])]
        done = [number for _, number in deeds.get("saved", [])]
        assert in_file in {0, *begun}, "neither the old content nor one that was being saved"
        assert in_file >= max(done, default=0), "an older content than one that was said to be saved"
        left = Autosave(folder / "state" / "autosave").recoverable()
        newest = max([in_file, *(seed_of(opened(one.file)) for one in left)])
        kept = [number for _, number in deeds.get("kept", []) if number != BASE_SEED]
        assert newest >= max(kept, default=0), "what was kept is not there"
        old = [number for when, number in deeds.get("edit", []) if when < killed - SECONDS]
        assert newest >= max(old, default=0), "edits of some seconds ago are nowhere"
        if kill["mode"] == "train":
            steps = [number for when, number in deeds.get("step", []) if when < killed - SECONDS]
            run = UnfinishedRuns(folder / "state" / "unfinished").left()
            if steps and max(steps):
                assert run is not None, "a run that went for seconds left nothing"
            if run is not None:
                assert load_checkpoint(run).step >= max(steps, default=0)
    assert len(modes) == 3, "the windows did not all do the same"
