"""SQLite data bases, read-only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError, nearest
from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings
from gdstudio.data.entry import IsCancelled, Progress, ReaderEntry, Reading

if TYPE_CHECKING:
    import sqlite3


class SqliteSettings(Settings):
    """Which table or view."""

    kind: Literal["sqlite"] = "sqlite"
    table: str = setting("", label="Table", help="The table or view that is read; the first table when empty.")


def offers(path: Path, head: bytes) -> float:
    """Its first bytes are its name."""
    return 1.0 if head.startswith(b"SQLite format 3\0") else 0.0


def build(settings: SqliteSettings, path: Path, progress: Progress, cancelled: IsCancelled) -> Reading:
    """Read a table; the file is opened so that nothing can be written to it."""
    import sqlite3
    from contextlib import closing

    import pandas as pd

    from gdstudio.data.tidy import tidy

    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.set_progress_handler(lambda: int(cancelled()), 100_000)
            names = _tables(connection)
            name = _choose(names, settings.table, path)
            progress(0.1)
            quoted = '"' + name.replace('"', '""') + '"'
            cursor = connection.execute(f"SELECT * FROM {quoted}")
            heads = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
    except sqlite3.Error as error:
        if cancelled():
            raise Cancelled from None
        what = "is in use by another program" if "locked" in str(error) else f"cannot be read as SQLite: {error}"
        raise StudioError(f"{path} {what}.", "Close the other program, or copy the file.") from None
    progress(0.7)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(heads)
    frame = pd.DataFrame({i: pd.Series(column, dtype=object) for i, column in enumerate(columns)})
    frame.columns = pd.Index(heads)
    frame, notes = tidy(frame)
    others = [n for n in names if n != name]
    if others:
        notes.append(f"Read from '{name}'; others: {', '.join(map(repr, others[:5]))}.")
    return Reading(frame, settings.model_copy(update={"table": name}), tuple(notes), {"table": name, "tables": names})


def _tables(connection: sqlite3.Connection) -> list[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "ORDER BY type, rowid"
    )
    return [row[0] for row in connection.execute(query)]


def _choose(names: list[str], wanted: str, path: Path) -> str:
    if not names:
        raise StudioError(f"{path} has no tables.", "Choose another file.")
    if wanted and wanted not in names:
        raise StudioError(f"{path} has no table called {wanted!r}.", nearest(wanted, names))
    return wanted or names[0]


ENTRY = ReaderEntry(
    key="sqlite",
    label="SQLite",
    settings=SqliteSettings,
    build=build,
    offers=offers,
    extensions=(".sqlite", ".sqlite3", ".db", ".db3"),
    help="A table or view of an SQLite data base. The file is never written to.",
    order=50,
)
