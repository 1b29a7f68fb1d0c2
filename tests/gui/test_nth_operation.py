"""Every operation of every kind of save fails in turn: the file is the old or the new one, and the person is told."""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec
from gdstudio.gui.charts.export import save_data, save_picture
from gdstudio.gui.preferences.store import PreferenceStore
from gdstudio.projects.autosave import Autosave
from gdstudio.projects.export.report import export_report
from gdstudio.projects.export.runs import script_of_result
from gdstudio.projects.project import Project, save_project
from gdstudio.projects.project_run import ProjectRun, pack_run
from gdstudio.training.result import RunResult
from gdstudio.training.run import run_experiment

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)


class Faults:
    """Counts the operations on files in a folder, and has the n-th fail.

    Args:
        folder: Only what happens there counts.
        nth: The operation, from 1; 0 lets all pass.
        error: What the system says.
        for_good: Whether all later ones fail too.
    """

    def __init__(self, folder: Path, nth: int = 0, error: int = errno.ENOSPC, for_good: bool = False) -> None:
        self.folder, self.nth, self.error, self.for_good = str(folder), nth, error, for_good
        self.count = 0
        self.failed = ""

    def step(self, what: str) -> None:
        """One operation."""
        self.count += 1
        if self.count == self.nth or (self.for_good and self.nth and self.count > self.nth):
            self.failed = self.failed or what
            raise OSError(self.error, os.strerror(self.error))

    def watches(self, path: Any) -> bool:
        """Whether operations on a path count."""
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self.folder)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Every way in which this program touches files, until the end."""
        with pytest.MonkeyPatch.context() as patch:
            real_open = io.open

            def opened(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
                if not self.watches(file):
                    return real_open(file, mode, *args, **kwargs)
                self.step(f"open {mode}")
                stream = real_open(file, mode, *args, **kwargs)
                return _Written(stream, self) if any(c in mode for c in "wax+") else stream

            patch.setattr(io, "open", opened)
            patch.setattr(builtins, "open", opened)
            for name in ("open", "replace", "rename", "unlink", "remove", "link", "mkdir", "chmod"):
                patch.setattr(os, name, self._counted(name, getattr(os, name)))
            for name in ("fsync", "write", "ftruncate"):
                patch.setattr(os, name, self._counted(name, getattr(os, name), always=True))
            yield

    def _counted(self, name: str, real: Callable[..., Any], always: bool = False) -> Callable[..., Any]:
        def call(first: Any, *args: Any, **kwargs: Any) -> Any:
            if always or self.watches(first):
                self.step(name)
            return real(first, *args, **kwargs)

        return call


class _Written:
    """A file that is written, whose writes, flushes and closing may fail."""

    def __init__(self, stream: Any, faults: Faults) -> None:
        self._stream, self._faults = stream, faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, data: Any) -> Any:
        self._faults.step("write")
        return self._stream.write(data)

    def flush(self) -> None:
        self._faults.step("flush")
        self._stream.flush()

    def close(self) -> None:
        if not self._stream.closed:
            self._stream.close()
            self._faults.step("close")

    def __enter__(self) -> _Written:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Save:
    """One kind of save.

    Attributes:
        old: Writes the old content into a folder.
        new: Writes the new content there.
    """

    old: Callable[[Path], object]
    new: Callable[[Path], object]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, RunResult, Path]:
    first, second = (
        run_experiment(
            ExperimentSpec().with_values({"training.epochs": 1, "training.seed": seed, "optimizer.lr": 0.02})
        )
        for seed in (1, 2)
    )
    folder = tmp_path_factory.mktemp("saved") / "run"
    first.save(folder)
    return first, second, folder


KINDS = ("project", "autosave", "run", "script", "report", "picture", "drawing", "csv", "settings")


@pytest.fixture
def stores() -> Iterator[dict[Path, Autosave]]:
    made: dict[Path, Autosave] = {}
    yield made
    for store in made.values():
        store.close()


@pytest.fixture
def save(
    request: pytest.FixtureRequest,
    results: tuple[RunResult, RunResult, Path],
    stores: dict[Path, Autosave],
    qtbot: QtBot,
) -> Save:
    first, second, saved = results
    match request.param:
        case "project":
            run = ProjectRun(1, "Run", 0, True, pack_run(first))
            small = Project(first.spec, notes="old")
            return Save(
                lambda folder: [save_project(replace(small, notes=text), folder / "a.gdstudio") for text in "abcd"],
                lambda folder: save_project(replace(small, runs=(run,), notes="new"), folder / "a.gdstudio"),
            )
        case "autosave":

            def kept(notes: str) -> Callable[[Path], object]:
                def write(folder: Path) -> None:
                    store = stores.setdefault(folder, Autosave(folder))
                    store.save(Project(first.spec, notes=notes))

                return write

            return Save(kept("old"), kept("new"))
        case "run":
            return Save(lambda folder: first.save(folder / "run"), lambda folder: second.save(folder / "run"))
        case "script":
            scripts = [script_of_result(result, "train") for result in (first, second)]
            return Save(*(lambda folder, s=s: s.save(folder / "train.py") for s in scripts))
        case "report":
            return Save(
                lambda folder: (folder / "report.html").write_text("old"),
                lambda folder: export_report(saved, folder / "report.html", first.dataset),
            )
        case "picture" | "drawing" as kind:
            label = QLabel("loss")
            qtbot.addWidget(label)
            label.grab()  # laid out once, so that all pictures are of one size
            name = "chart.png" if kind == "picture" else "chart.svg"
            return Save(
                lambda folder: (folder / name).write_text("old"), lambda folder: save_picture(label, folder / name)
            )
        case "csv":
            frames = [pd.DataFrame({"a": [number, 0.1]}) for number in (1.5, 2.5)]
            return Save(*(lambda folder, f=f: save_data(f, folder / "a.csv") for f in frames))
        case _:
            return Save(
                lambda folder: PreferenceStore(folder, lab=()).change("scheme", "dark"),
                lambda folder: PreferenceStore(folder, lab=()).change("scheme", "light"),
            )


def contents(folder: Path) -> dict[str, bytes]:
    """What is in a folder, without what a failed removal may leave; clocks and machines aside."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.endswith((".part", ".lock")):
            data = path.read_bytes()
            if path.name == "checkpoint.json":  # names its files by number
                data = json.dumps(json.loads(data)["content"]["spec"]).encode()
            elif path.parent.name == "checkpoint":
                continue
            found[str(path.relative_to(folder))] = data
    return found


