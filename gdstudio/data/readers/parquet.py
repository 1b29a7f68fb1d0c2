"""Apache Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from gdstudio.core.control import Cancelled
from gdstudio.core.errors import StudioError
from gdstudio.core.registry import Settings
from gdstudio.data.entry import IsCancelled, Progress, ReaderEntry, Reading


class ParquetSettings(Settings):
    """Nothing to choose: the file says everything itself."""

    kind: Literal["parquet"] = "parquet"


def offers(path: Path, head: bytes) -> float:
    """Its first four bytes are its name."""
    return 1.0 if head.startswith(b"PAR1") else 0.0


def build(settings: ParquetSettings, path: Path, progress: Progress, cancelled: IsCancelled) -> Reading:
    """Read with DuckDB, without its extensions, so that nothing is fetched."""
    import duckdb

    from gdstudio.data.tidy import tidy

    try:
        with duckdb.connect(
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "threads": "2"}
        ) as connection:
            frame = connection.execute("SELECT * FROM read_parquet(?)", [_literal(path)]).df()
    except duckdb.Error as error:
        raise StudioError(
            f"{path} cannot be read as Parquet: {str(error).splitlines()[0][:200]}", "Copy or download it again."
        ) from None
    if cancelled():
        raise Cancelled
    progress(0.9)
    frame, notes = tidy(frame)
    return Reading(frame, settings, tuple(notes))


def _literal(path: Path) -> str:
    """The path with marks escaped that would make it a pattern of several files."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))


ENTRY = ReaderEntry(
    key="parquet",
    label="Parquet",
    settings=ParquetSettings,
    build=build,
    offers=offers,
    extensions=(".parquet", ".pq"),
    help="A table as data programs store it: typed columns, compressed.",
    order=30,
)
