"""Where windows keep what no file holds yet, and what windows that were killed have left there."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLockFile

from gdstudio.core.errors import StudioError
from gdstudio.core.files import make_folder, write_text
from gdstudio.gui.document import Document
from gdstudio.gui.project.place import Place
from gdstudio.gui.project.store import Store

log = logging.getLogger(__name__)

_SUFFIX = ".gdstudio"


@dataclass(frozen=True)
class Kept:
    """A project that was kept.

    Attributes:
        path: Where it lies.
        when: When it was written.
        project: The file that the project had; None where it never was saved.
        runs: How many runs it holds.
    """

    path: Path
    when: datetime
    project: Path | None
    runs: int


class KeptProjects:
    """A folder of projects, each locked by the window that writes it.

    One whose lock nobody holds was left by a window that did not end as it should.

    Args:
        folder: Made when it is needed.
        store: Writes them.
    """

    def __init__(self, folder: Path, store: Store) -> None:
        self._folder, self._store = folder, store
        self._lock: QLockFile | None = None
        self._mine: Path | None = None

    def write(self, document: Document, view: Mapping[str, Any], place: Place | None) -> None:
        """Keep a document in this window's place; for a background job.

        Raises:
            StudioError: It cannot be written.
        """
        mine = self._claim()
        self._store.write(mine, document, view, place, embed=place is not None and place.embed)
        about = {"project": str(place.path) if place is not None else None, "runs": len(document.runs)}
        write_text(mine.with_suffix(".json"), json.dumps(about, ensure_ascii=False))

    def discard(self) -> None:
        """Nothing of this window needs to be kept."""
        if self._mine is not None and self._lock is not None:
            _remove(self._mine)
            self._lock.unlock()
        self._mine = self._lock = None

    def let_go(self) -> None:
        """Leave what is kept to whoever looks for it."""
        if self._lock is not None:
            self._lock.unlock()
        self._mine = self._lock = None

    def left(self) -> list[Kept]:
        """What windows that are gone have left, newest first."""
        found = []
        for path in self._folder.glob(f"kept-*{_SUFFIX}"):
            lock = _lock_of(path)
            if lock.tryLock(0):
                lock.unlock()
                kept = _about(path)
                if kept is not None:
                    found.append(kept)
        return sorted(found, key=lambda kept: kept.when, reverse=True)

    def remove(self, kept: Kept) -> None:
        """It is not wanted."""
        _remove(kept.path)

    def adopt(self, kept: Kept) -> None:
        """This window has taken it up: its place is this window's from now on."""
        self.discard()
        lock = _lock_of(kept.path)
        if lock.tryLock(0):
            self._mine, self._lock = kept.path, lock

    def _claim(self) -> Path:
        if self._mine is not None:
            return self._mine
        make_folder(self._folder)
        used = [int(m.group(1)) for p in self._folder.iterdir() if (m := re.match(r"kept-(\d+)\.", p.name))]
        for number in range(max(used, default=0) + 1, max(used, default=0) + 100):
            path = self._folder / f"kept-{number}{_SUFFIX}"
            lock = _lock_of(path)
            if lock.tryLock(0):
                self._mine, self._lock = path, lock
                return path
        raise StudioError(f"No place could be had in {self._folder}.", "Look whether the folder can be written.")


def _about(path: Path) -> Kept | None:
    try:
        when = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        project = about["project"]
        return Kept(path, when, Path(project) if isinstance(project, str) else None, int(about["runs"]))
    except (OSError, ValueError, KeyError, TypeError):
        log.warning("%s was kept, but nothing is known of it", path)
        return None


def _remove(path: Path) -> None:
    for part in (path, path.with_suffix(".json")):
        try:
            part.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s could not be removed: %s", part, error)


def _lock_of(path: Path) -> QLockFile:
    lock = QLockFile(str(path.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # held for as long as its process lives
    return lock
