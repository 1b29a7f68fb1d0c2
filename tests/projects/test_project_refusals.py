"""What is no project, or not a whole one, is refused in a sentence, soon, and without a trace on disk."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import resource
import struct
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.spec import ExperimentSpec, FileSource
from gdstudio.projects import archive, migrations
from gdstudio.projects.data_link import DataLink
from gdstudio.projects.plain import to_bytes
from gdstudio.projects.project import FormulaExperiment, Project, load_project, save_project
from gdstudio.projects.project_run import NEEDED, ProjectRun

GOLDEN = Path(__file__).parent / "golden"

SMALL = Project(
    spec=ExperimentSpec(),
    runs=(ProjectRun(1, "Run 1", 0, True, dict.fromkeys(NEEDED, b"{}" * 9)),),
    formula=FormulaExperiment((MinimizeSpec(),)),
    data=(DataLink(FileSource(path="/a/b.csv", sha256="ab" * 32), 12, "../b.csv"),),
    view={"tab": "tab.metrics"},
    notes="notes",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_project(SMALL, tmp_path / "a.gdstudio")
    return tmp_path / "a.gdstudio"


def made(path: Path, change: Callable[[zipfile.ZipFile, dict[str, bytes]], None]) -> None:
    """Write an archive of other members than the project's, with a manifest that agrees with what was the project's."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        warnings.simplefilter("ignore")  # of duplicate names
        for name, data in members.items():
            new.writestr(name, data)
        change(new, members)
    path.write_bytes(buffer.getvalue())


def link(file: zipfile.ZipFile, members: dict[str, bytes]) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    file.writestr(info, "/etc/passwd")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda new, members: new.writestr("../evil", b"x"), "outside"),
        (lambda new, members: new.writestr("/tmp/evil", b"x"), "outside"),
        (lambda new, members: new.writestr("runs/../../evil", b"x"), "outside"),
        (lambda new, members: new.writestr("C:\\evil", b"x"), "outside"),
        (lambda new, members: new.writestr("notes.txt", b"x"), "twice"),
        (lambda new, members: new.writestr("folder/", b""), "a folder"),
        (lambda new, members: new.writestr("odd.txt", b"x"), "differ"),
        (lambda new, members: new.writestr("bomb", bytes(80 * 2**20)), "would grow to"),
        (link, "a link"),
    ],
)
def test_archives_that_no_program_would_write_are_refused(
    path: Path, change: Callable[[zipfile.ZipFile, dict[str, bytes]], None], said: str
) -> None:
    made(path, change)
    before = sorted(path.parent.iterdir())
    with pytest.raises(StudioError, match=said):
        load_project(path)
    assert sorted(path.parent.iterdir()) == before


