"""What is known of how a text is read: shared by its reader and by what guesses the rest."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings


class CsvSettings(Settings):
    """How the text is read; what is empty is guessed from the file."""

    kind: Literal["csv"] = "csv"
    encoding: str = setting("", label="Encoding", help="How letters are stored, e.g. utf-8 or cp1252.")
    delimiter: str = setting("", label="Delimiter", help="What stands between two values; \\t is a tab.", max_length=8)
    quote: str | None = setting(None, label="Quote", help='What encloses a value, usually ".', max_length=1)
    escape: str | None = setting(
        None, label="Escape", help="What precedes a quote within a value; usually quotes are doubled.", max_length=1
    )
    decimal: str = setting("", label="Decimal mark", help="The mark before decimals: a point or a comma.", max_length=1)
    thousands: str | None = setting(
        None, label="Thousands mark", help="The mark between thousands; found for each column when empty.", max_length=1
    )
    header: int | None = setting(
        None, label="Header rows", help="How many rows hold the column names; 0 where there are none.", ge=0, le=20
    )
    skip_rows: int | None = setting(
        None, label="Skip lines", help="Lines before the table that are no part of it.", ge=0, le=10_000
    )
    skip_footer: int | None = setting(
        None, label="Skip rows at the end", help="Rows behind the table that are no part of it.", ge=0, le=10_000
    )
    comment: str | None = setting(
        None, label="Comment mark", help="Rows that begin with it are left out, usually #.", max_length=2, advanced=True
    )
    missing_words: tuple[str, ...] | None = setting(
        None, label="Missing-value words", help="Words that stand for a missing value.", hidden=True
    )
