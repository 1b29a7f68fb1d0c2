"""One window at a time, and nothing that a crash leaves keeps anybody out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gdstudio.core.errors import StudioError
from gdstudio.projects.fingerprint import disk_state, fingerprint
from gdstudio.projects.lock import LockedError, lock_path, lock_project

_HOLD = """
import sys, time
from pathlib import Path
from gdstudio.projects.lock import lock_project
lock = lock_project(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_window_is_told_who_has_the_project(tmp_path: Path) -> None:
    path = tmp_path / "a.gdstudio"
    lock = lock_project(path)
    with pytest.raises(LockedError, match="on this machine") as refused:
        lock_project(path)
    assert refused.value.holder is not None
    assert refused.value.holder.pid == os.getpid()
    lock.release()
    assert not lock_path(path).exists()
    lock_project(path).release()


def test_a_killed_window_keeps_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "a.gdstudio"
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LockedError):
            lock_project(path)
        other.kill()
        other.wait()
    assert lock_path(path).exists()
    lock_project(path).release()
    assert not lock_path(path).exists()


@pytest.mark.parametrize(("age", "kept_out"), [(3600.0, True), (2 * 24 * 3600.0, False)])
def test_another_machines_lock_is_believed_for_a_day(tmp_path: Path, age: float, kept_out: bool) -> None:
    path = tmp_path / "a.gdstudio"
    said = {"pid": 1, "host": "elsewhere", "user": "ada", "since": time.time() - age}
    lock_path(path).write_text(json.dumps(said))
    if kept_out:
        with pytest.raises(LockedError, match="ada on elsewhere"):
            lock_project(path)
        lock_project(path, take_over=True).release()
    else:
        lock_project(path).release()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', "\x00" * 10_000])
def test_a_damaged_lock_file_keeps_nobody_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.gdstudio"
    lock_path(path).write_text(text)
    lock_project(path).release()


def test_where_nothing_can_be_written_a_project_can_only_be_read(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="only be read"):
        lock_project(tmp_path / "nowhere" / "a.gdstudio")


def test_a_file_that_changed_on_disk_is_told_from_one_that_was_copied(tmp_path: Path) -> None:
    path = tmp_path / "a.gdstudio"
    path.write_bytes(b"one" * 50_000)
    seen = fingerprint(path)
    assert seen is not None
    assert disk_state(path, seen) == "same"
    os.utime(path, (1, 1))
    assert disk_state(path, seen) == "same"
    path.write_bytes(b"one" * 49_999 + b"two")
    assert disk_state(path, seen) == "changed"
    path.unlink()
    assert disk_state(path, seen) == "gone"
    assert fingerprint(path) is None
