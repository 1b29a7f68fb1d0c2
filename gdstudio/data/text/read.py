"""Reading a whole text whose dialect is known."""

from __future__ import annotations

import csv
import io
import warnings
from pathlib import Path

import pandas as pd

from gdstudio.core.errors import StudioError
from gdstudio.data.entry import IsCancelled, Progress
from gdstudio.data.streams import open_plain
from gdstudio.data.text.dialect import Dialect


def read_text(
    dialect: Dialect, path: Path, progress: Progress, cancelled: IsCancelled
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The frame, and what a person should know as sentences.

    Raises:
        StudioError: A row does not fit, or a letter is not of the encoding; names the line.
    """
    with open_plain(path, progress, cancelled) as stream:
        text = io.TextIOWrapper(stream, encoding=dialect.encoding, newline="")
        try:
            for _ in range(dialect.lines):
                text.readline()
            frame = _parse(dialect, text)
        except UnicodeError as error:
            raise StudioError(
                f"{path} is not text in the encoding {dialect.encoding} throughout: {error}.",
                "Choose another encoding.",
            ) from None
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            raise StudioError(
                f"{path} cannot be cut into {len(dialect.names)} columns: {str(error).strip()}.",
                "Check delimiter and quote, or mend the row in the file.",
            ) from None
        except pd.errors.EmptyDataError:
            frame = pd.DataFrame({name: pd.Series([], dtype="str") for name in dialect.names})
        finally:
            text.detach()
    return frame, ()


def _parse(dialect: Dialect, text: io.TextIOWrapper) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            text,
            sep=dialect.delimiter,
            header=None,
            names=list(dialect.names),
            index_col=False,
            quotechar=dialect.quote or '"',
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            decimal=dialect.decimal,
            thousands=dialect.thousands or None,
            na_values=list(dialect.missing_words),
            keep_default_na=False,
            engine="c",
            low_memory=False,
        )
