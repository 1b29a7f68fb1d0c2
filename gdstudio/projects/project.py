"""The project file ``.gdstudio``: everything that a person made in a window, in one file.

A zip (see :mod:`gdstudio.projects.archive`) with these members and no others:

- ``manifest.json``: schema version, and length and SHA-256 of every other member;
- ``spec.json``: the experiment on screen; ``formula.json``: the formula and who walks down it, where there is one;
- ``runs.json``: the runs in their order, each with name, colour and whether it is shown; ``runs/<id>/…``: what each
  brought (see :mod:`gdstudio.projects.project_run`);
- ``data.json``: the data files, linked by path, hash and the reader's settings; ``data/<sha256>``: those that the
  project carries;
- ``labs.json``: what the laboratories found; ``view.json``: how the window shows it all; ``notes.txt``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from gdstudio.core.errors import StudioError
from gdstudio.core.minimize_spec import MinimizeSpec
from gdstudio.core.spec import ExperimentSpec, FileSource
from gdstudio.projects.archive import DamagedError, read_archive, write_archive
from gdstudio.projects.data_link import DataLink, placed
from gdstudio.projects.migrations import SCHEMA_VERSION, migrated
from gdstudio.projects.plain import from_bytes, to_bytes
from gdstudio.projects.project_run import NEEDED, OPTIONAL, ProjectRun
from gdstudio.projects.versions import keep_version, previous_versions

SUFFIX: Final = ".gdstudio"

_T = TypeVar("_T")

_ONE_EACH = ("spec.json", "runs.json", "data.json", "labs.json", "view.json", "notes.txt")
_RUN_MEMBER = re.compile(rf"runs/(0|[1-9]\d{{0,8}})/({'|'.join(map(re.escape, (*NEEDED, *OPTIONAL)))})", re.ASCII)
_DATA_MEMBER = re.compile(r"data/[0-9a-f]{64}")


@dataclass(frozen=True)
class FormulaExperiment:
    """A formula that several optimizers walk down.

    Attributes:
        descents: One each; they share formula, start and steps.
        surface: The entry of the gallery that the formula is from; empty for one that was typed.
        ranges: For each axis of the picture, what is shown.
        axes: The variables on the two axes, by their place.
    """

    descents: tuple[MinimizeSpec, ...]
    surface: str = ""
    ranges: tuple[tuple[float, float], ...] = ()
    axes: tuple[int, int] = (0, 1)


@dataclass(frozen=True)
class Project:
    """Everything that a project file holds.

    Attributes:
        spec: The experiment on screen.
        runs: Those that have ended, oldest first.
        formula: The experiment without data; None where nothing was asked yet.
        data: The data files of the spec and of the runs.
        labs: What laboratories found: name → plain values.
        view: How the window shows it: plain values.
        notes: What the person has written.
    """

    spec: ExperimentSpec
    runs: tuple[ProjectRun, ...] = ()
    formula: FormulaExperiment | None = None
    data: tuple[DataLink, ...] = ()
    labs: Mapping[str, Any] = field(default_factory=dict)
    view: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""


def save_project(project: Project, path: Path, *, keep_versions: bool = True) -> str:
    """Write a project: verified before it replaces what was there, whose last three versions are kept.

    Args:
        project: What is written.
        path: The file.
        keep_versions: Whether the older ones are kept, as ``name.gdstudio~1`` and so on.

    Returns:
        Empty, or a sentence about an older version that could not be kept.

    Raises:
        StudioError: It cannot be written; the file holds what it held.
    """
    said: list[str] = []

    def before() -> None:
        if keep_versions:
            said.append(keep_version(path))

    write_archive(path, _members(project, path), SCHEMA_VERSION, before)
    return "".join(said)


def load_project(path: Path) -> Project:
    """A project as it was saved; takes no lock and changes nothing on disk.

    Raises:
        DamagedError: It is none, or not a whole one; the hint names the last good version.
        StudioError: A newer program wrote it, or it cannot be read.
    """
    try:
        return _load(path)
    except DamagedError as error:
        good = next((version for version in previous_versions(path) if _is_good(version)), None)
        if good is None:
            raise
        raise DamagedError(error.message, f"The version before it is good: {good}.") from None


def _is_good(path: Path) -> bool:
    try:
        _load(path)
    except StudioError:
        return False
    return True


def _members(project: Project, path: Path) -> dict[str, bytes]:
    links = [placed(link, path) for link in project.data]
    members = {
        "spec.json": project.spec.to_json().encode(),
        "runs.json": to_bytes(
            {"runs": [{"id": r.id, "name": r.name, "color": r.color, "shown": r.shown} for r in project.runs]}
        ),
        "data.json": to_bytes(
            {
                "files": [
                    {"source": link.source.model_dump(mode="json"), "size": link.size, "relative": link.relative}
                    for link in links
                ]
            }
        ),
        "labs.json": to_bytes(project.labs),
        "view.json": to_bytes(project.view),
        "notes.txt": project.notes.encode("utf-8", "surrogatepass"),
    }
    if project.formula is not None:
        members["formula.json"] = to_bytes(_formula_document(project.formula))
    for run in project.runs:
        members |= {f"runs/{run.id}/{name}": data for name, data in run.pack.items()}
    members |= {f"data/{link.source.sha256}": link.content for link in links if link.content is not None}
    return members


def _formula_document(formula: FormulaExperiment) -> dict[str, Any]:
    return {
        "descents": [descent.model_dump(mode="json") for descent in formula.descents],
        "surface": formula.surface,
        "ranges": formula.ranges,
        "axes": formula.axes,
    }


def _load(path: Path) -> Project:
    version, members = read_archive(path)
    if version > SCHEMA_VERSION:
        raise StudioError(
            f"{path} was saved by a newer version of the program: it has schema version {version}, and this program"
            f" reads up to {SCHEMA_VERSION}.",
            "Open it with the newer version.",
        )
    return _project(path, migrated(members, version))


def _project(path: Path, members: dict[str, bytes]) -> Project:
    for name in members:
        known = name in _ONE_EACH or name == "formula.json"
        if not (known or _RUN_MEMBER.fullmatch(name) or _DATA_MEMBER.fullmatch(name)):
            raise DamagedError(f"{path} holds {name[:80]!r}, which no project does.", "Do not trust it.")
    for name in _ONE_EACH:
        if name not in members:
            raise DamagedError(f"{path} lacks its {name}.")
    project = Project(
        spec=_part(path, "spec.json", lambda: ExperimentSpec.parse(from_bytes(members["spec.json"]))),
        runs=_part(path, "runs.json", lambda: _runs(members)),
        formula=_part(path, "formula.json", lambda: _formula(members)),
        data=_part(path, "data.json", lambda: _data(members)),
        labs=_part(path, "labs.json", lambda: _mapping(members["labs.json"])),
        view=_part(path, "view.json", lambda: _mapping(members["view.json"])),
        notes=_part(path, "notes.txt", lambda: members["notes.txt"].decode("utf-8", "surrogatepass")),
    )
    listed = {f"runs/{run.id}/{name}" for run in project.runs for name in run.pack}
    listed |= {f"data/{link.source.sha256}" for link in project.data if link.content is not None}
    loose = [name for name in members if "/" in name and name not in listed]
    if loose:
        raise DamagedError(f"{path} is damaged: {loose[0]} belongs to nothing in it.")
    return project


def _part(path: Path, name: str, read: Callable[[], _T]) -> _T:
    """What ``read`` makes of a member; whatever is wrong with it is a sentence that names it."""
    try:
        return read()
    except StudioError as error:
        raise DamagedError(f"{path} is damaged in {name}: {error.message}", error.hint) from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        raise DamagedError(f"{path} is damaged: {name} does not say what it should.") from None


def _runs(members: Mapping[str, bytes]) -> tuple[ProjectRun, ...]:
    packs: dict[int, dict[str, bytes]] = {}
    for name, data in members.items():
        if found := _RUN_MEMBER.fullmatch(name):
            packs.setdefault(int(found[1]), {})[found[2]] = data
    runs = []
    for entry in _mapping(members["runs.json"])["runs"]:
        number, color = _whole(entry["id"]), _whole(entry["color"])
        if not isinstance(entry["name"], str) or not isinstance(entry["shown"], bool):
            raise TypeError("a run's name is no text")
        pack = packs.pop(number)
        if not pack.keys() >= set(NEEDED):
            raise ValueError("a run lacks a part")
        runs.append(ProjectRun(number, entry["name"], color, entry["shown"], pack))
    return tuple(runs)


def _formula(members: Mapping[str, bytes]) -> FormulaExperiment | None:
    if "formula.json" not in members:
        return None
    found = _mapping(members["formula.json"])
    first, second = found["axes"]
    return FormulaExperiment(
        descents=tuple(MinimizeSpec.parse(descent) for descent in found["descents"]),
        surface=str(found["surface"]),
        ranges=tuple((float(low), float(high)) for low, high in found["ranges"]),
        axes=(_whole(first), _whole(second)),
    )


def _data(members: Mapping[str, bytes]) -> tuple[DataLink, ...]:
    links = []
    for entry in _mapping(members["data.json"])["files"]:
        source = FileSource.model_validate(entry["source"])
        content = members.get(f"data/{source.sha256}")
        if content is not None and hashlib.sha256(content).hexdigest() != source.sha256:
            raise ValueError("the data are others than the link's")
        links.append(DataLink(source, int(entry["size"]), str(entry["relative"]), content))
    return tuple(links)


def _mapping(data: bytes) -> dict[str, Any]:
    found = from_bytes(data)
    if not isinstance(found, dict):
        raise TypeError("not a mapping")
    return found


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("not a whole number")
    return value
