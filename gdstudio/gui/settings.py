"""What the program remembers between two starts: the window's arrangement, and what a person has set."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from gdstudio import paths
from gdstudio.gui.preferences.store import PreferenceStore


class WindowSettings:
    """Typed access to one INI file with the window's place, and to the settings beside it.

    A missing or damaged file gives the defaults.

    Args:
        folder: Where both lie; the user's own folder by default.

    Attributes:
        preferences: What a person has set.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or paths.user_config()
        self._store = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        self.preferences = PreferenceStore(folder)
        # The first version kept the colours with the window's place.
        scheme = self._store.value("scheme")
        if scheme is not None:
            self.preferences.adopt("scheme", scheme)
            self._store.remove("scheme")

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
