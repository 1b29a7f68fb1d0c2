"""What the readers make of a file, for ``gdstudio data``: a description, and a plain copy."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from gdstudio.core.errors import StudioError
from gdstudio.core.files import write_atomic
from gdstudio.core.registry import Settings, registry
from gdstudio.core.spec import FileSource
from gdstudio.data.entry import ReaderEntry
from gdstudio.data.load import load_table
from gdstudio.data.opening import unpacked
from gdstudio.data.table import Table
from gdstudio.data.tidy import text_of


def describe_source(path: Path, reader: Settings | None = None) -> dict[str, Any]:
    """What was detected in a file, as plain JSON values.

    Args:
        path: The file.
        reader: Its reader where that is known; found otherwise.

    Returns:
        ``file``, ``reader``, ``settings``, ``rows``, ``columns`` (name, type, role, reason, missing, distinct),
        ``notes``, ``data_hash``, ``sha256``, and what the format has of ``encoding``, ``delimiter``, ``quote``,
        ``escape``, ``decimal``, ``header``, ``skip_rows``, ``skip_footer``, ``line_end``, ``sheet``, ``table``.

    Raises:
        StudioError: The file cannot be read.
    """
    return description(load_table(FileSource(path=str(path), reader=reader)), path)


def description(table: Table, path: Path) -> dict[str, Any]:
    """The description of a table that was loaded from ``path``; see :func:`describe_source`."""
    source = cast(FileSource, table.source)
    settings = cast(Settings, source.reader)
    return {
        "file": str(path),
        "reader": settings.kind,
        "rows": len(table.frame),
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "role": column.role,
                "reason": column.reason,
                "missing": column.missing,
                "distinct": column.distinct,
            }
            for column in table.columns
        ],
        "notes": list(table.notes),
        **table.details,
        "settings": settings.model_dump(mode="json"),
        "sha256": source.sha256,
        "data_hash": table.data_hash,
    }


def write_clean_csv(table: Table, out: Path) -> None:
    """Write a loaded file's table as UTF-8 RFC 4180 CSV: commas, doubled quotes, CR LF, each cell's text as it stood.

    A table without a header stays without one. Formats with typed values give whole numbers without decimals, other
    numbers with as many digits as read back to the same value, and dates in ISO form.

    Args:
        table: From :func:`gdstudio.data.load.load_table` with a file as its source.
        out: The file to write.

    Raises:
        StudioError: The source has changed or cannot be read, or ``out`` cannot be written.
    """
    source = cast(FileSource, table.source)
    settings = cast(Settings, source.reader)
    entry = cast(ReaderEntry, registry("readers")[settings.kind])
    path = Path(source.path)
    if out.exists() and path.exists() and out.resolve() == path.resolve():
        raise StudioError(f"{out} is the file that is read.", "Choose another name for the copy.")
    with unpacked(path, entry) as local:
        rows = entry.rows(settings, local) if entry.rows else _frame_rows(table)
        write_atomic(out, lambda temporary: _write(rows, temporary))


def _frame_rows(table: Table) -> Iterator[list[str]]:
    frame = table.frame
    yield [str(name) for name in frame.columns]
    present = frame.notna().to_numpy()
    for row, known in zip(frame.itertuples(index=False, name=None), present, strict=True):
        yield [text_of(value) if there else "" for value, there in zip(row, known, strict=True)]


def _write(rows: Iterator[list[str]], path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows(rows)
