"""How files were read before, so that the same file opens the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gdstudio import paths
from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_text
from gdstudio.core.registry import Settings, registry
from gdstudio.core.spec import ColumnSpec, FileSource

#: The files that were opened longest ago are forgotten.
_MOST_FILES = 200


class ImportMemory:
    """Settings by file, in one JSON file of the user's; a missing or damaged one remembers nothing.

    Args:
        folder: Where it lies; the user's state folder by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or paths.user_state()) / "imports.json"

    def recall(self, path: Path) -> tuple[Settings | None, int, dict[str, ColumnSpec]]:
        """The reader's settings, the number of sampled rows and what was said of columns; nothing where it is new."""
        found = self._read().get(_key(path))
        if not isinstance(found, dict):
            return None, 0, {}
        try:
            reader = registry("readers").settings(found["reader"])
            columns = {name: ColumnSpec.model_validate(spec) for name, spec in found["columns"].items()}
            return reader, int(found["sample_rows"]), columns
        except (StudioError, ValueError, KeyError, TypeError, AttributeError):
            # Another version of the program wrote it.
            return None, 0, {}

    def remember(self, source: FileSource, columns: Mapping[str, ColumnSpec]) -> None:
        """Keep what a file was read with; a folder that cannot be written is passed over."""
        if source.reader is None:
            return
        files = self._read()
        key = _key(Path(source.path))
        files.pop(key, None)
        files[key] = {
            "reader": source.reader.model_dump(mode="json"),
            "sample_rows": source.sample_rows,
            "columns": {name: spec.model_dump(mode="json", exclude_defaults=True) for name, spec in columns.items()},
        }
        text = json.dumps(dict(list(files.items())[-_MOST_FILES:]), ensure_ascii=False, indent=1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self._path, text)
        except (OSError, StudioError):
            return

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _key(path: Path) -> str:
    return str(path.expanduser().absolute())
