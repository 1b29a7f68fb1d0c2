"""The defaults that a lab lays below everybody's settings: one read-only file, in the system's place.

``lab-defaults.json``::

    {
        "schema_version": 1,
        "settings": {"text_scale": 130, "sample": "moons"},
        "experiment": {"optimizer.kind": "sgd", "training.epochs": 50},
        "locked": {"device": "The cards are kept for the research group."},
    }

``settings`` are values for whoever has not set them, ``locked`` those that nobody can set here, each with its reason,
and ``experiment`` is what a new experiment begins with, by the same paths as ``gdstudio train --set``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gdstudio.core.errors import StudioError
from gdstudio.core.spec import ExperimentSpec
from gdstudio.gui.preferences.files import UnusableFileError, checked, read_object
from gdstudio.gui.preferences.model import Preferences

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class LabDefaults:
    """What the lab's files say; later files win over earlier ones.

    Attributes:
        settings: Name → value.
        experiment: Dotted path of the spec → value.
        locked: Name → why it cannot be set.
        problems: Sentences about what could not be used.
        files: Those that were read.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    experiment: Mapping[str, Any] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


def lab_defaults(paths: Sequence[Path]) -> LabDefaults:
    """Read the files that exist; what is wrong in one is said and left out, the rest of it holds."""
    settings: dict[str, Any] = {}
    experiment: dict[str, Any] = {}
    locked: dict[str, str] = {}
    problems: list[str] = []
    files: list[Path] = []
    for path in paths:
        try:
            document = read_object(path)
        except UnusableFileError as problem:
            problems.append(f"The lab's defaults are not used: {problem}")
            continue
        if document is None:
            continue
        files.append(path)
        wrong: list[str] = []
        if _newer(document):
            wrong.append("it was written for a newer version of the program")
        wrong += [f"it has an unknown part “{name}”" for name in document if name not in _PARTS]
        for name in ("settings", "experiment", "locked"):
            if not isinstance(document.get(name, {}), dict):
                wrong.append(f"“{name}” is not an object")
                document[name] = {}
        known, refused = checked(document.get("settings", {}))
        settings.update(known)
        refused += _add_experiment(experiment, document.get("experiment", {}))
        for name, reason in document.get("locked", {}).items():
            if name in Preferences.model_fields:
                locked[name] = reason if isinstance(reason, str) and reason else "The lab has set this."
            else:
                refused.append(f"There is no setting {name} to lock.")
        wrong += [sentence.rstrip(".") for sentence in refused]
        if wrong:
            problems.append(f"Part of the lab's defaults in {path} is not used: {'; '.join(wrong)}.")
    return LabDefaults(settings, experiment, locked, tuple(problems), tuple(files))


def _add_experiment(experiment: dict[str, Any], values: Mapping[str, Any]) -> list[str]:
    """Take the paths that an experiment can have; returns a sentence for each of the others."""
    refused = []
    try:
        ExperimentSpec().with_values({**experiment, **values})
    except StudioError:
        for name, value in values.items():
            try:
                ExperimentSpec().with_values({**experiment, name: value})
            except StudioError as error:
                refused.append(error.message)
            else:
                experiment[name] = value
    else:
        experiment.update(values)
    return refused


_PARTS = ("schema_version", "settings", "experiment", "locked")


def _newer(document: Mapping[str, Any]) -> bool:
    version = document.get("schema_version", SCHEMA_VERSION)
    return not isinstance(version, int) or version > SCHEMA_VERSION
