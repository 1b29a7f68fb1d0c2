"""What the program remembers between two starts: the window's arrangement and the chosen look."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

from PySide6.QtCore import QByteArray, QSettings

from gdstudio import paths
from gdstudio.gui.theme import Scheme


class WindowSettings:
    """Typed access to one INI file; a missing or damaged one gives the defaults.

    Args:
        folder: Where it lies; the user's own folder by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._store = QSettings(str((folder or paths.user_config()) / "window.ini"), QSettings.Format.IniFormat)

    @property
    def scheme(self) -> Scheme:
        """``system``, ``light`` or ``dark``."""
        value = str(self._store.value("scheme", "system"))
        return cast(Scheme, value) if value in get_args(Scheme) else "system"

    @scheme.setter
    def scheme(self, value: Scheme) -> None:
        self._store.setValue("scheme", value)

    @property
    def geometry(self) -> QByteArray:
        """The window's place and size; empty before the first close."""
        return self._bytes("geometry")

    @property
    def arrangement(self) -> QByteArray:
        """Where the docks are; empty before the first close."""
        return self._bytes("arrangement")

    def keep(self, geometry: QByteArray, arrangement: QByteArray) -> None:
        """Remember the window's place and its docks."""
        self._store.setValue("geometry", geometry)
        self._store.setValue("arrangement", arrangement)
        self._store.sync()

    def clear(self) -> None:
        """Forget everything: the next start is like the first."""
        self._store.clear()
        self._store.sync()

    def _bytes(self, name: str) -> QByteArray:
        value = self._store.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()
