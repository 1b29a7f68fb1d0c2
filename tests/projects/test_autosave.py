"""What a window keeps for a crash is offered at the next start, and only then."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec
from gdstudio.projects.autosave import Autosave
from gdstudio.projects.project import Project

_CRASH = """
import os, sys
from pathlib import Path
from gdstudio.core.spec import ExperimentSpec
from gdstudio.projects.autosave import Autosave
from gdstudio.projects.project import Project
store = Autosave(Path(sys.argv[1]))
store.save(Project(ExperimentSpec(), notes="unsaved"), Path(sys.argv[2]), Path("run-1"))
os._exit(9)
"""


def crash(folder: Path, belongs_to: Path) -> None:
    subprocess.run([sys.executable, "-c", _CRASH, str(folder), str(belongs_to)], check=False)


def test_a_crash_leaves_what_the_window_kept(tmp_path: Path) -> None:
    mine = tmp_path / "mine.gdstudio"
    mine.write_text("")
    crash(tmp_path / "kept", mine)
    store = Autosave(tmp_path / "kept")
    (item,) = store.recoverable()
    assert item.belongs_to == mine
    assert item.file_saved is not None
    assert item.file_saved <= item.saved
    assert item.unfinished == Path("run-1")
    assert store.recover(item).notes == "unsaved"
    store.discard(item)
    assert store.recoverable() == []
    assert [path for path in (tmp_path / "kept").iterdir() if path.is_dir()] == []


def test_a_window_that_lives_is_not_offered_and_its_slot_not_taken(tmp_path: Path) -> None:
    one, other = Autosave(tmp_path), Autosave(tmp_path)
    project = Project(ExperimentSpec())
    one.save(replace(project, notes="one"))
    other.save(replace(project, notes="other"))
    assert one.recoverable() == []
    assert other.recoverable() == []
    assert len(list(tmp_path.glob("window-*/project.gdstudio"))) == 2
    one.clear()
    assert len(list(tmp_path.glob("window-*/project.gdstudio"))) == 1
    one.save(project)
    one.close()
    other.close()
    assert list(tmp_path.iterdir()) == []


def test_what_was_left_is_never_written_over(tmp_path: Path) -> None:
    crash(tmp_path, tmp_path / "a.gdstudio")
    store = Autosave(tmp_path)
    store.save(Project(ExperimentSpec(), notes="new"))
    (item,) = store.recoverable()
    assert store.recover(item).notes == "unsaved"
    assert item.file_saved is None
    # Killed before about.json was written, or with half of it.
    (item.slot / "about.json").write_text("{")
    (item,) = store.recoverable()
    assert item.belongs_to is None
    item.file.write_bytes(b"PK")
    with pytest.raises(StudioError):
        store.recover(item)
    store.close()
