"""The projects that were opened last."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMenu

from gdstudio import paths
from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_text

_MOST = 10


class RecentProjects:
    """Paths, newest first, in one JSON file of the user's; a missing or damaged one remembers nothing.

    Args:
        folder: Where it lies; the user's state folder by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or paths.user_state()) / "recent.json"

    def paths(self) -> list[Path]:
        """Those that still are there."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        names = [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
        return [path for path in map(Path, names) if path.is_file()]

    def add(self, path: Path) -> None:
        """Put one on top; a folder that cannot be written is passed over."""
        path = path.absolute()
        self._write([path, *(other for other in self.paths() if other != path)][:_MOST])

    def clear(self) -> None:
        """Forget them."""
        self._write([])

    def _write(self, recent: list[Path]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self._path, json.dumps([str(path) for path in recent], ensure_ascii=False, indent=1))
        except (OSError, StudioError):
            return


class RecentMenu(QObject):
    """Fills a menu with the recent projects each time it is opened.

    Args:
        menu: The menu; also the owner.
        recent: The list.
        open_project: Called with the one that is chosen.
    """

    def __init__(self, menu: QMenu, recent: RecentProjects, open_project: Callable[[Path], object]) -> None:
        super().__init__(menu)
        self._menu, self._recent, self._open = menu, recent, open_project
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._fill)
        self._fill()

    @Slot()
    def _fill(self) -> None:
        self._menu.clear()
        recent = self._recent.paths()
        for number, path in enumerate(recent, 1):
            name = path.name.replace("&", "&&")
            action = self._menu.addAction(f"&{number % 10} {name}")
            action.setObjectName(f"project.recent.{number}")
            action.setToolTip(str(path))
            action.triggered.connect(partial(self._chosen, path))
        if recent:
            self._menu.addSeparator()
            forget = self._menu.addAction("&Forget these")
            forget.setObjectName("project.recent.clear")
            forget.setToolTip("Empty this list; the files stay where they are")
            forget.triggered.connect(self._recent.clear)
        else:
            empty = self._menu.addAction("Projects that you open or save will be listed here")
            empty.setEnabled(False)

    def _chosen(self, path: Path, checked: bool = False) -> None:
        self._open(path)
