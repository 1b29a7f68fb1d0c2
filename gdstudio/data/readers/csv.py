"""Text tables: CSV, TSV and their kin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gdstudio.core.errors import StudioError
from gdstudio.data.entry import IsCancelled, Progress, ReaderEntry, Reading
from gdstudio.data.text.csv_settings import CsvSettings

if TYPE_CHECKING:
    from gdstudio.data.text.dialect import Dialect

_ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".dat", ".data", ".psv")


def offers(path: Path, head: bytes) -> float:
    """Text is likely a table; other bytes are none."""
    from gdstudio.data.text.encoding import looks_binary

    if not head or looks_binary(head):
        return 0.0
    return 0.5 if any(suffix.lower() in _ENDINGS for suffix in path.suffixes[-2:]) else 0.3


def build(settings: CsvSettings, path: Path, progress: Progress, cancelled: IsCancelled) -> Reading:
    """Guess what the settings leave open from the file's beginning, then read it whole."""
    from gdstudio.data.text.dialect import find_dialect
    from gdstudio.data.text.encoding import find_encoding_of_file
    from gdstudio.data.text.read import read_text

    dialect = find_dialect(settings, path)
    try:
        frame, notes = read_text(dialect, path, progress, cancelled)
    except UnicodeError as error:
        if settings.encoding:
            raise StudioError(
                f"{path} is not text in the encoding {settings.encoding}: {error}.",
                "Choose another encoding, or leave it empty.",
            ) from None
        # The first letter that is not plain stands behind the sample.
        dialect = find_dialect(settings, path, find_encoding_of_file(path))
        try:
            frame, notes = read_text(dialect, path, progress, cancelled)
        except UnicodeError as again:
            raise StudioError(f"{path} is text in no known encoding: {again}.", "Choose the encoding.") from None
    return Reading(frame, filled(settings, dialect), (*dialect.notes, *notes), dialect.details)


def rows(settings: CsvSettings, path: Path) -> Iterator[list[str]]:
    """The header's cells where there is one, then each row's, as they stand; rows are made equally long."""
    from gdstudio.data.text.dialect import find_dialect
    from gdstudio.data.text.read import Ragged, rectangular, table_rows

    dialect = find_dialect(settings, path)
    width = len(dialect.names)
    done = Ragged()
    if dialect.ragged:
        # Longer rows add columns, which the first row must have already.
        for _ in rectangular(table_rows(dialect, path, lambda share: None, lambda: False), width, done):
            pass
    width += done.extra
    if dialect.header:
        yield [*dialect.raw_names, *[""] * done.extra]
    yield from rectangular(table_rows(dialect, path, lambda share: None, lambda: False), width, Ragged())


def filled(settings: CsvSettings, dialect: Dialect) -> CsvSettings:
    """The settings with what was found."""
    return settings.model_copy(
        update={
            "encoding": dialect.encoding,
            "delimiter": dialect.form.delimiter,
            "quote": dialect.form.quote,
            "escape": dialect.form.escape,
            "decimal": dialect.decimal,
            "header": dialect.header,
            "skip_rows": dialect.skip_rows,
            "skip_footer": dialect.footer,
            "comment": dialect.comment,
            "missing_words": dialect.missing_words,
        }
    )


ENTRY = ReaderEntry(
    key="csv",
    label="Text table (CSV)",
    settings=CsvSettings,
    build=build,
    offers=offers,
    extensions=_ENDINGS,
    help="A row of text for each row of the table, with a delimiter between values. Encoding, delimiter, decimal mark "
    "and header are found from the content.",
    order=10,
    rows=rows,
    unpacks=("gzip", "bzip2", "xz", "zip"),
)