def rewritten(path: Path, **changed: Any) -> None:
    """The project with members replaced and hashes that agree with them, as somebody who means harm would."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist() if name != archive.MANIFEST}
    for name, data in changed.items():
        members[name] = data
    archive.write_archive(path, members, 1)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("odd.txt", b"x", "which no project does"),
        ("runs/1/evil.pkl", b"x", "which no project does"),
        ("runs/01/spec.json", b"{}", "which no project does"),
        ("runs/2/spec.json", b"{}", "belongs to nothing"),
        ("data/" + "0" * 64, b"x", "belongs to nothing"),
        ("data/" + "ab" * 32, b"x", "data.json"),
        ("spec.json", b"{", "spec.json"),
        ("spec.json", b"[" * 100_000, "spec.json"),
        ("spec.json", b'{"optimizer": {"kind": "nonsense"}}', "spec.json"),
        ("spec.json", b'{"schema_version": ' + b"9" * 10_000 + b"}", "spec.json"),
        ("runs.json", b'{"runs": [{"id": true, "name": "x", "color": 1, "shown": true}]}', "runs.json"),
        ("runs.json", b'{"runs": [{"id": 7, "name": "x", "color": 1, "shown": true}]}', "runs.json"),
        ("runs.json", b"{}", "runs.json"),
        ("formula.json", b'{"descents": 1}', "formula.json"),
        ("data.json", b'{"files": [{}]}', "data.json"),
        ("view.json", b"[]", "view.json"),
        ("notes.txt", b"\xff\xfe", "notes.txt"),
    ],
)
def test_members_that_say_nonsense_are_named(path: Path, name: str, data: bytes, said: str) -> None:
    rewritten(path, **{name: data})
    with pytest.raises(StudioError, match=said):
        load_project(path)


def test_a_newer_project_is_refused_as_such(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.write_archive(path, {"anything": b"x"}, 99)
    with pytest.raises(StudioError, match="newer version") as refused:
        load_project(path)
    assert "newer version" in refused.value.hint


def test_a_broken_run_is_refused_when_it_is_looked_at(path: Path) -> None:
    run = load_project(path).runs[0]
    with pytest.raises(StudioError, match="Run 1 in the project is damaged"):
        run.result()


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("pwned",)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"P", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n" + bytes(100), pickle.dumps(Evil()), b"{}" * 50,
        b"PK\x05\x06" + bytes(18), b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + bytes(18),
    ],
)  # fmt: skip
def test_other_files_with_the_projects_ending_are_refused(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.gdstudio").write_bytes(content)
    with pytest.raises(StudioError, match=r"a\.gdstudio"):
        load_project(tmp_path / "a.gdstudio")
    assert [path.name for path in tmp_path.iterdir()] == ["a.gdstudio"]


def test_folders_pipes_and_missing_files_are_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.gdstudio").mkdir()
    with pytest.raises(StudioError, match="is a folder"):
        load_project(tmp_path / "a.gdstudio")
    os.mkfifo(tmp_path / "b.gdstudio")
    with pytest.raises(StudioError, match="is not a file"):
        load_project(tmp_path / "b.gdstudio")
    with pytest.raises(StudioError, match="No such file"):
        load_project(tmp_path / "c.gdstudio")


def patched(data: bytes, entry: int, **changes: tuple[str, int]) -> bytes:
    """An archive in whose list of members some numbers lie; ``entry`` counts from 0."""
    out = bytearray(data)
    place = struct.unpack_from("<L", data, len(data) - 6)[0]
    for _ in range(entry):
        place += 46 + sum(struct.unpack_from("<3H", data, place + 28))
    offsets = {"flags": 8, "method": 10, "crc": 16, "compressed": 20, "size": 24, "attributes": 38, "start": 42}
    for name, (kind, value) in changes.items():
        struct.pack_into(f"<{kind}", out, place + offsets[name], value)
    return bytes(out)


@pytest.mark.parametrize(
    "changes",
    [
        {"flags": ("H", 1)}, {"method": ("H", 12)}, {"method": ("H", 99)}, {"crc": ("L", 1)}, {"size": ("L", 5)},
        {"size": ("L", 1_000)}, {"size": ("L", 2**31)}, {"compressed": ("L", 5)}, {"compressed": ("L", 2**31)},
        {"start": ("L", 0)}, {"start": ("L", 2**31)}, {"size": ("L", 2**32 - 1)}, {"attributes": ("L", 0o120777 << 16)},
    ],
)  # fmt: skip
@pytest.mark.parametrize("entry", [0, 3])
def test_lying_lists_of_members_are_refused(path: Path, changes: dict[str, tuple[str, int]], entry: int) -> None:
    data = path.read_bytes()
    path.write_bytes(patched(data, entry, **changes))
    if entry == 0 and "start" in changes and changes["start"][1] == 0:
        assert load_project(path) == SMALL  # which is where it starts
        return
    with pytest.raises(StudioError, match=r"a\.gdstudio"):
        load_project(path)


def test_bombs_cost_little_time_and_memory(path: Path) -> None:
    def many(new: zipfile.ZipFile, members: dict[str, bytes]) -> None:
        for number in range(120):
            new.writestr(f"bomb{number}", bytes(2**20))

    made(path, many)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(StudioError, match="would grow to"):
        load_project(path)
    assert time.monotonic() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    # … and one that claims few bytes and holds many.
    data = zlib.compressobj(1, wbits=-15)
    packed = data.compress(bytes(2**26)) + data.flush()
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("manifest.json", bytes(len(packed)))
    whole = path.read_bytes()
    start_of_data = whole.index(bytes(50))
    path.write_bytes(patched(whole[:start_of_data] + packed + whole[start_of_data + len(packed) :], 0, method=("H", 8)))
    start = time.monotonic()
    with pytest.raises(StudioError, match=r"a\.gdstudio"):
        load_project(path)
    assert time.monotonic() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def refused_or_equal(path: Path, data: bytes) -> bool:
    """Whether it was refused; otherwise it must be the project that was saved."""
    path.write_bytes(data)
    try:
        read = load_project(path)
    except StudioError as error:
        return error.message.startswith(str(path))
    assert read == SMALL
    return False


@pytest.mark.parametrize("count", [400, pytest.param(None, marks=pytest.mark.slow)])
def test_every_truncation_is_refused(path: Path, count: int | None) -> None:
    data = path.read_bytes()
    for length in random.Random(0).sample(range(len(data)), count or len(data)):
        assert refused_or_equal(path, data[:length]), length


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_every_bit_flip_is_refused_or_changes_nothing(path: Path, count: int) -> None:
    data, draw = path.read_bytes(), random.Random(1)
    refused = 0
    for _ in range(count):
        flipped = bytearray(data)
        flipped[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        refused += refused_or_equal(path, bytes(flipped))
    assert refused > count / 2


@pytest.mark.parametrize("count", [150, pytest.param(5_000, marks=pytest.mark.slow)])
def test_a_fuzzed_manifest_is_refused(path: Path, count: int) -> None:
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(members[archive.MANIFEST])
    draw = random.Random(2)
    odd: list[Any] = [None, True, -1, 1.5, 2**70, "", "x", [], {}, {"size": -1, "sha256": ""}, [[]], "0" * 64]
    for _ in range(count):
        changed = json.loads(json.dumps(manifest))
        place = draw.choice([changed, changed["members"], changed["members"][draw.choice(list(changed["members"]))]])
        key = draw.choice([*place, "more"])
        if draw.random() < 0.3:
            place.pop(key, None)
        else:
            place[key] = draw.choice(odd)
        if {k: v for k, v in changed.items() if k != "program"} == {
            k: v for k, v in manifest.items() if k != "program"
        } or ("more" in changed and {**changed, "more": 0} == {**manifest, "more": 0}):
            continue  # the program's name decides nothing, nor does what is new at the top
        with zipfile.ZipFile(path, "w") as new:
            for name, data in {**members, archive.MANIFEST: json.dumps(changed).encode()}.items():
                new.writestr(name, data)
        with pytest.raises(StudioError, match=r"a\.gdstudio"):
            load_project(path)


def test_every_version_of_the_format_is_still_read() -> None:
    for version in range(1, migrations.SCHEMA_VERSION + 1):
        project = load_project(GOLDEN / f"version_{version}.gdstudio")
        assert project.notes == "Notes of version 1: ä – 数"
        assert project.spec.get("optimizer.lr") == 0.0125
        assert [(run.id, run.name, run.color, run.shown) for run in project.runs] == [(3, "First", 1, False)]
        result = project.runs[0].result()
        assert result.steps == len(result.history.steps) == 3
        assert result.metrics["test"]["n"] > 0
        assert project.formula is not None
        assert project.formula.descents[0].objective.formula == "x**2 + 10*y**2"
        assert project.data[0].source.reader is not None
        assert project.data[0].content == b"a,b\n1,2\n"


def test_a_migration_is_used_for_older_files(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def to_two(members: dict[str, bytes]) -> dict[str, bytes]:
        return {**members, "notes.txt": members["notes.txt"] + b" of old"}

    monkeypatch.setattr(migrations, "SCHEMA_VERSION", 2)
    monkeypatch.setattr("gdstudio.projects.project.SCHEMA_VERSION", 2)
    monkeypatch.setitem(migrations.MIGRATIONS, 1, to_two)
    assert load_project(path) == replace(SMALL, notes="notes of old")


def test_numbers_that_json_does_not_know_are_kept() -> None:
    text = to_bytes({"a": float("inf"), "b": (1, 2.5)}).decode()
    assert json.loads(text) == {"a": {"float": "inf"}, "b": [1, 2.5]}
