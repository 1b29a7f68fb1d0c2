"""Reading a file of settings that a person, or a full disk, may have damaged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gdstudio.core.errors import StudioError, from_validation
from gdstudio.gui.preferences.model import Preferences

FILE_NAME = "settings.json"
#: No file of settings is nearly as large.
_MOST_BYTES = 1_000_000


class UnusableFileError(Exception):
    """A file that cannot be used; its text is a sentence.

    Args:
        sentence: What is wrong with it.
        damaged: Whether its content is wrong, rather than the way to it.
    """

    def __init__(self, sentence: str, *, damaged: bool) -> None:
        super().__init__(sentence)
        self.damaged = damaged


def read_object(path: Path) -> dict[str, Any] | None:
    """The JSON object of a file; None where there is no file.

    Raises:
        UnusableFileError: It cannot be read, or holds something else.
    """
    try:
        if not path.exists():
            return None
        if path.stat().st_size > _MOST_BYTES:
            raise UnusableFileError(f"{path} is too large to be a file of settings.", damaged=True)
        text = path.read_bytes()
    except OSError as error:
        raise UnusableFileError(f"{path} cannot be read: {error.strerror or error}.", damaged=False) from None
    try:
        document = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnusableFileError(f"{path} is damaged: it is not JSON.", damaged=True) from None
    if not isinstance(document, dict):
        raise UnusableFileError(f"{path} is damaged: it does not hold settings.", damaged=True)
    return document


def checked(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The values that are settings of the program, and a sentence for each of the others."""
    known: dict[str, Any] = {}
    refused: list[str] = []
    for name, value in values.items():
        if name not in Preferences.model_fields:
            refused.append(f"There is no setting {name[:60]}.")
            continue
        try:
            known[name] = getattr(Preferences.model_validate({name: value}), name)
        except ValidationError as error:
            refused.append(from_validation(error).message)
    return known, refused


def set_settings_aside(folder: Path) -> list[Path]:
    """Begin with settings as at first: what was kept is renamed to ``….old``.

    Returns:
        The files that were set aside.

    Raises:
        StudioError: One cannot be renamed.
    """
    moved = []
    for name in (FILE_NAME, "window.ini"):
        path = folder / name
        try:
            if path.exists():
                path.replace(path.with_name(f"{name}.old"))
                moved.append(path)
        except OSError as error:
            raise StudioError(
                f"{path} cannot be set aside: {error.strerror or error}.", "Delete it by hand, or ask who may."
            ) from None
    return moved
