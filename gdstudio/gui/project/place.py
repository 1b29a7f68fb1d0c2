"""The file that a project is kept in, as a window knows it: what it held last, and who may write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLockFile

if TYPE_CHECKING:
    from gdstudio.projects.data_link import DataLink

_Stamp = tuple[int, int, int] | None


@dataclass
class Place:
    """Where a project is kept.

    Attributes:
        path: The file.
        embed: Whether it carries its data.
        read_only: Whether another window has it.
        links: Its data files by their hash.
        labs: What laboratories found, which the window hands on as it is.
    """

    path: Path
    embed: bool = False
    read_only: bool = False
    links: dict[str, DataLink] = field(default_factory=dict)
    labs: Mapping[str, Any] = field(default_factory=dict)
    _held: _Stamp = None
    _noticed: _Stamp = None
    _lock: QLockFile | None = None

    def take_lock(self) -> str:
        """Keep other windows from writing the file; a sentence on who does that already, or empty."""
        if self._lock is not None:
            return ""
        lock = QLockFile(str(self.path.with_name(f".{self.path.name}.lock")))
        lock.setStaleLockTime(0)  # held for as long as its process lives
        if lock.tryLock(0) or lock.error() != QLockFile.LockError.LockFailedError:
            # Where no lock can be written, no other window can write the project either.
            self._lock = lock
            return ""
        _, host, _ = lock.getLockInfo()
        return f"A window on {host} has it." if host else "Another window has it."

    def release(self) -> None:
        """Let others write the file."""
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def note_content(self) -> None:
        """What the file holds now is known here."""
        self._held = self._noticed = self._stamp()

    def has_changed(self) -> bool:
        """Whether the file is there and holds something else than what is known here."""
        now = self._stamp()
        return now is not None and now != self._held

    def has_news(self) -> bool:
        """Whether it has changed since somebody was told that it had."""
        return self.has_changed() and self._stamp() != self._noticed

    def notice(self) -> None:
        """Somebody was told."""
        self._noticed = self._stamp()

    def _stamp(self) -> _Stamp:
        try:
            state = self.path.stat()
        except OSError:
            return None
        return state.st_mtime_ns, state.st_size, state.st_ino
