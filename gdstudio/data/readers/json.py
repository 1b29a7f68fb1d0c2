"""JSON: a line for each record, a list of records, or columns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import Settings
from gdstudio.data.entry import IsCancelled, Progress, ReaderEntry, Reading

_ENDINGS = (".json", ".jsonl", ".ndjson")
_OPENS = re.compile(rb'^(\xef\xbb\xbf)?\s*(\{\s*("|\})|\[\s*[\[{"\d\-tfn\]])')


class JsonSettings(Settings):
    """Nothing to choose: records, lines and columns are told apart by the content."""

    kind: Literal["json"] = "json"


def offers(path: Path, head: bytes) -> float:
    """Text that opens as an object or a list."""
    if not _OPENS.match(head):
        return 0.0
    return 0.9 if any(suffix.lower() in _ENDINGS for suffix in path.suffixes[-2:]) else 0.6


def build(settings: JsonSettings, path: Path, progress: Progress, cancelled: IsCancelled) -> Reading:
    """Read; objects within records become columns such as ``address.city``, lists become text."""
    import json

    import pandas as pd

    from gdstudio.data.streams import open_plain
    from gdstudio.data.tidy import tidy

    with open_plain(path, progress, cancelled) as stream:
        raw = stream.read()
    try:
        text = raw.decode("utf-8-sig")
        try:
            records = _records(json.loads(text), path)
            layout = "records"
        except json.JSONDecodeError as error:
            lines = [line for line in text.splitlines() if line.strip()]
            if len(lines) < 2:
                raise StudioError(f"{path} is not JSON: {error}.", "Mend it, or export it again.") from None
            records = []
            for number, line in enumerate(text.splitlines(), 1):
                if not line.strip():
                    continue
                if number % 10_000 == 0 and cancelled():
                    raise Cancelled from None
                try:
                    records.append(json.loads(line))
                except json.JSONDecodeError as wrong:
                    raise StudioError(f"Line {number:,} of {path} is not JSON: {wrong}.", "Mend the line.") from None
            layout = "lines"
    except UnicodeDecodeError as error:
        raise StudioError(f"{path} is not JSON in UTF-8: {error}.", "Save it as UTF-8.") from None
    except (RecursionError, ValueError) as error:
        raise StudioError(f"{path} cannot be read as JSON: {str(error)[:200]}.", "Export it again.") from None
    rows = [_flat(record) for record in records]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise StudioError(f"{path} holds no records.", "A list of objects is needed, or an object on each line.")
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names}
    frame, notes = tidy(pd.DataFrame(columns))
    return Reading(frame, settings, tuple(notes), {"layout": layout})


def _records(value: Any, path: Path) -> list[Any]:
    """The records of a document: a list, an object that holds one, or an object of columns."""
    if isinstance(value, dict):
        lists = {k: v for k, v in value.items() if isinstance(v, list) and v}
        columns = [v for v in value.values() if isinstance(v, list | dict)]
        if isinstance(value.get("data"), list) and isinstance(value.get("columns"), list):
            return [
                dict(zip(map(str, value["columns"]), row, strict=False))
                for row in value["data"]
                if isinstance(row, list)
            ]
        if len(columns) == len(value) and len({len(c) for c in columns}) == 1 and not _of_objects(value):
            return [dict(zip(value, row, strict=True)) for row in zip(*map(_cells, value.values()), strict=True)]
        of_objects = [v for v in lists.values() if all(isinstance(row, dict) for row in v)]
        if len(of_objects) == 1:
            return of_objects[0]
        return [value]
    if isinstance(value, list):
        if value and all(isinstance(row, list) for row in value):
            head = value[0]
            if len(value) > 1 and all(isinstance(cell, str) for cell in head) and len(set(head)) == len(head):
                return [dict(zip(head, row, strict=False)) for row in value[1:]]
            return [{f"column {i + 1}": cell for i, cell in enumerate(row)} for row in value]
        return value
    raise StudioError(f"{path} holds a single JSON value, not a table.", "A list of objects is needed.")


def _cells(column: Any) -> list[Any]:
    return list(column.values()) if isinstance(column, dict) else column


def _of_objects(value: dict[str, Any]) -> bool:
    return any(isinstance(cell, dict) for column in value.values() for cell in _cells(column)[:5])


def _flat(record: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(record, dict):
        return {prefix.removesuffix(".") or "value": record}
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value and prefix.count(".") < 20:
            flat.update(_flat(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


ENTRY = ReaderEntry(
    key="json",
    label="JSON",
    settings=JsonSettings,
    build=build,
    offers=offers,
    extensions=_ENDINGS,
    help="Records as JSON: a list of objects, an object on each line, or an object of columns.",
    order=40,
    unpacks=("gzip", "bzip2", "xz", "zip"),
)
