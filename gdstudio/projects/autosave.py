"""What every window keeps for a crash: its project, written now and then into a slot of its own.

A slot is a folder ``window-<n>`` in the user's state folder with ``project.gdstudio`` and ``about.json``, and a lock
beside it that goes with the window's process. A slot whose lock nobody holds was left by a window that did not end
as it should. The run that was going lies beside it, as a run folder with checkpoints; ``about.json`` names it.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gdstudio import paths
from gdstudio.core.errors import StudioError
from gdstudio.core.files import make_folder, write_text
from gdstudio.projects.lock import FileLock
from gdstudio.projects.project import Project, load_project, save_project

_FILE: Final = "project.gdstudio"
_ABOUT: Final = "about.json"
_MOST_SLOTS: Final = 1_000


@dataclass(frozen=True)
class Recoverable:
    """What a window that is gone has left.

    Attributes:
        slot: Its folder.
        saved: When it was written, in seconds since 1970.
        belongs_to: The file of the project; None for one that was never saved.
        file_saved: When that file was last written; None where it is not there.
        unfinished: The folder of the run that was going; None where none was.
        runs: Number of finished runs in it.
    """

    slot: Path
    saved: float
    belongs_to: Path | None
    file_saved: float | None
    unfinished: Path | None
    runs: int

    @property
    def file(self) -> Path:
        """The project that was kept."""
        return self.slot / _FILE


class Autosave:
    """One window's slot, and what other windows have left.

    Args:
        folder: Holds the slots; in the user's state folder by default. Made when it is needed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or paths.user_state() / "autosave"
        self._slot: Path | None = None
        self._lock: FileLock | None = None

    def save(self, project: Project, belongs_to: Path | None = None, unfinished: Path | None = None) -> None:
        """Write the project into this window's slot; for a background job.

        Args:
            project: As it is now.
            belongs_to: Its file; None where it has none yet.
            unfinished: The run folder of the run that is going.

        Raises:
            StudioError: It cannot be written; what was kept before is kept.
        """
        slot = self._claim()
        about = {
            "belongs_to": None if belongs_to is None else str(belongs_to.absolute()),
            "unfinished": None if unfinished is None else str(unfinished),
            "runs": len(project.runs),
        }
        save_project(project, slot / _FILE, keep_versions=False)
        write_text(slot / _ABOUT, json.dumps(about, ensure_ascii=False, indent=1) + "\n")

    def clear(self) -> None:
        """Nothing of this window would be lost any more: it has saved, or the person did not want to."""
        if self._slot is not None:
            _remove_files(self._slot)

    def close(self) -> None:
        """The window ends as it should: its slot is given up."""
        if self._slot is not None and self._lock is not None:
            shutil.rmtree(self._slot, ignore_errors=True)
            self._lock.release()
        self._slot = self._lock = None

    def recoverable(self) -> list[Recoverable]:
        """What windows that are gone have left, newest first."""
        found = []
        for slot in self._folder.glob("window-*"):
            if slot == self._slot or not (slot / _FILE).is_file():
                continue
            lock = _lock_of(slot)
            try:
                if not lock.acquire():
                    continue
                found.append(_about(slot))
            except OSError:
                continue
            finally:
                lock.release()
        return sorted(found, key=lambda item: item.saved, reverse=True)

    def recover(self, item: Recoverable) -> Project:
        """Read what was left; it stays until :meth:`discard`.

        Raises:
            StudioError: It is damaged or cannot be read.
        """
        return load_project(item.file)

    def discard(self, item: Recoverable) -> None:
        """Remove what was left: it has been taken up and saved, or is not wanted.

        The run that it names is not touched.
        """
        lock = _lock_of(item.slot)
        try:
            if item.slot.parent == self._folder and item.slot != self._slot and lock.acquire():
                shutil.rmtree(item.slot, ignore_errors=True)
        except OSError:
            return
        finally:
            lock.release()

    def _claim(self) -> Path:
        """This window's slot, made at first."""
        if self._slot is not None:
            make_folder(self._slot)
            return self._slot
        make_folder(self._folder)
        for number in range(1, _MOST_SLOTS):
            slot = self._folder / f"window-{number}"
            lock = _lock_of(slot)
            try:
                # What another window left there is offered, never written over.
                if (slot / _FILE).exists() or not lock.acquire():
                    continue
                if (slot / _FILE).exists():
                    lock.release()
                    continue
            except OSError as error:
                raise StudioError(
                    f"{self._folder} cannot be written: {error.strerror or error}.", "Nothing is kept for a crash."
                ) from None
            make_folder(slot)
            self._slot, self._lock = slot, lock
            return slot
        raise StudioError(f"{self._folder} is full of projects that were left.", "Discard them at the next start.")


def _lock_of(slot: Path) -> FileLock:
    """Beside the slot, so that it can be removed while it is held."""
    return FileLock(slot.with_name(f"{slot.name}.lock"))


def _remove_files(slot: Path) -> None:
    for name in (_FILE, _ABOUT):
        try:
            (slot / name).unlink(missing_ok=True)
        except OSError:
            continue


def _about(slot: Path) -> Recoverable:
    try:
        about: Any = json.loads((slot / _ABOUT).read_text(encoding="utf-8"))
        belongs_to, unfinished, runs = about["belongs_to"], about["unfinished"], int(about["runs"])
        places = [None if place is None else Path(str(place)) for place in (belongs_to, unfinished)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        # Killed between the two writes of the first save.
        places, runs = [None, None], 0
    path = places[0]
    try:
        file_saved = None if path is None else path.stat().st_mtime
    except (OSError, ValueError):
        file_saved = None
    return Recoverable(slot, (slot / _FILE).stat().st_mtime, path, file_saved, places[1], runs)
