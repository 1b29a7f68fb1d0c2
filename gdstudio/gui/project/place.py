"""The file that a project is kept in, as a window knows it: what it held last, and who may write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdstudio.core.errors import StudioError
from gdstudio.projects.fingerprint import Fingerprint, disk_state, fingerprint
from gdstudio.projects.lock import FileLock, lock_project

if TYPE_CHECKING:
    from gdstudio.projects.data_link import DataLink


@dataclass
class Place:
    """Where a project is kept.

    Attributes:
        path: The file.
        embed: Whether it carries its data.
        read_only: Whether it may not be written from here.
        links: Its data files by their hash.
        labs: Results of laboratories that this program does not know, which it hands on as they are.
    """

    path: Path
    embed: bool = False
    read_only: bool = False
    links: dict[str, DataLink] = field(default_factory=dict)
    labs: Mapping[str, Any] = field(default_factory=dict)
    _held: Fingerprint | None = None
    _noticed: Fingerprint | None = None
    _lock: FileLock | None = None

    def take_lock(self) -> str:
        """Keep other windows from writing the file; a sentence on why it cannot be written, or empty."""
        if self._lock is None:
            try:
                self._lock = lock_project(self.path)
            except StudioError as error:
                return error.message
        return ""

    def release(self) -> None:
        """Let others write the file."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def note_content(self, seen: Fingerprint | None) -> None:
        """The file held this when it was read or written here."""
        self._held = self._noticed = seen

    def has_changed(self) -> bool:
        """Whether the file is there and holds something else than what is known here."""
        if self._held is None:
            return self.path.exists()
        return disk_state(self.path, self._held) == "changed"

    def has_news(self) -> bool:
        """Whether it has changed since somebody was told that it had."""
        return self.has_changed() and fingerprint(self.path) != self._noticed

    def notice(self) -> None:
        """Somebody was told."""
        self._noticed = fingerprint(self.path)