@pytest.mark.parametrize("thorough", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("save", KINDS, indirect=True)
def test_when_the_nth_operation_fails_the_file_is_the_old_or_the_new_one(
    save: Save, tmp_path: Path, thorough: bool
) -> None:
    (tmp_path / "a").mkdir()
    save.old(tmp_path / "a")
    old = contents(tmp_path / "a")
    faults = Faults(tmp_path / "a")
    with faults.at_work():
        save.new(tmp_path / "a")
    new = contents(tmp_path / "a")
    assert new != old
    operations = faults.count
    assert operations >= 5
    every = max(1, operations // (4 if "report.html" in new or len(new) > 5 else 12))
    told = 0
    for nth in range(1, operations + 1):
        if not thorough and nth % every and nth not in (1, operations):
            continue
        for number, (error, for_good) in enumerate((e, g) for e in ERRORS for g in (False, True)):
            if not thorough and number != nth % 6:
                continue
            folder = tmp_path / f"{nth}-{number}"
            folder.mkdir()
            save.old(folder)
            faults = Faults(folder, nth, error, for_good)
            said: StudioError | None = None
            with faults.at_work():
                try:
                    save.new(folder)
                except StudioError as caught:
                    said = caught
            now = contents(folder)
            where = f"operation {nth} ({faults.failed}), {errno.errorcode[error]}, for good: {for_good}"
            assert faults.failed, where
            versions = {name for name in now if "~" in name}
            for name in now.keys() - versions:
                assert now[name] in (old.get(name), new.get(name)), f"{where}: {name} is neither old nor new"
            # A run's checkpoint is taken away before another run's takes its place: never half there, perhaps gone.
            missing = {name for name in old.keys() - now.keys() if "~" not in name and "checkpoint" not in name}
            assert not missing, where
            if said is None:
                assert {n: d for n, d in now.items() if n not in versions} == {
                    n: d for n, d in new.items() if "~" not in n
                }, where
            else:
                told += 1
                assert os.strerror(error) in str(said) or "does not read back" in str(said), where
    assert told


def test_a_read_only_folder_and_a_vanished_drive_are_sentences(tmp_path: Path) -> None:
    project = Project(ExperimentSpec())
    with pytest.raises(StudioError, match="cannot be written"):
        save_project(project, tmp_path / "gone" / "a.gdstudio")
    if os.getuid():  # root may write everywhere
        tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
        with pytest.raises(StudioError, match="cannot be written"):
            save_project(project, tmp_path / "a.gdstudio")
        tmp_path.chmod(stat.S_IRWXU)
