"""What is known of how a sheet is read: shared by its reader and by what finds the rest."""

from __future__ import annotations

from typing import Literal

from gdstudio.core.fields import setting
from gdstudio.core.registry import Settings


class ExcelSettings(Settings):
    """Which sheet, and where its table begins; what is empty is found."""

    kind: Literal["excel"] = "excel"
    sheet: str = setting("", label="Sheet", help="The sheet that is read; the first with a table when empty.")
    header: int | None = setting(
        None, label="Header rows", help="How many rows hold the column names; 0 where there are none.", ge=0, le=20
    )
    skip_rows: int | None = setting(
        None, label="Skip rows", help="Rows before the table that are no part of it.", ge=0, le=10_000
    )
