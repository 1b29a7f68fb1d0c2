"""A table from the clipboard, kept as a file so that the experiment can be repeated."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from gdstudio import paths
from gdstudio.core.errors import StudioError
from gdstudio.core.files import make_folder, write_text

#: Beyond this a clipboard is no table that a person copied.
_MOST_CHARACTERS = 100_000_000


def pasted_table() -> Path:
    """The clipboard's text as a file in the user's folder; the same text gives the same file.

    Raises:
        StudioError: The clipboard holds no text, too much of it, or the file cannot be written.
    """
    text = QGuiApplication.clipboard().text()
    if not text.strip():
        raise StudioError("The clipboard holds no text.", "Copy the cells of a table first, with their headings.")
    if len(text) > _MOST_CHARACTERS:
        raise StudioError("The clipboard holds more than 100 million characters.", "Save the table as a file instead.")
    name = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    path = paths.user_state() / "pasted" / f"pasted-{name}.tsv"
    make_folder(path.parent)
    if not path.exists():
        write_text(path, text.encode("utf-8", "replace").decode("utf-8"))
    return path
