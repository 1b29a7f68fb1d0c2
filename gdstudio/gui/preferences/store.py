"""The settings in force: what the person has set, above what the lab has set, above what the program brings."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

from pydantic import create_model
from PySide6.QtCore import QObject, Signal

from gdstudio import paths
from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_text
from gdstudio.core.registry import Frozen
from gdstudio.core.spec import ExperimentSpec
from gdstudio.gui.preferences.files import FILE_NAME, UnusableFileError, checked, read_object
from gdstudio.gui.preferences.lab import lab_defaults
from gdstudio.gui.preferences.model import Preferences

SCHEMA_VERSION = 1


class PreferenceStore(QObject):
    """Typed access to one JSON file and the lab's read-only ones.

    Only what a person has set is written, so that a lab's later default reaches whoever has not chosen. What the file
    holds and this version does not know is kept as it is.

    Args:
        folder: Where the file lies; the person's own folder by default. Made when something is set.
        lab: The lab's files, later ones above earlier ones; those of the system's place by default.

    Signals:
        changed(name): A setting has another value.

    Attributes:
        values: The settings in force.
        locked: Name → why it cannot be set.
        problems: Sentences about what could not be read, for the window to say.
    """

    changed = Signal(str)

    def __init__(
        self, folder: Path | None = None, lab: Sequence[Path] | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._path = (folder or paths.user_config()) / FILE_NAME
        defaults = lab_defaults(paths.lab_defaults() if lab is None else lab)
        self._lab = defaults
        self.locked: Mapping[str, str] = defaults.locked
        self.problems: list[str] = list(defaults.problems)
        own, refused = checked({k: v for k, v in self._read(tell=True).items() if k != "schema_version"})
        if refused:
            self.problems.append(f"Part of your settings is not used, and kept in {self._path}: {' '.join(refused)}")
        self._own = {name: value for name, value in own.items() if name not in self.locked}
        self.values = self._in_force()

    @property
    def folder(self) -> Path:
        """Where the file lies."""
        return self._path.parent

    def model(self, section: type[Frozen]) -> type[Frozen]:
        """A part of the settings with the lab's values as its defaults, for a form."""
        fields: dict[str, Any] = {}
        for name, info in section.model_fields.items():
            if name in self._lab.settings:
                info = copy(info)
                info.default = self._lab.settings[name]
                fields[name] = (info.annotation, info)
        return create_model(section.__name__, __base__=section, __doc__=section.__doc__, **fields)

    def first_spec(self) -> ExperimentSpec:
        """What a new experiment begins with."""
        values = {"training.device": self.values.device, "training.threads": self.values.threads}
        mine = {f"training.{name}" for name in ("device", "threads") if name in self._own}
        return ExperimentSpec().with_values(
            {**values, **{path: value for path, value in self._lab.experiment.items() if path not in mine}}
        )

    def change(self, name: str, value: Any) -> None:
        """Set one value and keep it; setting the default is the same as not having set it.

        Raises:
            StudioError: The lab has locked it, it is no value of that setting, or it cannot be written; then it holds
                until the program ends.
        """
        if name in self.locked:
            raise StudioError("The lab has set this for all.", self.locked[name])
        known, refused = checked({name: value})
        if refused:
            raise StudioError(refused[0])
        if known[name] == getattr(self._defaults(), name):
            self._own.pop(name, None)
        else:
            self._own[name] = known[name]
        self._take()
        self._write({name})

    def reset(self) -> None:
        """Take back everything that the person has set.

        Raises:
            StudioError: The file cannot be written.
        """
        names = set(self._own)
        self._own.clear()
        self._take()
        self._write(names)

    @property
    def untouched(self) -> bool:
        """Whether the person has set nothing."""
        return not self._own

    def adopt(self, name: str, value: Any) -> None:
        """Take over a value that an earlier version kept elsewhere, unless one is set; a wrong one is forgotten."""
        if name not in self._own and name not in self.locked:
            with contextlib.suppress(StudioError):
                self.change(name, value)

    def _defaults(self) -> Preferences:
        return Preferences.model_validate(dict(self._lab.settings))

    def _in_force(self) -> Preferences:
        return Preferences.model_validate({**self._lab.settings, **self._own})

    def _take(self) -> None:
        before, self.values = self.values, self._in_force()
        for name in Preferences.model_fields:
            if getattr(before, name) != getattr(self.values, name):
                self.changed.emit(name)

    def _read(self, *, tell: bool) -> dict[str, Any]:
        """The file's object; a damaged file is set aside, so that it stops nothing and can be looked at."""
        try:
            document = read_object(self._path)
        except UnusableFileError as problem:
            said = str(problem)
            if problem.damaged:
                aside = self._path.with_name(f"{self._path.name}.damaged")
                with contextlib.suppress(OSError):
                    self._path.replace(aside)
                    said += f" It was set aside as {aside.name}, and your settings are as at first."
            if tell:
                self.problems.append(said)
            return {}
        if document is None:
            return {}
        version = document.get("schema_version", SCHEMA_VERSION)
        if tell and (not isinstance(version, int) or version > SCHEMA_VERSION):
            self.problems.append(
                f"{self._path} was written by a newer version of the program. What this one knows of it is used, "
                "the rest is kept."
            )
        return document

    def _write(self, names: set[str]) -> None:
        """Write the given settings over what the file holds now: another window may have set others."""
        document = {"schema_version": SCHEMA_VERSION, **self._read(tell=False)}
        for name in names:
            document.pop(name, None)
            if name in self._own:
                document[name] = self._own[name]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StudioError(
                f"Your settings cannot be kept: {self.folder} cannot be made: {error.strerror or error}.",
                "They hold until the program ends.",
            ) from None
        write_text(self._path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
